package main

import (
	"context"
	"encoding/json"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacv1internal "k8s.io/kubernetes/pkg/apis/rbac/v1"
	clusterrole "k8s.io/kubernetes/pkg/registry/rbac/clusterrole/policybased"
	clusterrolebinding "k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding/policybased"
	role "k8s.io/kubernetes/pkg/registry/rbac/role/policybased"
	rolebinding "k8s.io/kubernetes/pkg/registry/rbac/rolebinding/policybased"
)

// writeQuestion is a role or binding that a user wants to write: created, or, with old, updated.
type writeQuestion struct {
	User   int             `json:"u"`
	Kind   string          `json:"kind"`
	Object json.RawMessage `json:"object"`
	Old    json.RawMessage `json:"old"`
}

type escalationQuestion struct {
	Policy rbacPolicy      `json:"policy"`
	Users  []userQuestion  `json:"users"`
	Writes []writeQuestion `json:"writes"`
}

// rbacEscalation runs upstream's guard against escalation in front of a store that takes
// everything.
func rbacEscalation(line []byte) (any, error) {
	var question escalationQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	resolver, _ := question.Policy.resolver()
	judge := question.Policy.authorizer()
	stores := map[string]rest.StandardStorage{
		"Role":               role.NewStorage(anyStore{}, judge, resolver),
		"ClusterRole":        clusterrole.NewStorage(anyStore{}, judge, resolver),
		"RoleBinding":        rolebinding.NewStorage(anyStore{}, judge, resolver),
		"ClusterRoleBinding": clusterrolebinding.NewStorage(anyStore{}, judge, resolver),
	}
	allowed := make([]byte, 0, len(question.Writes))
	for _, write := range question.Writes {
		store, known := stores[write.Kind]
		if !known || write.User < 0 || write.User >= len(question.Users) {
			return nil, fmt.Errorf("no kind %q or no user %d", write.Kind, write.User)
		}
		err := write.run(store, question.Users[write.User])
		if err != nil && isMalformed(err) {
			return nil, err
		}
		letter := byte('1')
		if err != nil {
			letter = '0'
		}
		allowed = append(allowed, letter)
	}
	return authorizeAnswer{string(allowed)}, nil
}

type malformed struct{ error }

func isMalformed(err error) bool {
	_, is := err.(malformed)
	return is
}

func (w writeQuestion) run(store rest.StandardStorage, by userQuestion) error {
	object, meta, err := internalObject(w.Kind, w.Object)
	if err != nil {
		return malformed{err}
	}
	resources := map[string]string{
		"Role": "roles", "ClusterRole": "clusterroles",
		"RoleBinding": "rolebindings", "ClusterRoleBinding": "clusterrolebindings",
	}
	info := &request.RequestInfo{
		IsResourceRequest: true, APIGroup: rbacv1.GroupName, APIVersion: "v1",
		Resource: resources[w.Kind], Namespace: meta.Namespace, Verb: "create",
	}
	ctx := request.WithUser(context.Background(), by.info())
	ctx = request.WithNamespace(ctx, meta.Namespace)
	if len(w.Old) == 0 {
		_, err = store.Create(request.WithRequestInfo(ctx, info), object, nil, nil)
		return err
	}
	old, _, err := internalObject(w.Kind, w.Old)
	if err != nil {
		return malformed{err}
	}
	info.Verb, info.Name = "update", meta.Name
	ctx = context.WithValue(request.WithRequestInfo(ctx, info), oldKey{}, old)
	updated := rest.DefaultUpdatedObjectInfo(object)
	_, _, err = store.Update(ctx, meta.Name, updated, nil, nil, false, nil)
	return err
}

func internalObject(kind string, text []byte) (runtime.Object, metav1.ObjectMeta, error) {
	var err error
	decode := func(into any) {
		err = json.Unmarshal(text, into)
	}
	switch kind {
	case "Role":
		var in rbacv1.Role
		var out rbac.Role
		if decode(&in); err == nil {
			err = rbacv1internal.Convert_v1_Role_To_rbac_Role(&in, &out, nil)
		}
		return &out, in.ObjectMeta, err
	case "ClusterRole":
		var in rbacv1.ClusterRole
		var out rbac.ClusterRole
		if decode(&in); err == nil {
			err = rbacv1internal.Convert_v1_ClusterRole_To_rbac_ClusterRole(&in, &out, nil)
		}
		return &out, in.ObjectMeta, err
	case "RoleBinding":
		var in rbacv1.RoleBinding
		var out rbac.RoleBinding
		if decode(&in); err == nil {
			err = rbacv1internal.Convert_v1_RoleBinding_To_rbac_RoleBinding(&in, &out, nil)
		}
		return &out, in.ObjectMeta, err
	default:
		var in rbacv1.ClusterRoleBinding
		var out rbac.ClusterRoleBinding
		if decode(&in); err == nil {
			err = rbacv1internal.Convert_v1_ClusterRoleBinding_To_rbac_ClusterRoleBinding(&in, &out, nil)
		}
		return &out, in.ObjectMeta, err
	}
}

type oldKey struct{}

// anyStore takes whatever passes the guard before it.
type anyStore struct{ rest.StandardStorage }

func (anyStore) Create(_ context.Context, obj runtime.Object, _ rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	return obj, nil
}

func (anyStore) Update(ctx context.Context, _ string, info rest.UpdatedObjectInfo, _ rest.ValidateObjectFunc, _ rest.ValidateObjectUpdateFunc, _ bool, _ *metav1.UpdateOptions) (runtime.Object, bool, error) {
	old, _ := ctx.Value(oldKey{}).(runtime.Object)
	obj, err := info.UpdatedObject(ctx, old)
	return obj, false, err
}
