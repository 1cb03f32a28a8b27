// Oracle answers questions with upstream's own libraries, so that the tests of bollwerk have an
// independent judge. It reads one JSON object per line and writes one per line, in the same order:
//
//	{"verb":"yaml","text":"a: 1"}   ->   {"json":"{\"a\":1}"}
//
// A question that has no answer gives {"error":"..."}. The process ends at the end of its input.
package main

import (
	"fmt"
	"os"
)

// verbs is all the oracle knows; each verb lives in the file of its subject. A verb gets the whole
// line and returns the answer to be encoded.
var verbs = map[string]func(line []byte) (any, error){
	"dockerfile-parse":    dockerfileParse,
	"cel":                 celEvaluate,
	"json-stream":         jsonStream,
	"yaml":                yamlToJSON,
	"yaml-strict":         yamlToJSONStrict,
	"node-authorize":      nodeAuthorize,
	"node-rules":          nodeRules,
	"pod-security":        podSecurity,
	"pod-security-checks": podSecurityChecks,
	"pod-security-policy": podSecurityPolicy,
	"rbac-authorize":      rbacAuthorize,
	"rbac-bootstrap":      rbacBootstrap,
	"rbac-covers":         rbacCovers,
	"rbac-escalation":     rbacEscalation,
	"rbac-impersonation":  rbacImpersonation,
	"rbac-rules-for":      rbacRulesFor,
	"rbac-subjects":       rbacSubjects,
	"vap":                 vapValidate,
	"vap-time":            vapTime,
	"vex-effective":       vexEffective,
	"vex-validate":        vexValidate,
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}
