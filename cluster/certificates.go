package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates of one control plane, all signed by one authority.
type certificates struct {
	authority     string
	authorities   *x509.CertPool
	administrator tls.Certificate
	client        files
	server        files
}

type files struct{ certificate, key string }

func makeCertificates(folder string) (*certificates, error) {
	authority, key, err := sign(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "bollwerk tests"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}, nil, nil)
	if err != nil {
		return nil, err
	}
	made := &certificates{
		authority:   filepath.Join(folder, "authority.pem"),
		authorities: x509.NewCertPool(),
		server:      files{filepath.Join(folder, "server.pem"), filepath.Join(folder, "server.key")},
		client:      files{filepath.Join(folder, "client.pem"), filepath.Join(folder, "client.key")},
	}
	made.authorities.AddCert(authority)
	if err := write(made.authority, "CERTIFICATE", authority.Raw); err != nil {
		return nil, err
	}
	server, serverKey, err := sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority, key)
	if err != nil {
		return nil, err
	}
	if err := made.server.write(server, serverKey); err != nil {
		return nil, err
	}
	administrator, administratorKey, err := sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "administrator", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, authority, key)
	if err != nil {
		return nil, err
	}
	if err := made.client.write(administrator, administratorKey); err != nil {
		return nil, err
	}
	made.administrator = tls.Certificate{
		Certificate: [][]byte{administrator.Raw}, PrivateKey: administratorKey,
	}
	return made, nil
}

// writeKubeconfig says how other programs reach the API server as the administrator.
func (made *certificates) writeKubeconfig(path, url string) error {
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: tests
contexts: [{name: tests, context: {cluster: tests, user: administrator}}]
clusters: [{name: tests, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: administrator, user: {client-certificate: %q, client-key: %q}}]
`, url, made.authority, made.client.certificate, made.client.key)
	return os.WriteFile(path, []byte(text), 0o600)
}

func (files files) write(certificate *x509.Certificate, key *ecdsa.PrivateKey) error {
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	if err := write(files.certificate, "CERTIFICATE", certificate.Raw); err != nil {
		return err
	}
	return write(files.key, "EC PRIVATE KEY", encoded)
}

// sign makes a certificate; one of its own if there is no parent.
func sign(
	template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey,
) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	template.KeyUsage |= x509.KeyUsageDigitalSignature
	if parent == nil {
		parent, parentKey = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return certificate, key, err
}

func write(path, kind string, raw []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600)
}
