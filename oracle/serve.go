package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
)

// queueLength bounds how many lines may be read ahead of the slowest answer.
const queueLength = 1024

// question is one line and the place its answer will arrive.
type question struct {
	line   []byte
	answer chan []byte
}

// serve answers each line of in on out. Lines are judged side by side and answered in order, so a
// caller may write many questions before it reads the first answer.
func serve(in io.Reader, out io.Writer) error {
	work := make(chan question, queueLength)
	inOrder := make(chan question, queueLength)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for q := range work {
				q.answer <- answer(q.line)
			}
		}()
	}
	readErr := make(chan error, 1)
	go func() {
		defer close(inOrder)
		defer close(work)
		readErr <- readQuestions(in, func(q question) {
			work <- q
			inOrder <- q
		})
	}()

	writer := bufio.NewWriterSize(out, 1<<16)
	for q := range inOrder {
		if _, err := writer.Write(<-q.answer); err != nil {
			return err
		}
		// Flush only when nobody waits behind this answer: cheap in a pipeline, and a caller who
		// asks one question at a time is answered at once.
		if len(inOrder) == 0 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
	if err := writer.Flush(); err != nil {
		return err
	}
	return <-readErr
}

func readQuestions(in io.Reader, each func(question)) error {
	reader := bufio.NewReaderSize(in, 1<<16)
	for {
		line, err := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			each(question{line: line, answer: make(chan []byte, 1)})
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// answer judges one line and returns the encoded answer with its line feed.
func answer(line []byte) []byte {
	result, err := judge(line)
	if err != nil {
		result = map[string]string{"error": err.Error()}
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(result); err != nil {
		return fmt.Appendf(nil, "{\"error\":%q}\n", err.Error())
	}
	return encoded.Bytes()
}

// judge runs the verb of one line. A panic of a library is its answer to hostile input, not the
// end of the oracle.
func judge(line []byte) (result any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	var head struct {
		Verb string `json:"verb"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("question is not JSON: %w", err)
	}
	verb, known := verbs[head.Verb]
	if !known {
		return nil, fmt.Errorf("unknown verb %q", head.Verb)
	}
	return verb(line)
}
