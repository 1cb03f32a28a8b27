package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/endpoints/filters/impersonation"
	"k8s.io/apiserver/pkg/endpoints/request"
)

type impersonationQuestion struct {
	Policy rbacPolicy     `json:"policy"`
	Users  []userQuestion `json:"users"`
	// Legacy asks the filter of API servers without constrained impersonation.
	Legacy bool `json:"legacy"`
	// Requests are made by their user as somebody else.
	Requests []struct {
		requestQuestion
		As userQuestion `json:"as"`
	} `json:"requests"`
}

// impersonatedAnswer is whom a request was let through as.
type impersonatedAnswer struct {
	Name   string   `json:"name"`
	Groups []string `json:"groups"`
}

// rbacImpersonation sends requests with impersonation headers through upstream's filter and tells
// as whom each came out; null if it did not.
func rbacImpersonation(line []byte) (any, error) {
	var question impersonationQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	var passed *impersonatedAnswer
	behind := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if user, ok := request.UserFrom(r.Context()); ok {
			passed = &impersonatedAnswer{user.GetName(), slices.Sorted(slices.Values(user.GetGroups()))}
		}
	})
	// Refusals are written as a Status.
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	scheme.AddUnversionedTypes(schema.GroupVersion{Version: "v1"}, &metav1.Status{})
	codecs := serializer.NewCodecFactory(scheme)
	judge := question.Policy.authorizer()
	answers := make([]*impersonatedAnswer, 0, len(question.Requests))
	for _, one := range question.Requests {
		attributes, err := one.attributes(question.Users)
		if err != nil {
			return nil, err
		}
		info := &request.RequestInfo{
			IsResourceRequest: attributes.ResourceRequest, Path: attributes.Path,
			Verb: attributes.Verb, APIGroup: attributes.APIGroup, APIVersion: "v1",
			Namespace: attributes.Namespace, Resource: attributes.Resource,
			Subresource: attributes.Subresource, Name: attributes.Name,
		}
		ctx := request.WithUser(request.WithRequestInfo(r0.Context(), info), attributes.User)
		r := r0.Clone(ctx)
		r.Header = one.As.headers()
		passed = nil
		// A filter tries first what last worked for a user, so each request gets a new one.
		filter := impersonation.WithConstrainedImpersonation(behind, judge, codecs)
		if question.Legacy {
			filter = impersonation.WithImpersonation(behind, judge, codecs)
		}
		filter.ServeHTTP(httptest.NewRecorder(), r)
		answers = append(answers, passed)
	}
	return map[string]any{"as": answers}, nil
}

var r0 = httptest.NewRequest(http.MethodGet, "/", nil)

// headers are those a client sends to act as this user.
func (u userQuestion) headers() http.Header {
	headers := http.Header{}
	if u.Name != "" {
		headers.Set(authenticationv1.ImpersonateUserHeader, u.Name)
	}
	if u.UID != "" {
		headers.Set(authenticationv1.ImpersonateUIDHeader, u.UID)
	}
	for _, group := range u.Groups {
		headers.Add(authenticationv1.ImpersonateGroupHeader, group)
	}
	for key, values := range u.Extra {
		var escaped strings.Builder
		for _, letter := range []byte(key) {
			if strings.IndexByte("abcdefghijklmnopqrstuvwxyz0123456789-.", letter) >= 0 {
				escaped.WriteByte(letter)
			} else {
				fmt.Fprintf(&escaped, "%%%02x", letter)
			}
		}
		headers[authenticationv1.ImpersonateUserExtraHeaderPrefix+escaped.String()] = values
	}
	return headers
}
