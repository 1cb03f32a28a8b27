package main

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// jsonStream reads the JSON values of a text one after the other with Go's decoder, numbers as
// Kubernetes' unstructured objects hold them, and answers with one value per line: `error` stands
// for the first that cannot be read.
func jsonStream(line []byte) (any, error) {
	var question yamlQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(question.Text))
	decoder.UseNumber()
	var lines strings.Builder
	for {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return yamlAnswer{JSON: lines.String()}, nil
		}
		if err == nil {
			value, err = withNumbers(value)
		}
		if err != nil {
			lines.WriteString("error\n")
			return yamlAnswer{JSON: lines.String()}, nil
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		lines.Write(encoded)
		lines.WriteByte('\n')
	}
}

// withNumbers turns every number into an integer if it is one, else into a float.
func withNumbers(value any) (any, error) {
	var err error
	switch typed := value.(type) {
	case json.Number:
		text := typed.String()
		if integer, err := strconv.ParseInt(text, 10, 64); err == nil {
			return integer, nil
		}
		if integer, err := strconv.ParseUint(text, 10, 64); err == nil {
			return integer, nil
		}
		return strconv.ParseFloat(text, 64)
	case []any:
		for index := range typed {
			if typed[index], err = withNumbers(typed[index]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range typed {
			if typed[key], err = withNumbers(typed[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
