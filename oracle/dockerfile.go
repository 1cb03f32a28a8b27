package main

import (
	"encoding/json"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// dockerfileNode is one instruction as BuildKit's parser reads it.
type dockerfileNode struct {
	Keyword  string              `json:"keyword"`
	Line     int                 `json:"line"`
	Flags    []string            `json:"flags"`
	List     []string            `json:"list"`
	Heredocs []dockerfileHeredoc `json:"heredocs"`
}

// dockerfileHeredoc is a text that follows an instruction.
type dockerfileHeredoc struct {
	Name    string `json:"name"`
	Expand  bool   `json:"expand"`
	Chomp   bool   `json:"chomp"`
	Content string `json:"content"`
}

// dockerfileParse answers with the instructions of a Dockerfile. An ONBUILD is told as the
// instruction that it holds back.
func dockerfileParse(line []byte) (any, error) {
	var question struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	result, err := parser.Parse(strings.NewReader(question.Text))
	if err != nil {
		return nil, err
	}
	nodes := []dockerfileNode{}
	for _, child := range result.AST.Children {
		start := child.StartLine
		node := child
		for strings.EqualFold(node.Value, "onbuild") && node.Next != nil &&
			len(node.Next.Children) > 0 {
			node = node.Next.Children[0]
		}
		found := dockerfileNode{
			Keyword:  strings.ToLower(node.Value),
			Line:     start,
			Flags:    append([]string{}, node.Flags...),
			Heredocs: []dockerfileHeredoc{},
		}
		if node.Attributes["json"] {
			found.List = []string{}
			for word := node.Next; word != nil; word = word.Next {
				found.List = append(found.List, word.Value)
			}
		}
		for _, it := range child.Heredocs {
			found.Heredocs = append(found.Heredocs, dockerfileHeredoc{
				Name: it.Name, Expand: it.Expand, Chomp: it.Chomp, Content: it.Content,
			})
		}
		nodes = append(nodes, found)
	}
	return map[string]any{"nodes": nodes}, nil
}
