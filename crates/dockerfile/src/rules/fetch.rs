//! What is fetched while an image is built, and whether anybody checks it.

use std::collections::BTreeSet;

use model::Severity::{High, Info, Low, Medium};

use super::{all, of_commands};
use crate::instruction::{Instruction, Keyword};
use crate::read::Dockerfile;
use crate::rule::{Example, Place, Rule};
use crate::shell::{Command, is_shell};

pub(super) const PIPE_TO_SHELL: Rule = Rule {
    id: "download-piped-to-shell",
    severity: High,
    title: "A script is fetched and run at once",
    why: "Whoever holds that server runs commands as root in every build, and nobody has seen them",
    fix: "Fetch it, compare its checksum, then run it; better, install a signed package",
    example: Example {
        bad: "FROM debian:12\nRUN curl -fsSL https://example.com/i.sh | bash -s -- -y\n\
              RUN bash -c \"$(wget -qO- https://example.com/i.sh)\"\n\
              RUN bash <(curl -s https://example.com)\n",
        lines: &[2, 3, 4],
        good: "FROM debian:12\nRUN curl -fsSL https://example.com/list | grep stable\n",
    },
    judge: |file| {
        let mut found = Vec::new();
        for it in all(file, Keyword::Run) {
            let mut fetching: Option<&Command> = None;
            for command in &it.commands {
                let program = command.program();
                if let Some(fetch) = fetching
                    && is_interpreter(command)
                {
                    let message =
                        format!("what `{}` fetches is run by `{program}` unseen", fetch.program());
                    found.push(Place::of(fetch, message));
                }
                fetching = if !command.pipes {
                    None
                } else if is_fetch(command) {
                    Some(command)
                } else {
                    fetching
                };
                if (is_interpreter(command) || matches!(program, "eval" | "source" | "."))
                    && command.arguments().iter().any(|it| fetches_inside(it))
                {
                    let message = format!("what is fetched is run by `{program}` unseen");
                    found.push(Place::of(command, message));
                }
            }
        }
        found
    },
};

fn is_fetch(it: &Command) -> bool {
    matches!(it.program(), "curl" | "wget")
}

/// A program that runs what it reads; with a script's name it reads that.
fn is_interpreter(it: &Command) -> bool {
    let program = it.program();
    is_shell(program)
        || (program.starts_with("python") || matches!(program, "perl" | "ruby" | "node" | "php"))
            && it.arguments().iter().all(|word| word == "-")
}

fn fetches_inside(word: &str) -> bool {
    ["$(", "<(", "`"].iter().any(|open| {
        word.split(open).skip(1).any(|inside| {
            let inside = inside.trim_start();
            inside.starts_with("curl ") || inside.starts_with("wget ")
        })
    })
}

pub(super) const TLS_OFF: Rule = Rule {
    id: "certificate-check-off",
    severity: High,
    title: "Certificates are not checked",
    why: "Anybody on the way can answer in the server's place, and is in the image",
    fix: "Bring the certificate of your authority into the image and leave the check on",
    example: Example {
        bad: "FROM debian:12\nRUN curl -fsSLk https://example.com/a -o a\n\
              RUN wget --no-check-certificate https://example.com/a\n\
              ENV NODE_TLS_REJECT_UNAUTHORIZED=0\n",
        lines: &[2, 3, 4],
        good: "FROM debian:12\nRUN curl -fsSL --cacert ca.pem https://example.com/a -o a\n",
    },
    judge: |file| {
        let mut found = of_commands(file, |it| {
            let says = |text: &str| it.words.iter().any(|word| word.eq_ignore_ascii_case(text));
            let switch = match it.program() {
                "curl" if it.has_flag(&["-k", "--insecure"]) => "--insecure",
                "wget" if it.has_flag(&["--no-check-certificate"]) => "--no-check-certificate",
                "git" if says("http.sslVerify=false") => "http.sslVerify=false",
                "git" if says("http.sslVerify") && says("false") => "http.sslVerify false",
                "npm" | "yarn" if says("strict-ssl") && says("false") => "strict-ssl false",
                _ => "",
            };
            (!switch.is_empty())
                .then(|| format!("`{}` does not check certificates: `{switch}`", it.program()))
        });
        for it in all(file, Keyword::Env) {
            let off = it.pairs().into_iter().find(|(name, value)| {
                let value = value.as_deref().unwrap_or_default();
                match name.as_str() {
                    "NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY" => value == "0",
                    "GIT_SSL_NO_VERIFY" => !matches!(value, "" | "0" | "false"),
                    "NPM_CONFIG_STRICT_SSL" => value == "false",
                    _ => false,
                }
            });
            if let Some((name, _)) = off {
                let message = format!("`{name}` switches the check of certificates off for good");
                found.push(Place::at(it, message));
            }
        }
        found
    },
};

