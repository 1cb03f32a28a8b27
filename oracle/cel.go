package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
)

// celQuestion asks for the values of expressions over dynamically typed variables, in the
// environment the API server has for stored expressions.
type celQuestion struct {
	Variables   map[string]json.RawMessage `json:"variables"`
	Expressions []string                   `json:"expressions"`
}

// celAnswer is a value, an error of compilation or an error of evaluation; the latter two as text.
type celAnswer struct {
	Value   any    `json:"value,omitempty"`
	Refused string `json:"refused,omitempty"`
	Error   string `json:"error,omitempty"`
	Cost    uint64 `json:"cost"`
	Type    string `json:"type,omitempty"`
}

// celEnvironments holds an environment by the names of its variables.
var celEnvironments sync.Map

func celEnvironment(names []string) (*cel.Env, error) {
	key := strings.Join(names, ",")
	if known, ok := celEnvironments.Load(key); ok {
		return known.(*cel.Env), nil
	}
	var options []cel.EnvOption
	for _, name := range names {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	set, err := environment.MustBaseEnvSet(version.MajorMinor(1, 37)).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions:        options,
	})
	if err != nil {
		return nil, err
	}
	env, err := set.Env(environment.StoredExpressions)
	if err != nil {
		return nil, err
	}
	celEnvironments.Store(key, env)
	return env, nil
}

func celEvaluate(line []byte) (any, error) {
	var question celQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	var names []string
	variables := map[string]any{}
	for name, text := range question.Variables {
		var value any
		if err := utiljson.Unmarshal(text, &value); err != nil {
			return nil, err
		}
		names = append(names, name)
		variables[name] = value
	}
	sort.Strings(names)
	env, err := celEnvironment(names)
	if err != nil {
		return nil, err
	}
	answers := make([]celAnswer, len(question.Expressions))
	for i, expression := range question.Expressions {
		answers[i] = celAnswerTo(env, expression, variables)
	}
	return map[string]any{"answers": answers}, nil
}

func celAnswerTo(env *cel.Env, expression string, variables map[string]any) (answer celAnswer) {
	defer func() {
		if reason := recover(); reason != nil {
			answer.Refused = fmt.Sprintf("panic: %v", reason)
		}
	}()
	ast, issues := env.Compile(expression)
	if issues != nil {
		answer.Refused = issues.String()
		return answer
	}
	answer.Type = ast.OutputType().String()
	program, err := env.Program(ast)
	if err != nil {
		answer.Refused = "program instantiation failed: " + err.Error()
		return answer
	}
	value, details, err := program.Eval(variables)
	if details != nil && details.ActualCost() != nil {
		answer.Cost = *details.ActualCost()
	}
	if err != nil {
		answer.Error = err.Error()
		return answer
	}
	answer.Value = celEncode(value)
	return answer
}

// celEncode writes a value so that its type can be told: a list of the type's letter and the value.
func celEncode(value ref.Val) any {
	switch v := value.(type) {
	case types.Null:
		return []any{"null"}
	case types.Bool:
		return []any{"bool", bool(v)}
	case types.Int:
		return []any{"int", strconv.FormatInt(int64(v), 10)}
	case types.Uint:
		return []any{"uint", strconv.FormatUint(uint64(v), 10)}
	case types.Double:
		bits := math.Float64bits(float64(v))
		if math.IsNaN(float64(v)) {
			return []any{"double", "NaN"}
		}
		return []any{"double", strconv.FormatUint(bits, 16)}
	case types.String:
		return []any{"string", string(v)}
	case types.Bytes:
		return []any{"bytes", hex.EncodeToString(v)}
	case types.Timestamp, types.Duration:
		return []any{value.Type().TypeName(), string(value.ConvertToType(types.StringType).(types.String))}
	case *types.Optional:
		if !v.HasValue() {
			return []any{"optional"}
		}
		return []any{"optional", celEncode(v.GetValue())}
	case traits.Lister:
		items := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, celEncode(it.Next()))
		}
		return []any{"list", items}
	case traits.Mapper:
		entries := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, []any{celEncode(key), celEncode(v.Get(key))})
		}
		sort.Slice(entries, func(i, j int) bool {
			one, _ := json.Marshal(entries[i])
			two, _ := json.Marshal(entries[j])
			return string(one) < string(two)
		})
		return []any{"map", entries}
	case *types.Type:
		return []any{"type", v.TypeName()}
	default:
		return []any{value.Type().TypeName()}
	}
}
