package main

import (
	"context"
	"encoding/json"
	"fmt"
	goruntime "runtime"
	"syscall"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/client-go/kubernetes/scheme"
	corev1defaults "k8s.io/kubernetes/pkg/apis/core/v1"
)

// vapCase is one request against a policy.
type vapCase struct {
	Object    json.RawMessage `json:"object"`
	OldObject json.RawMessage `json:"oldObject"`
	Params    json.RawMessage `json:"params"`
	Namespace json.RawMessage `json:"namespace"`
	Operation string          `json:"operation"`
	User      userQuestion    `json:"user"`
}

type vapQuestion struct {
	Policy admissionregistrationv1.ValidatingAdmissionPolicy `json:"policy"`
	Cases  []vapCase                                         `json:"cases"`
	rbacPolicy
}

// vapCompile does what the plugin's compilePolicy does, which is not exported.
func vapCompile(policy *admissionregistrationv1.ValidatingAdmissionPolicy) (validating.Validator, error) {
	spec := policy.Spec
	all := cel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil, HasAuthorizer: true}
	plain := cel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil}
	compiler, err := cel.NewCompositedCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, 37)))
	if err != nil {
		return nil, err
	}
	stored := environment.StoredExpressions
	for _, variable := range spec.Variables {
		accessor := &validating.Variable{Name: variable.Name, Expression: variable.Expression}
		compiler.CompileAndStoreVariable(accessor, all, stored)
	}
	var matcher matchconditions.Matcher
	if len(spec.MatchConditions) > 0 {
		var conditions []cel.ExpressionAccessor
		for i := range spec.MatchConditions {
			conditions = append(conditions, (*matchconditions.MatchCondition)(&spec.MatchConditions[i]))
		}
		compiled := compiler.CompileCondition(conditions, all, stored)
		matcher = matchconditions.NewMatcher(compiled, spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	validations := make([]cel.ExpressionAccessor, len(spec.Validations))
	messages := make([]cel.ExpressionAccessor, len(spec.Validations))
	for i, v := range spec.Validations {
		validations[i] = &validating.ValidationCondition{Expression: v.Expression, Message: v.Message, Reason: v.Reason}
		if v.MessageExpression != "" {
			messages[i] = &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression}
		}
	}
	annotations := make([]cel.ExpressionAccessor, len(spec.AuditAnnotations))
	for i, a := range spec.AuditAnnotations {
		annotations[i] = &validating.AuditAnnotationCondition{Key: a.Key, ValueExpression: a.ValueExpression}
	}
	return validating.NewValidator(
		compiler.CompileCondition(validations, all, stored),
		matcher,
		compiler.CompileCondition(annotations, all, stored),
		compiler.CompileCondition(messages, plain, stored),
		spec.FailurePolicy,
		nil,
	), nil
}

// vapObject reads an object as the API server holds it: built-in kinds typed, Pods with their
// defaults, everything else as it is.
func vapObject(text json.RawMessage) (runtime.Object, schema.GroupVersionKind, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, schema.GroupVersionKind{}, nil
	}
	object, kind, err := scheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err == nil {
		if pod, ok := object.(*corev1.Pod); ok {
			corev1defaults.SetObjectDefaults_Pod(pod)
		}
		return object, *kind, nil
	}
	other := &unstructured.Unstructured{}
	if err := other.UnmarshalJSON(text); err != nil {
		return nil, schema.GroupVersionKind{}, err
	}
	return other, other.GroupVersionKind(), nil
}

// vapRequest is what upstream's validator is called with.
type vapRequest struct {
	attributes *admission.VersionedAttributes
	resource   schema.GroupVersionResource
	params     runtime.Object
	namespace  *corev1.Namespace
}

