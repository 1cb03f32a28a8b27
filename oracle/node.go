package main

import (
	"context"
	"encoding/json"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/kubernetes/pkg/auth/nodeidentifier"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/node"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

// nodeQuestion is what a cluster holds and what its kubelets ask for.
type nodeQuestion struct {
	Pods                   []*corev1.Pod                           `json:"pods"`
	PersistentVolumes      []*corev1.PersistentVolume              `json:"persistentVolumes"`
	PodCertificateRequests []*certificatesv1.PodCertificateRequest `json:"podCertificateRequests"`
	// VolumeAttachments and ResourceSlices are pairs of a name and its node.
	VolumeAttachments [][2]string    `json:"volumeAttachments"`
	ResourceSlices    [][2]string    `json:"resourceSlices"`
	Users             []userQuestion `json:"users"`
	Requests          []struct {
		requestQuestion
		// Fields are pairs of a field and the value it has to have.
		Fields [][2]string `json:"f"`
	} `json:"requests"`
}

// nodeAuthorize judges requests by the Node authorizer alone, over the graph of these objects.
// Pods without a node are left out, as upstream's graph populator does.
func nodeAuthorize(line []byte) (any, error) {
	var question nodeQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	graph := node.NewGraph()
	for _, pod := range question.Pods {
		if pod.Spec.NodeName != "" {
			graph.AddPod(pod)
		}
	}
	for _, volume := range question.PersistentVolumes {
		graph.AddPV(volume)
	}
	for _, request := range question.PodCertificateRequests {
		graph.AddPodCertificateRequest(request)
	}
	for _, pair := range question.VolumeAttachments {
		graph.AddVolumeAttachment(pair[0], pair[1])
	}
	for _, pair := range question.ResourceSlices {
		graph.AddResourceSlice(pair[0], pair[1])
	}
	identifier := nodeidentifier.NewDefaultNodeIdentifier()
	judge := node.NewAuthorizer(graph, identifier, bootstrappolicy.NodeRules())
	allowed := make([]byte, 0, len(question.Requests))
	for _, request := range question.Requests {
		attributes, err := request.attributes(question.Users)
		if err != nil {
			return nil, err
		}
		for _, pair := range request.Fields {
			attributes.FieldSelectorRequirements = append(attributes.FieldSelectorRequirements,
				fields.Requirement{Operator: selection.Equals, Field: pair[0], Value: pair[1]})
		}
		decision, _, _ := judge.Authorize(context.Background(), attributes)
		letter := byte('0')
		if decision == authorizer.DecisionAllow {
			letter = '1'
		}
		allowed = append(allowed, letter)
	}
	return authorizeAnswer{string(allowed)}, nil
}

// nodeRules are the static rules of the Node authorizer.
func nodeRules([]byte) (any, error) {
	return map[string]any{"rules": bootstrappolicy.NodeRules()}, nil
}
