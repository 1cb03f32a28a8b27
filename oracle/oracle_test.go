package main

import (
	"fmt"
	"strings"
	"testing"
)

// ask returns one answer per question.
func ask(t *testing.T, questions ...string) []string {
	t.Helper()
	var out strings.Builder
	if err := serve(strings.NewReader(strings.Join(questions, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions: %q", len(answers), len(questions), answers)
	}
	return answers
}

func TestAnswersKeepTheOrderOfTheQuestions(t *testing.T) {
	var questions []string
	for i := range 5000 {
		questions = append(questions, fmt.Sprintf(`{"verb":"yaml","text":"%d"}`, i))
	}
	for i, answer := range ask(t, questions...) {
		if want := fmt.Sprintf(`{"json":"%d"}`, i); answer != want {
			t.Fatalf("answer %d: %s, want %s", i, answer, want)
		}
	}
}

func TestYAML(t *testing.T) {
	answers := ask(t,
		`{"verb":"yaml","text":"on: 1\na: [x, ~]"}`,
		`{"verb":"yaml","base64":"YTogAQ=="}`,
		`{"verb":"yaml-strict","text":"a: 1\na: 2"}`)
	if want := `{"json":"{\"a\":[\"x\",null],\"true\":1}"}`; answers[0] != want {
		t.Errorf("%s, want %s", answers[0], want)
	}
	for _, answer := range answers[1:] {
		if !strings.HasPrefix(answer, `{"error":`) {
			t.Errorf("%s, want an error", answer)
		}
	}
}

func TestPodSecurityJudgesTheDefaultedPod(t *testing.T) {
	pod := `{"spec":{"hostNetwork":true,"containers":[{"name":"a","ports":[{"containerPort":80}]}]}}`
	answers := ask(t,
		`{"verb":"pod-security","level":"baseline","version":"v1.30","pod":`+pod+`}`,
		`{"verb":"pod-security","level":"privileged","version":"latest","pod":`+pod+`}`,
		`{"verb":"pod-security","level":"baseline","version":"latest","pod":{"spec":[]}}`)
	for _, id := range []string{"hostNamespaces", "hostPorts"} {
		if !strings.Contains(answers[0], `{"id":"`+id+`","reason":"host`) {
			t.Errorf("%s lacks %s", answers[0], id)
		}
	}
	if want := `{"allowed":true,"checks":[]}`; answers[1] != want {
		t.Errorf("%s, want %s", answers[1], want)
	}
	if !strings.HasPrefix(answers[2], `{"error":"pod: `) {
		t.Errorf("%s, want an error of the pod", answers[2])
	}
}

func TestHostileLinesAreAnswered(t *testing.T) {
	for _, answer := range ask(t, `nonsense`, `{"verb":"none"}`, `{"verb":1}`, `[]`) {
		if !strings.HasPrefix(answer, `{"error":`) {
			t.Errorf("%s, want an error", answer)
		}
	}
}
