package main

import (
	"encoding/json"

	"sigs.k8s.io/yaml"
)

// yamlQuestion carries the document as text, or as base64 when it may hold bytes that JSON cannot.
type yamlQuestion struct {
	Text   string `json:"text"`
	Base64 []byte `json:"base64"`
}

type yamlAnswer struct {
	JSON string `json:"json"`
}

// yamlToJSON reads a document the way kubectl does.
func yamlToJSON(line []byte) (any, error) {
	return convert(line, yaml.YAMLToJSON)
}

// yamlToJSONStrict also refuses duplicate keys.
func yamlToJSONStrict(line []byte) (any, error) {
	return convert(line, yaml.YAMLToJSONStrict)
}

func convert(line []byte, toJSON func([]byte) ([]byte, error)) (any, error) {
	var question yamlQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	document := question.Base64
	if document == nil {
		document = []byte(question.Text)
	}
	converted, err := toJSON(document)
	if err != nil {
		return nil, err
	}
	return yamlAnswer{JSON: string(converted)}, nil
}
