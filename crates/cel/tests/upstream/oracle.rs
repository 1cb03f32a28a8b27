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
    #[expect(clippy::print_stderr, reason = "a skip says why")]
    pub(crate) fn start() -> Option<Self> {
        let Some(path) = std::env::var_os("BOLLWERK_ORACLE") else {
            let reason = "BOLLWERK_ORACLE is not set (build it with `cargo xtask oracle`)";
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

    /// The answer to one question.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        let mut pipe = self.questions.as_ref().expect("open until dropped");
        writeln!(pipe, "{question}").expect("the oracle reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the oracle answers");
        serde_json::from_str(&line).expect("an answer is JSON")
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // The oracle ends at the end of its input.
        drop(self.questions.take());
        drop(self.process.wait());
    }
}
