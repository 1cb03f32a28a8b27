// Command cluster runs etcd and kube-apiserver on loopback for as long as its standard input is
// open, and passes requests to them: one JSON value a line in, one a line out.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
)

// A request to the API server.
type request struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// As JSON, or as YAML text.
	Body        json.RawMessage `json:"body"`
	ContentType string          `json:"contentType"`
	// Whom to ask as; the administrator if empty.
	User   string   `json:"user"`
	Groups []string `json:"groups"`
	// A bearer token to come with, instead of the administrator's certificate.
	Token string `json:"token"`
}

// What the API server says.
type response struct {
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body,omitempty"`
	Text     string          `json:"text,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func main() {
	// Children end with the thread that started them: it must not end before us.
	runtime.LockOSThread()
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: cluster ETCD KUBE-APISERVER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(etcd, apiserver string) error {
	folder, err := os.MkdirTemp("", "bollwerk-cluster-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	plane, err := start(folder, etcd, apiserver)
	if err != nil {
		return err
	}
	defer plane.stop()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(map[string]any{"ready": true, "kubeconfig": plane.kubeconfig}); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := out.Encode(answer(plane, line)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func answer(plane *plane, line []byte) response {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return response{Error: err.Error()}
	}
	said, err := ask(plane, asked)
	if err != nil {
		return response{Error: err.Error()}
	}
	return said
}

func ask(plane *plane, asked request) (response, error) {
	body := []byte(asked.Body)
	var text string
	if len(body) > 0 && json.Unmarshal(body, &text) == nil {
		body = []byte(text)
	}
	wanted, err := http.NewRequest(asked.Method, plane.url+asked.Path, bytes.NewReader(body))
	if err != nil {
		return response{}, err
	}
	if len(body) > 0 {
		kind := asked.ContentType
		if kind == "" {
			kind = "application/json"
		}
		wanted.Header.Set("Content-Type", kind)
	}
	if asked.User != "" {
		wanted.Header.Set("Impersonate-User", asked.User)
		for _, group := range asked.Groups {
			wanted.Header.Add("Impersonate-Group", group)
		}
	}
	client := plane.client
	if asked.Token != "" {
		wanted.Header.Set("Authorization", "Bearer "+asked.Token)
		client = plane.nobody
	}
	got, err := client.Do(wanted)
	if err != nil {
		return response{}, err
	}
	defer got.Body.Close()
	read, err := io.ReadAll(io.LimitReader(got.Body, 64<<20))
	if err != nil {
		return response{}, err
	}
	said := response{Status: got.StatusCode, Warnings: got.Header.Values("Warning")}
	if strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		said.Body = read
	} else {
		said.Text = string(read)
	}
	return said, nil
}