func (c vapCase) request() (*vapRequest, error) {
	object, kind, err := vapObject(c.Object)
	if err != nil {
		return nil, err
	}
	old, oldKind, err := vapObject(c.OldObject)
	if err != nil {
		return nil, err
	}
	if object == nil {
		kind = oldKind
	}
	params, _, err := vapObject(c.Params)
	if err != nil {
		return nil, err
	}
	var namespace *corev1.Namespace
	if len(c.Namespace) > 0 && string(c.Namespace) != "null" {
		namespace = &corev1.Namespace{}
		if err := json.Unmarshal(c.Namespace, namespace); err != nil {
			return nil, err
		}
	}
	named := object
	if named == nil {
		named = old
	}
	accessor, err := meta.Accessor(named)
	if err != nil {
		return nil, err
	}
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	record := admission.NewAttributesRecord(object, old, kind, accessor.GetNamespace(), accessor.GetName(),
		resource, "", admission.Operation(c.Operation), nil, false, c.User.info())
	versioned := &admission.VersionedAttributes{
		Attributes:         record,
		VersionedObject:    admission.NewLazyObject(object),
		VersionedOldObject: admission.NewLazyObject(old),
		VersionedKind:      kind,
	}
	return &vapRequest{attributes: versioned, resource: resource, params: params, namespace: namespace}, nil
}

func vapValidate(line []byte) (any, error) {
	var question vapQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	validator, err := vapCompile(&question.Policy)
	if err != nil {
		return nil, err
	}
	authorizer := question.authorizer()
	results := []any{}
	for _, each := range question.Cases {
		request, err := each.request()
		if err != nil {
			return nil, err
		}
		result := validator.Validate(context.Background(), request.resource, request.attributes, request.params,
			request.namespace, celconfig.RuntimeCELCostBudget, authorizer)
		decisions := []any{}
		for _, d := range result.Decisions {
			decisions = append(decisions, map[string]any{
				"action": d.Action, "evaluation": d.Evaluation, "message": d.Message, "reason": d.Reason,
			})
		}
		annotations := []any{}
		for _, a := range result.AuditAnnotations {
			annotations = append(annotations, map[string]any{
				"key": a.Key, "value": a.Value, "action": a.Action, "error": a.Error,
			})
		}
		results = append(results, map[string]any{
			"decisions": decisions, "auditAnnotations": annotations,
			"object": request.attributes.VersionedObject.Object(),
		})
	}
	return map[string]any{"results": results}, nil
}

type vapTimeQuestion struct {
	Policies []admissionregistrationv1.ValidatingAdmissionPolicy `json:"policies"`
	Cases    []vapCase                                           `json:"cases"`
	Rounds   int                                                 `json:"rounds"`
	rbacPolicy
}

// vapTime measures what a review costs in CPU: the objects decoded already, all policies on each.
func vapTime(line []byte) (any, error) {
	var question vapTimeQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	var validators []validating.Validator
	for i := range question.Policies {
		validator, err := vapCompile(&question.Policies[i])
		if err != nil {
			return nil, err
		}
		validators = append(validators, validator)
	}
	authorizer := question.authorizer()
	requests := make([]*vapRequest, 0, len(question.Cases)*question.Rounds)
	for range question.Rounds {
		for _, each := range question.Cases {
			// A request keeps what was read of its object, so each review has its own.
			request, err := each.request()
			if err != nil {
				return nil, err
			}
			requests = append(requests, request)
		}
	}
	goruntime.GC()
	before, err := cpuNanoseconds()
	if err != nil {
		return nil, err
	}
	denied := 0
	for _, request := range requests {
		for _, validator := range validators {
			result := validator.Validate(context.Background(), request.resource, request.attributes,
				request.params, request.namespace, celconfig.RuntimeCELCostBudget, authorizer)
			for _, decision := range result.Decisions {
				if decision.Action == validating.ActionDeny {
					denied++
				}
			}
		}
	}
	after, err := cpuNanoseconds()
	if err != nil {
		return nil, err
	}
	return map[string]any{"denied": denied, "reviews": len(requests), "nanoseconds": after - before}, nil
}

// cpuNanoseconds is the CPU time of this process, its collector of garbage included.
func cpuNanoseconds() (int64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano(), nil
}