pub(super) const PLAIN_HTTP: Rule = Rule {
    id: "fetched-without-tls",
    severity: Medium,
    title: "Something is fetched over plain HTTP",
    why: "Anybody on the way can change it, and is in the image",
    fix: "Use `https://`, or compare a checksum or signature",
    example: Example {
        bad: "FROM debian:12\nRUN wget http://example.com/a.tgz\n",
        lines: &[2],
        good: "FROM debian:12\nRUN wget https://example.com/a.tgz && curl http://localhost:80/\n",
    },
    judge: |file| {
        let place = |it: &Instruction| {
            let command = it.commands.iter().find(|it| {
                (is_fetch(it) || it.is("git", "clone"))
                    && it.arguments().iter().any(|it| is_plain(it))
            })?;
            let message = format!("`{}` fetches over plain HTTP", command.program());
            (!it.commands.iter().any(checks)).then(|| Place::of(command, message))
        };
        all(file, Keyword::Run).filter_map(place).collect()
    },
};

fn is_plain(word: &str) -> bool {
    let own = ["localhost", "127.", "[::1]", "0.0.0.0", "$"];
    word.strip_prefix("http://").is_some_and(|it| !own.iter().any(|own| it.starts_with(own)))
}

/// Whether a command compares what was fetched with what was expected.
fn checks(it: &Command) -> bool {
    let program = it.program();
    program.starts_with("sha") && program.ends_with("sum")
        || matches!(program, "shasum" | "b2sum" | "gpgv" | "cosign" | "minisign" | "slsa-verifier")
        || matches!(program, "gpg" | "gpg2") && it.has_flag(&["--verify", "--batch", "--dearmor"])
        || program == "openssl" && it.arguments().iter().any(|it| it == "-verify")
}

pub(super) const WITHOUT_CHECKSUM: Rule = Rule {
    id: "download-without-checksum",
    severity: Low,
    title: "A download goes into the image unchecked",
    why: "Whoever may change it at its source is in the next build",
    fix: "Compare it in the same `RUN`: `echo \"⟨sha256⟩  file\" | sha256sum -c`",
    example: Example {
        bad: "FROM debian:12\nRUN curl -fsSLo /usr/bin/tool https://example.com/tool\n",
        lines: &[2],
        good: "FROM debian:12\nRUN curl -fsSLo tool https://example.com/tool && echo \"$SUM \
              tool\" | sha256sum -c\n",
    },
    judge: |file| {
        let place = |it: &Instruction| {
            let fetch = it.commands.iter().find(|it| saves(it))?;
            let message = format!("what `{}` fetches is kept unchecked", fetch.program());
            (!it.commands.iter().any(checks)).then(|| Place::of(fetch, message))
        };
        all(file, Keyword::Run).filter_map(place).collect()
    },
};

/// A fetch whose answer is kept. `curl` without a file is mostly a question or a pipe.
fn saves(it: &Command) -> bool {
    let is_remote = it.arguments().iter().any(|word| super::is_remote(word) && !is_own(word));
    let quiet = |word: &String| {
        matches!(word.as_str(), "-O-" | "-qO-" | "/dev/null") || word.ends_with("O-")
    };
    let to_file = it.program() == "wget"
        || it.program() == "curl" && it.has_flag(&["-o", "-O", "--output", "--remote-name"]);
    is_remote && to_file && !it.pipes && !it.arguments().iter().any(quiet)
}

fn is_own(word: &str) -> bool {
    word.starts_with("http://") && !is_plain(word)
}

pub(super) const SHORT_KEY: Rule = Rule {
    id: "signing-key-without-fingerprint",
    severity: Medium,
    title: "A key is taken from a key server by a short name",
    why: "Short ids can be made to collide: the key may be an attacker's",
    fix: "Name the whole fingerprint, 40 hexadecimal digits",
    example: Example {
        bad: "FROM debian:12\nRUN gpg --keyserver keys.openpgp.org --recv-keys 94558F59\n",
        lines: &[2],
        good: "FROM debian:12\nRUN gpg --recv-keys 573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let is_keys = matches!(it.program(), "gpg" | "gpg2" | "apt-key")
                && it.words.iter().any(|word| {
                    matches!(
                        word.as_str(),
                        "--recv-keys" | "--recv-key" | "--receive-keys" | "--recv"
                    )
                });
            let is_short = |word: &&str| {
                let digits = word.trim_start_matches("0x");
                (8..40).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_hexdigit())
            };
            let key = it.operands().find(is_short).filter(|_| is_keys)?;
            Some(format!("the key `{key}` is named by less than its fingerprint"))
        })
    },
};

pub(super) const APT_KEY: Rule = Rule {
    id: "apt-key",
    severity: Low,
    title: "`apt-key` trusts a key for every repository",
    why: "Whoever holds that key can replace any package, also those of the distribution",
    fix: "Put the key below `/etc/apt/keyrings` and name it in the source: `signed-by=`",
    example: Example {
        bad: "FROM debian:12\nRUN apt-key add key.asc\n",
        lines: &[2],
        good: "FROM debian:12\nCOPY key.asc /etc/apt/keyrings/\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let adds = it.program() == "apt-key"
                && it.words.iter().any(|word| word == "add" || word == "adv");
            adds.then(|| "`apt-key` trusts the key for every repository".to_owned())
        })
    },
};

