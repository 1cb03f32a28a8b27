package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// A running control plane.
type plane struct {
	url string
	// File by which other programs reach it as the administrator.
	kubeconfig string
	client     *http.Client
	// Comes without a certificate.
	nobody *http.Client
	// In the order they are stopped: the API server does not end without etcd.
	running []*exec.Cmd
}

const startLimit = 60 * time.Second

func start(folder, etcd, apiserver string) (*plane, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	made, err := makeCertificates(folder)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "audit.yaml"), []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	store := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	peer := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	plane := &plane{
		url:        fmt.Sprintf("https://127.0.0.1:%d", ports[2]),
		kubeconfig: filepath.Join(folder, "kubeconfig"),
		client: &http.Client{
			Timeout: 30 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{
				RootCAs:      made.authorities,
				Certificates: []tls.Certificate{made.administrator},
			}},
		},
		nobody: &http.Client{
			Timeout: 30 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{
				RootCAs: made.authorities,
			}},
		},
	}
	if err := made.writeKubeconfig(plane.kubeconfig, plane.url); err != nil {
		return nil, err
	}
	if err := plane.launch(folder, "etcd", etcd,
		"--data-dir="+filepath.Join(folder, "etcd"),
		"--listen-client-urls="+store, "--advertise-client-urls="+store,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer,
		"--initial-cluster=default="+peer, "--log-level=warn", "--unsafe-no-fsync",
	); err != nil {
		return nil, err
	}
	if err := plane.launch(folder, "kube-apiserver", apiserver,
		"--etcd-servers="+store, "--bind-address=127.0.0.1",
		// Nobody dials it, and a loopback address is refused.
		"--advertise-address=192.0.2.1",
		fmt.Sprintf("--secure-port=%d", ports[2]),
		"--tls-cert-file="+made.server.certificate, "--tls-private-key-file="+made.server.key,
		"--client-ca-file="+made.authority,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+made.server.key,
		"--service-account-signing-key-file="+made.server.key,
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true",
		"--audit-policy-file="+filepath.Join(folder, "audit.yaml"),
		"--audit-log-path="+filepath.Join(folder, "audit.log"),
	); err != nil {
		plane.stop()
		return nil, err
	}
	if err := plane.ready(folder); err != nil {
		plane.stop()
		return nil, err
	}
	return plane, nil
}

const auditPolicy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"

// freePorts asks the system for ports that nobody listens on.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func (plane *plane) launch(folder, name, program string, arguments ...string) error {
	log, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(program, arguments...)
	command.Stdout, command.Stderr = log, log
	// Whatever happens to us, nothing is left behind.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	plane.running = append([]*exec.Cmd{command}, plane.running...)
	return nil
}

func (plane *plane) ready(folder string) error {
	for began := time.Now(); time.Since(began) < startLimit; time.Sleep(50 * time.Millisecond) {
		if ended := plane.ended(); ended != "" {
			return fmt.Errorf("%s ended at once:\n%s", ended, tail(folder, ended))
		}
		said, err := plane.client.Get(plane.url + "/readyz")
		if err != nil {
			continue
		}
		said.Body.Close()
		if said.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("the API server was not ready after %v:\n%s", startLimit,
		tail(folder, "kube-apiserver"))
}

// ended names a server that is not running any more.
func (plane *plane) ended() string {
	for _, command := range plane.running {
		var status syscall.WaitStatus
		if pid, _ := syscall.Wait4(command.Process.Pid, &status, syscall.WNOHANG, nil); pid != 0 {
			return filepath.Base(command.Path)
		}
	}
	return ""
}

// tail is the end of what a server wrote.
func tail(folder, name string) []byte {
	log, _ := os.ReadFile(filepath.Join(folder, name+".log"))
	if len(log) > 4096 {
		log = log[len(log)-4096:]
	}
	return log
}

func (plane *plane) stop() {
	for _, command := range plane.running {
		command.Process.Kill()
		command.Wait()
	}
}
