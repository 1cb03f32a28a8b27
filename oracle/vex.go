package main

import (
	"encoding/json"
	"fmt"

	"github.com/openvex/go-vex/pkg/vex"
)

// vexQuestion is an OpenVEX document and, for the verb that asks which statement counts, a
// vulnerability and every pair of a name of a product and one of a part of it.
type vexQuestion struct {
	Document      json.RawMessage `json:"document"`
	Vulnerability string          `json:"vulnerability"`
	Pairs         [][2]string     `json:"pairs"`
}

// vexEffective answers with the status of the latest statement that speaks of one of the pairs.
func vexEffective(line []byte) (any, error) {
	var question vexQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	document, err := vex.Parse(question.Document)
	if err != nil {
		return nil, err
	}
	var about []vex.Statement
	for _, statement := range document.Statements {
		for _, pair := range question.Pairs {
			if statement.Matches(question.Vulnerability, pair[0], []string{pair[1]}) {
				about = append(about, statement)
				break
			}
		}
	}
	if len(about) == 0 {
		return map[string]any{"status": nil}, nil
	}
	vex.SortStatements(about, *document.Timestamp)
	return map[string]any{"status": about[len(about)-1].Status}, nil
}

// vexValidate answers with what is wrong with a document.
func vexValidate(line []byte) (any, error) {
	var question vexQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	document, err := vex.Parse(question.Document)
	if err != nil {
		return nil, err
	}
	wrong := []string{}
	for at := range document.Statements {
		if err := document.Statements[at].Validate(); err != nil {
			wrong = append(wrong, fmt.Sprintf("statement %d: %v", at, err))
		}
	}
	return map[string]any{"statements": len(document.Statements), "wrong": wrong}, nil
}
