package main

import (
	"context"
	"encoding/json"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/component-helpers/auth/rbac/validation"
	rbacregistry "k8s.io/kubernetes/pkg/registry/rbac/validation"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"
)

// rbacPolicy is what upstream's authorizer decides from. One line carries a policy and everything
// that is asked about it, so that lines need no state and are judged side by side.
type rbacPolicy struct {
	Roles               []*rbacv1.Role               `json:"roles"`
	RoleBindings        []*rbacv1.RoleBinding        `json:"roleBindings"`
	ClusterRoles        []*rbacv1.ClusterRole        `json:"clusterRoles"`
	ClusterRoleBindings []*rbacv1.ClusterRoleBinding `json:"clusterRoleBindings"`
}

func (p *rbacPolicy) resolver() (rbacregistry.AuthorizationRuleResolver, *rbacregistry.StaticRoles) {
	return rbacregistry.NewTestRuleResolver(p.Roles, p.RoleBindings, p.ClusterRoles, p.ClusterRoleBindings)
}

// authorizer is upstream's, behind the privileged group as the API server puts it.
func (p *rbacPolicy) authorizer() authorizer.UnconditionalAuthorizer {
	_, static := p.resolver()
	masters := authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup)
	rules := rbac.New(static, static, static, static)
	return inOrder{masters, rules}
}

// inOrder asks one authorizer after the other until one allows.
type inOrder []authorizer.UnconditionalAuthorizer

func (o inOrder) Authorize(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	for _, next := range o {
		if decision, reason, err := next.Authorize(ctx, a); decision == authorizer.DecisionAllow {
			return decision, reason, err
		}
	}
	return authorizer.DecisionNoOpinion, "", nil
}

type userQuestion struct {
	Name   string              `json:"name"`
	UID    string              `json:"uid"`
	Groups []string            `json:"groups"`
	Extra  map[string][]string `json:"extra"`
}

func (u userQuestion) info() *user.DefaultInfo {
	return &user.DefaultInfo{Name: u.Name, UID: u.UID, Groups: u.Groups, Extra: u.Extra}
}

// requestQuestion is a request, by the number of its user.
type requestQuestion struct {
	User        int    `json:"u"`
	Verb        string `json:"v"`
	APIGroup    string `json:"g"`
	Resource    string `json:"r"`
	Subresource string `json:"s"`
	Namespace   string `json:"ns"`
	Name        string `json:"n"`
	Path        string `json:"p"`
	NonResource bool   `json:"nr"`
}

func (q requestQuestion) attributes(users []userQuestion) (authorizer.AttributesRecord, error) {
	attributes := authorizer.AttributesRecord{
		Verb: q.Verb, APIGroup: q.APIGroup, APIVersion: "*", Resource: q.Resource,
		Subresource: q.Subresource, Namespace: q.Namespace, Name: q.Name, Path: q.Path,
		ResourceRequest: !q.NonResource,
	}
	if q.User < 0 || q.User >= len(users) {
		return attributes, fmt.Errorf("no user %d", q.User)
	}
	attributes.User = users[q.User].info()
	return attributes, nil
}

type authorizeQuestion struct {
	Policy   rbacPolicy        `json:"policy"`
	Users    []userQuestion    `json:"users"`
	Requests []requestQuestion `json:"requests"`
}

type authorizeAnswer struct {
	// One letter a request: 1 if it is allowed, else 0.
	Allowed string `json:"allowed"`
}

// rbacAuthorize judges requests.
func rbacAuthorize(line []byte) (any, error) {
	var question authorizeQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	judge := question.Policy.authorizer()
	allowed := make([]byte, 0, len(question.Requests))
	for _, request := range question.Requests {
		attributes, err := request.attributes(question.Users)
		if err != nil {
			return nil, err
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

// rbacSubjects lists the subjects each request is granted to, as upstream's subject locator does.
func rbacSubjects(line []byte) (any, error) {
	var question authorizeQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	_, static := question.Policy.resolver()
	locator := rbac.NewSubjectAccessEvaluator(static, static, static, static, "")
	answers := [][]rbacv1.Subject{}
	for _, request := range question.Requests {
		attributes, err := request.attributes(question.Users)
		if err != nil {
			return nil, err
		}
		subjects, _ := locator.AllowedSubjects(context.Background(), attributes)
		answers = append(answers, subjects)
	}
	return map[string]any{"subjects": answers}, nil
}

type rulesForQuestion struct {
	Policy    rbacPolicy     `json:"policy"`
	Users     []userQuestion `json:"users"`
	Namespace string         `json:"namespace"`
}

// rbacRulesFor lists the rules each user holds in a namespace, those of the whole cluster first.
func rbacRulesFor(line []byte) (any, error) {
	var question rulesForQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	resolver, _ := question.Policy.resolver()
	answers := [][]rbacv1.PolicyRule{}
	for _, user := range question.Users {
		rules, _ := resolver.RulesFor(context.Background(), user.info(), question.Namespace)
		answers = append(answers, rules)
	}
	return map[string]any{"rules": answers}, nil
}

type coversQuestion struct {
	Pairs []struct {
		Owner []rbacv1.PolicyRule `json:"owner"`
		Rules []rbacv1.PolicyRule `json:"rules"`
	} `json:"pairs"`
}

// rbacCovers tells, for each pair, which atomic rules the owner's do not cover.
func rbacCovers(line []byte) (any, error) {
	var question coversQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	answers := [][]rbacv1.PolicyRule{}
	for _, pair := range question.Pairs {
		_, missing := validation.Covers(pair.Owner, pair.Rules)
		answers = append(answers, missing)
	}
	return map[string]any{"missing": answers}, nil
}

// rbacBootstrap is what every API server creates when it starts, with the default feature gates.
func rbacBootstrap([]byte) (any, error) {
	policy := rbacPolicy{}
	add := func(roles []rbacv1.ClusterRole, bindings []rbacv1.ClusterRoleBinding) {
		for i := range roles {
			policy.ClusterRoles = append(policy.ClusterRoles, &roles[i])
		}
		for i := range bindings {
			policy.ClusterRoleBindings = append(policy.ClusterRoleBindings, &bindings[i])
		}
	}
	add(bootstrappolicy.ClusterRoles(), bootstrappolicy.ClusterRoleBindings())
	add(bootstrappolicy.ControllerRoles(), bootstrappolicy.ControllerRoleBindings())
	for _, roles := range bootstrappolicy.NamespaceRoles() {
		for i := range roles {
			policy.Roles = append(policy.Roles, &roles[i])
		}
	}
	for _, bindings := range bootstrappolicy.NamespaceRoleBindings() {
		for i := range bindings {
			policy.RoleBindings = append(policy.RoleBindings, &bindings[i])
		}
	}
	return policy, nil
}
