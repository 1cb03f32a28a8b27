// Helm renders charts with Helm's own library, so that the tests of bollwerk have an independent
// judge of its chart. It is a module of its own, as Helm pins other versions of Kubernetes'
// libraries than the oracle. It reads one JSON object per line and writes one per line:
//
//	{"chart":"charts/bollwerk","values":"a: 1"}   ->   {"files":{"bollwerk/templates/a.yaml":"…"}}
//
// What cannot be rendered, because the chart is broken or because its schema refuses the values,
// gives {"error":"..."}. The process ends at the end of its input.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// question asks for a chart of a folder, rendered for a release.
type question struct {
	Chart     string `json:"chart"`
	Values    string `json:"values"`
	Namespace string `json:"namespace"`
	// There is what `lookup` finds: Secrets that stand in the cluster.
	There []map[string]any `json:"there"`
}

func main() {
	reader := bufio.NewReaderSize(os.Stdin, 1<<16)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 1 {
			if err := encoder.Encode(answer(line)); err != nil {
				fmt.Fprintln(os.Stderr, "helm:", err)
				os.Exit(1)
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "helm:", err)
			os.Exit(1)
		}
	}
}

func answer(line []byte) any {
	files, err := render(line)
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	return map[string]any{"files": files}
}

func render(line []byte) (map[string]string, error) {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, fmt.Errorf("question is not JSON: %w", err)
	}
	chart, err := loader.Load(asked.Chart)
	if err != nil {
		return nil, err
	}
	if err := chart.Validate(); err != nil {
		return nil, err
	}
	values, err := common.ReadValues([]byte(asked.Values))
	if err != nil {
		return nil, err
	}
	release := common.ReleaseOptions{
		Name: "bollwerk", Namespace: asked.Namespace, Revision: 1, IsInstall: true,
	}
	// Holds the values against the chart's schema, too.
	all, err := util.ToRenderValues(chart, values, release, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.RenderWithClientProvider(chart, all, cluster{asked.There})
}

// cluster is what `lookup` asks.
type cluster struct{ there []map[string]any }

func (c cluster) GetClientFor(_, kind string) (
	dynamic.NamespaceableResourceInterface, bool, error,
) {
	if kind != "Secret" {
		return nil, false, fmt.Errorf("nobody keeps a %s here", kind)
	}
	var objects []runtime.Object
	for _, object := range c.there {
		objects = append(objects, &unstructured.Unstructured{Object: object})
	}
	resource := schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	kinds := map[schema.GroupVersionResource]string{resource: "SecretList"}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, objects...)
	return client.Resource(resource), true, nil
}
