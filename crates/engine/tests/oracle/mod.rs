//! A running oracle: upstream's libraries behind JSON lines (`cargo xtask oracle` builds it).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The oracle's process; ends with this value.
pub(crate) struct Oracle {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts the oracle that `BOLLWERK_ORACLE` names. Without one the test has to skip, which
    /// under `CI=true` is a failure.
    pub(crate) fn start() -> Option<Self> {
        Self::named("BOLLWERK_ORACLE")
    }

    /// Starts the program that a variable names: the oracle, or another that speaks like it.
    #[expect(clippy::print_stderr, reason = "a skip says why")]
    pub(crate) fn named(variable: &str) -> Option<Self> {
        let Some(path) = std::env::var_os(variable) else {
            let reason = format!("{variable} is not set (`cargo xtask test` sets it)");
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{reason}");
            eprintln!("skipped: {reason}");
            return None;
        };
        let mut process = Command::new(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", path.display()));
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("stdout is piped"));
        Some(Self { process, questions, answers })
    }

    /// The answers to these questions, in their order.
    pub(crate) fn ask(&mut self, questions: &[Value]) -> Vec<Value> {
        let mut pipe = self.questions.as_ref().expect("open until dropped");
        let answers = &mut self.answers;
        // Written beside the reading, or both pipes could fill up.
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut lines = String::new();
                for question in questions {
                    lines.push_str(&question.to_string());
                    lines.push('\n');
                }
                pipe.write_all(lines.as_bytes()).expect("the oracle reads");
            });
            questions.iter().map(|_| answer(answers)).collect()
        })
    }
}

fn answer(answers: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    answers.read_line(&mut line).expect("the oracle answers");
    serde_json::from_str(&line).expect("an answer is JSON")
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // The oracle ends at the end of its input.
        drop(self.questions.take());
        drop(self.process.wait());
    }
}
