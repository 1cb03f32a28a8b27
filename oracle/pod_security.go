package main

import (
	"encoding/json"
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// checks are upstream's; evaluator is upstream's registry over the same checks, tagged.
var (
	checks    = policy.DefaultChecks()
	evaluator = newTaggedEvaluator()
)

// newTaggedEvaluator lets results carry the id of their check, which upstream's do not: each check
// function is wrapped so that a refusal's reason starts with the id. Which checks run at a level
// and version, and which are overridden, is still decided by upstream's registry alone.
func newTaggedEvaluator() policy.Evaluator {
	tagged := policy.DefaultChecks()
	for _, check := range tagged {
		for i := range check.Versions {
			version := &check.Versions[i]
			inner, id := version.CheckPod, check.ID
			version.CheckPod = func(meta *metav1.ObjectMeta, spec *v1.PodSpec) policy.CheckResult {
				result := inner(meta, spec)
				if !result.Allowed {
					result.ForbiddenReason = string(id) + tagEnd + result.ForbiddenReason
				}
				return result
			}
		}
	}
	registry, err := policy.NewEvaluator(tagged, nil)
	if err != nil {
		panic(err) // Upstream's own checks are always a valid registry.
	}
	return registry
}

// tagEnd ends the id in a tagged reason; no id contains it.
const tagEnd = "\n"

type podSecurityQuestion struct {
	Pod     json.RawMessage `json:"pod"`
	Level   string          `json:"level"`
	Version string          `json:"version"`
}

type podSecurityAnswer struct {
	Allowed bool          `json:"allowed"`
	Checks  []failedCheck `json:"checks"`
}

type failedCheck struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// podSecurity judges a pod as the API server does: decoded case-sensitively, defaulted, then
// handed to the checks of the level and version. The answer lists the failing checks only.
func podSecurity(line []byte) (any, error) {
	var question podSecurityQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	level, err := api.ParseLevel(question.Level)
	if err != nil {
		return nil, fmt.Errorf("level: %w", err)
	}
	version, err := api.ParseVersion(question.Version)
	if err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	var pod v1.Pod
	if err := kjson.UnmarshalCaseSensitivePreserveInts(question.Pod, &pod); err != nil {
		return nil, fmt.Errorf("pod: %w", err)
	}
	corev1.SetObjectDefaults_Pod(&pod)

	answer := podSecurityAnswer{Allowed: true, Checks: []failedCheck{}}
	levelVersion := api.LevelVersion{Level: level, Version: version}
	for _, result := range evaluator.EvaluatePod(levelVersion, &pod.ObjectMeta, &pod.Spec) {
		if result.Allowed {
			continue
		}
		id, reason, _ := strings.Cut(result.ForbiddenReason, tagEnd)
		answer.Allowed = false
		answer.Checks = append(answer.Checks, failedCheck{id, reason, result.ForbiddenDetail})
	}
	return answer, nil
}

type checkFacts struct {
	ID       string         `json:"id"`
	Level    string         `json:"level"`
	Versions []versionFacts `json:"versions"`
}

type versionFacts struct {
	Minimum   string   `json:"minimum"`
	Overrides []string `json:"overrides"`
}

// podSecurityChecks lists upstream's checks, so that our table can be compared with them.
func podSecurityChecks([]byte) (any, error) {
	facts := []checkFacts{}
	for _, check := range checks {
		fact := checkFacts{ID: string(check.ID), Level: string(check.Level)}
		for _, version := range check.Versions {
			overrides := []string{}
			for _, id := range version.OverrideCheckIDs {
				overrides = append(overrides, string(id))
			}
			minimum := version.MinimumVersion.String()
			fact.Versions = append(fact.Versions, versionFacts{minimum, overrides})
		}
		facts = append(facts, fact)
	}
	return map[string][]checkFacts{"checks": facts}, nil
}

type policyQuestion struct {
	Labels map[string]string `json:"labels"`
}

type policyAnswer struct {
	Enforce string   `json:"enforce"`
	Audit   string   `json:"audit"`
	Warn    string   `json:"warn"`
	Errors  []string `json:"errors"`
}

// podSecurityPolicy resolves the labels of a namespace to its policy, with the API server's
// defaults: privileged at the latest version.
func podSecurityPolicy(line []byte) (any, error) {
	var question policyQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	unset := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	defaults := api.Policy{Enforce: unset, Audit: unset, Warn: unset}
	resolved, invalid := api.PolicyToEvaluate(question.Labels, defaults)
	answer := policyAnswer{
		Enforce: resolved.Enforce.String(),
		Audit:   resolved.Audit.String(),
		Warn:    resolved.Warn.String(),
		Errors:  []string{},
	}
	for _, err := range invalid {
		answer.Errors = append(answer.Errors, err.Error())
	}
	return answer, nil
}
