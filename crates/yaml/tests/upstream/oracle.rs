//! The oracle: a Go program that reads YAML with sigs.k8s.io/yaml as Kubernetes pins it.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What upstream makes of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Json(String),
    Refusal(String),
}

pub(crate) struct Oracle {
    child: Child,
    questions: BufWriter<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts the program named by `BOLLWERK_ORACLE`. `None` when there is none, which is an
    /// error in CI.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("BOLLWERK_ORACLE") else {
            assert!(std::env::var_os("CI").is_none(), "CI needs BOLLWERK_ORACLE");
            println!("skipped: BOLLWERK_ORACLE does not name the oracle program");
            return None;
        };
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the oracle starts");
        let questions = BufWriter::with_capacity(1 << 20, child.stdin.take().expect("a pipe"));
        let answers = BufReader::with_capacity(1 << 20, child.stdout.take().expect("a pipe"));
        Some(Self { child, questions, answers })
    }

    /// Asks about many documents at once; questions and answers flow at the same time.
    pub(crate) fn ask(&mut self, verb: &str, texts: &[&str]) -> Vec<Answer> {
        let Self { questions, answers, .. } = self;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for text in texts {
                    let question = serde_json::json!({ "verb": verb, "text": text });
                    writeln!(questions, "{question}").expect("the oracle listens");
                }
                questions.flush().expect("the oracle listens");
            });
            texts.iter().map(|_| read_answer(answers)).collect()
        })
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Closing its input would end it too, but the pipe is only closed after this.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn read_answer(answers: &mut impl BufRead) -> Answer {
    let mut line = String::new();
    answers.read_line(&mut line).expect("the oracle answers");
    let answer: serde_json::Value = serde_json::from_str(&line).expect("the oracle speaks JSON");
    let field = |name: &str| answer[name].as_str().map(str::to_owned);
    match (field("json"), field("error")) {
        (Some(json), None) => Answer::Json(json),
        (None, Some(error)) => Answer::Refusal(error),
        _ => panic!("the oracle answers json or error, not {line}"),
    }
}