pub(super) const CURL_AND_WGET: Rule = Rule {
    id: "curl-and-wget",
    severity: Info,
    title: "Both `curl` and `wget` are used in one stage",
    why: "One is enough; each is a tool for whoever breaks in",
    fix: "Use one of them",
    example: Example {
        bad: "FROM debian:12\nRUN curl -f https://a.example\nRUN wget https://b.example\n",
        lines: &[3],
        good: "FROM debian:12\nRUN curl -f https://a.example\n",
    },
    judge: |file| {
        let mut found = Vec::new();
        for stage in &file.stages {
            let runs = file.of_stage(stage).iter().filter(|it| it.keyword == Keyword::Run);
            let mut seen = BTreeSet::new();
            for command in runs.flat_map(|it| &it.commands).filter(|it| is_fetch(it)) {
                if seen.insert(command.program()) && seen.len() == 2 {
                    found.push(Place::of(command, "the stage uses both `curl` and `wget`"));
                }
            }
        }
        found
    },
};

pub(super) const CURL_WITHOUT_FAIL: Rule = Rule {
    id: "curl-without-fail",
    severity: Info,
    title: "`curl` takes a page about an error for the file",
    why: "The build goes on with it, and the image breaks later or holds something else",
    fix: "Add `--fail`",
    example: Example {
        bad: "FROM debian:12\nRUN curl -sSLo a https://a.example/a\n",
        lines: &[2],
        good: "FROM debian:12\nRUN curl -fsSLo a https://a.example/a\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let fails = it.has_flag(&["-f", "--fail", "--fail-with-body", "--fail-early"]);
            let is_fetch =
                it.program() == "curl" && it.arguments().iter().any(|it| super::is_remote(it));
            (is_fetch && !fails)
                .then(|| "`curl` without `--fail` keeps pages about errors".to_owned())
        })
    },
};

pub(super) const WITHOUT_PIPEFAIL: Rule = Rule {
    id: "pipe-without-pipefail",
    severity: Low,
    title: "What fails before a pipe is not noticed",
    why: "Only the last command counts: a broken download or a failed check builds an image",
    fix: "Begin the `RUN` with `set -o pipefail`, or name a shell: `SHELL [\"/bin/bash\", \
          \"-o\", \"pipefail\", \"-c\"]`",
    example: Example {
        bad: "FROM debian:12\nRUN curl -f https://a.example | tar x\n",
        lines: &[2],
        good: "FROM debian:12\nRUN set -eo pipefail && curl -f https://a.example | tar x\n\
              SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n\
              RUN curl -f https://a.example | tar x\n",
    },
    judge: without_pipefail,
};

fn without_pipefail(file: &Dockerfile) -> Vec<Place> {
    let mut found = Vec::new();
    for stage in &file.stages {
        let mut is_set = false;
        for it in file.of_stage(stage) {
            if it.keyword == Keyword::Shell {
                // Another shell than those of POSIX has other rules.
                let words = it.words();
                let name = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
                is_set = !is_shell(name) || words.iter().any(|word| word.contains("pipefail"));
            }
            if it.keyword != Keyword::Run || is_set || it.body.contains("pipefail") {
                continue;
            }
            let is_script = it.heredocs.iter().any(|it| it.content.contains("pipefail"));
            // Of commands that cannot fail nothing is lost; `grep -q` is a question.
            let next = it.commands.iter().skip(1);
            let mut pairs = it.commands.iter().zip(next);
            let piped = pairs.find(|(it, next)| {
                let is_sure =
                    matches!(it.program(), "echo" | "printf" | "yes" | "cat" | "tee" | "true");
                let is_question = next.program() == "grep" && next.has_flag(&["-q", "--quiet"]);
                it.pipes && !is_sure && !is_question
            });
            let piped = piped.map(|(it, _)| it);
            if let Some(command) = piped.filter(|_| !is_script) {
                let message = format!("nobody notices when `{}` fails", command.program());
                found.push(Place::of(command, message));
            }
        }
    }
    found
}

pub(super) const UNPINNED_CLONE: Rule = Rule {
    id: "git-clone-unpinned",
    severity: Low,
    title: "A repository is cloned as it is on that day",
    why: "Whoever may push to it is in the next build",
    fix: "Check a commit out after it, or use `ADD ⟨repository⟩#⟨commit⟩`",
    example: Example {
        bad: "FROM debian:12\nRUN git clone https://example.com/a.git\n",
        lines: &[2],
        good: "FROM debian:12\nRUN git clone https://example.com/a.git && git -C a checkout \
              1a2b3c4\n",
    },
    judge: |file| {
        let place = |it: &Instruction| {
            let clone = it.commands.iter().find(|it| {
                it.is("git", "clone") && !it.has_flag(&["-b", "--branch", "--revision"])
            })?;
            let is_held = it.commands.iter().any(|it| {
                it.program() == "git"
                    && it
                        .arguments()
                        .iter()
                        .any(|it| matches!(it.as_str(), "checkout" | "reset" | "switch" | "fetch"))
            });
            let message = "`git clone` takes whatever was pushed last";
            (!is_held).then(|| Place::of(clone, message))
        };
        all(file, Keyword::Run).filter_map(place).collect()
    },
};
