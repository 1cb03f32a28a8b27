//! Whoever serves the script decides what runs.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-031",
    name: "remote-script-at-start",
    title: "Runs a script from the network at start",
    impact: Impact::Workload,
    reach: Reach::Writer,
    page: include_str!("remote_script_at_start.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers() {
        for field in ["command", "args"] {
            let lines = container.node.list(field).enumerate();
            let mut texts = lines.filter_map(|(index, line)| Some((index, line.as_str()?)));
            let Some((index, _)) = texts.find(|(_, text)| runs_remote_script(text)) else {
                continue;
            };
            let because = format!(
                "container `{}` runs whatever a server answers when it starts",
                container.name()
            );
            let fix = Fix::advice("put the script into the image or a ConfigMap");
            report.finding(container.at(field).index(index), because, fix);
        }
    }
}

/// Whether a command line pipes what it fetches into an interpreter.
fn runs_remote_script(text: &str) -> bool {
    text.split(['\n', ';']).any(|line| {
        let Some((_, after)) = FETCHERS.iter().find_map(|fetch| line.split_once(fetch)) else {
            return false;
        };
        let is_substituted = ["$(", "`", "<("].iter().any(|open| {
            line.split_once(open).is_some_and(|(before, inside)| {
                let starts = FETCHERS.iter().any(|fetch| inside.trim_start().starts_with(fetch));
                let word =
                    before.trim_end_matches(['"', ' ', '\'']).rsplit(' ').find(|w| *w != "-c");
                starts && word.is_some_and(|word| word == "eval" || is_interpreter(word))
            })
        });
        is_substituted
            || after.split('|').skip(1).any(|part| {
                let mut words = part.split_whitespace().filter(|word| *word != "sudo");
                words.next().is_some_and(is_interpreter)
            })
    })
}

const FETCHERS: &[&str] = &["curl ", "wget "];

fn is_interpreter(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "python" | "python3" | "perl" | "node")
}

#[cfg(test)]
mod tests {
    use super::runs_remote_script;

    #[test]
    fn tells_a_script_from_a_download() {
        for (text, expected) in [
            ("curl -sSL https://example.com/install.sh | sh", true),
            ("apt-get update; wget -qO- https://example.com/x | sudo bash -s -- -y", true),
            ("bash <(curl -s https://example.com/x)", true),
            ("eval \"$(curl -s https://example.com/x)\"", true),
            ("sh -c \"$(wget -O- https://example.com/x)\"", true),
            ("curl -s https://example.com/x | /bin/sh", true),
            ("curl -s https://example.com/x | jq .version", false),
            ("curl -fsS http://localhost/healthz || exit 1", false),
            ("VERSION=$(curl -s https://example.com/version)", false),
            ("curl -o /tmp/x https://example.com/x\nsh /opt/run.sh", false),
            ("echo hello | sh", false),
        ] {
            assert_eq!(runs_remote_script(text), expected, "{text}");
        }
    }
}
