//! What package managers are told.

use model::Severity::{High, Info, Low, Medium};

use super::{all, of_commands};
use crate::instruction::{Instruction, Keyword};
use crate::read::Dockerfile;
use crate::rule::{Example, Place, Rule};
use crate::shell::Command;

pub(super) const APT_RECOMMENDS: Rule = Rule {
    id: "apt-recommended-packages",
    severity: Info,
    title: "`apt-get install` brings packages that are only recommended",
    why: "Each is one more program for an attacker to use, and one more to update",
    fix: "Add `--no-install-recommends`",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get install -y curl\n",
        lines: &[2],
        good: "FROM debian:12\nRUN apt-get install -y --no-install-recommends curl\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let is_lean = it.has_flag(&["--no-install-recommends"])
                || it
                    .words
                    .iter()
                    .any(|it| it.to_ascii_lowercase().contains("install-recommends="));
            (is_apt(it, "install") && !is_lean)
                .then(|| "`apt-get install` without `--no-install-recommends`".to_owned())
        })
    },
};

pub(super) const APT_LISTS: Rule = Rule {
    id: "apt-lists-left",
    severity: Info,
    title: "The lists of `apt-get update` stay in the image",
    why: "They make the layer bigger, and are of no use when they are old",
    fix: "End the same `RUN` with `rm -rf /var/lib/apt/lists/*`, or mount a cache there",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get update && \\\n    apt-get install -y curl\n",
        lines: &[2],
        good: "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf \
              /var/lib/apt/lists/*\n",
    },
    judge: |file| {
        of_last_runs(file, |it| {
            let update = it.commands.iter().find(|it| is_apt(it, "update"))?;
            let is_removed = it.commands.iter().any(|it| {
                it.program() == "rm" && it.operands().any(|path| path.starts_with("/var/lib/apt"))
            });
            let message = "the lists of `apt-get update` stay in this layer";
            (!is_removed && !has_mount(it, "/var/lib/apt")).then(|| Place::of(update, message))
        })
    },
};

pub(super) const SYSTEM_UPGRADE: Rule = Rule {
    id: "system-upgrade",
    severity: Low,
    title: "All packages are upgraded while the image is built",
    why: "What is in the image depends on the day of the build, and the cache hides which day",
    fix: "Take a newer base image; upgrade single packages by name when there is none yet",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get update && apt-get -y dist-upgrade\n",
        lines: &[2],
        good: "FROM debian:12\nRUN apt-get update && apt-get install -y --only-upgrade openssl\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let upgrades = is_apt(it, "upgrade")
                || is_apt(it, "dist-upgrade")
                || is_apt(it, "full-upgrade")
                || it.is("apk", "upgrade") && it.after_verb().next().is_none()
                || is_rpm(it, &["update", "upgrade"]) && it.after_verb().next().is_none();
            let verb = it.operands().next().unwrap_or_default();
            upgrades.then(|| format!("`{} {verb}` changes what is built from", it.program()))
        })
    },
};

pub(super) const APT_UPDATE_ALONE: Rule = Rule {
    id: "apt-update-alone",
    severity: Low,
    title: "`apt-get update` stands in a step of its own",
    why: "The step is cached: later installs take old packages with known flaws, or fail",
    fix: "Join it with the install: `RUN apt-get update && apt-get install -y …`",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n",
        lines: &[2],
        good: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
    },
    judge: |file| {
        let place = |it: &Instruction| {
            let update = it.commands.iter().find(|it| is_apt(it, "update"))?;
            let uses = |it: &Command| {
                let verb = it.operands().next().unwrap_or_default();
                matches!(it.program(), "apt" | "apt-get") && verb != "update"
                    || !matches!(
                        it.program(),
                        "apt" | "apt-get" | "rm" | "set" | "apt-key" | "echo"
                    )
            };
            let message = "`apt-get update` alone is cached, and its lists grow old";
            (!it.commands.iter().any(uses)).then(|| Place::of(update, message))
        };
        all(file, Keyword::Run).filter_map(place).collect()
    },
};

pub(super) const APT_FOR_PEOPLE: Rule = Rule {
    id: "apt-for-people",
    severity: Info,
    title: "`apt` is used in a script",
    why: "Its command line is made for people and may change between releases",
    fix: "Write `apt-get` or `apt-cache`",
    example: Example {
        bad: "FROM debian:12\nRUN apt install -y curl\n",
        lines: &[2],
        good: "FROM debian:12\nRUN apt-get install -y curl\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            (it.program() == "apt").then(|| "`apt` is for people; `apt-get` is stable".to_owned())
        })
    },
};

pub(super) const ASKS: Rule = Rule {
    id: "install-that-asks",
    severity: Low,
    title: "A package manager asks before it installs",
    why: "Nobody answers while an image is built: the step fails",
    fix: "Add `-y`",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get install curl\n",
        lines: &[2],
        good: "FROM debian:12\nRUN apt-get -qqy install curl\nRUN dnf -y install curl\n",
    },
    judge: |file| {
        let answers =
            ["-y", "--yes", "--assume-yes", "-qq", "--quiet=2", "--assumeyes", "-n", "--force-yes"];
        of_commands(file, |it| {
            let asks = is_apt(it, "install") || is_rpm(it, &["install"]);
            let is_set = it.arguments().iter().any(|it| {
                it.contains("Assume-Yes") || it.starts_with("-y") || it.starts_with("-q=2")
            });
            (asks && !it.has_flag(&answers) && !is_set && !it.words.iter().any(|it| it == "-qq"))
                .then(|| format!("`{} install` without `-y` waits for an answer", it.program()))
        })
    },
};

pub(super) const APK_CACHE: Rule = Rule {
    id: "apk-cache-left",
    severity: Info,
    title: "`apk add` leaves its index in the image",
    why: "It makes the layer bigger, and is of no use when it is old",
    fix: "Add `--no-cache`",
    example: Example {
        bad: "FROM alpine:3.22\nRUN apk add curl\n",
        lines: &[2],
        good: "FROM alpine:3.22\nRUN apk add --no-cache curl\n",
    },
    judge: |file| {
        of_last_runs(file, |it| {
            let add = it
                .commands
                .iter()
                .find(|it| it.is("apk", "add") && !it.has_flag(&["--no-cache"]))?;
            let is_removed = it.commands.iter().any(|it| {
                it.program() == "rm" && it.operands().any(|path| path.starts_with("/var/cache/apk"))
            });
            let message = "`apk add` without `--no-cache` leaves its index in this layer";
            let is_kept =
                !is_removed && !has_mount(it, "/var/cache/apk") && !has_mount(it, "/etc/apk");
            is_kept.then(|| Place::of(add, message))
        })
    },
};

pub(super) const PIP_CACHE: Rule = Rule {
    id: "pip-cache-left",
    severity: Info,
    title: "`pip install` leaves its downloads in the image",
    why: "They make the layer bigger, and nothing uses them again",
    fix: "Add `--no-cache-dir`, or `RUN --mount=type=cache,target=/root/.cache/pip`",
    example: Example {
        bad: "FROM python:3.13\nRUN pip install flask==3.1.0\n",
        lines: &[2],
        good: "FROM python:3.13\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==3.1.0\n",
    },
    judge: |file| {
        let scope = file.last_stage().map(|stage| &stage.scope);
        if scope.is_some_and(|scope| scope.contains_key("PIP_NO_CACHE_DIR")) {
            return Vec::new();
        }
        of_last_runs(file, |it| {
            let install = it.commands.iter().find(|command| {
                is_pip(command)
                    && !command.has_flag(&["--no-cache-dir"])
                    && !command.prefix().iter().any(|word| word.starts_with("PIP_NO_CACHE_DIR="))
            })?;
            let message = "`pip install` without `--no-cache-dir` leaves its downloads";
            (!it.flags.iter().any(|flag| flag.value.contains("type=cache")))
                .then(|| Place::of(install, message))
        })
    },
};

pub(super) const RPM_CACHE: Rule = Rule {
    id: "rpm-cache-left",
    severity: Info,
    title: "`dnf`, `yum` or `zypper` leaves its cache in the image",
    why: "It makes the layer bigger, and is of no use when it is old",
    fix: "End the same `RUN` with `dnf clean all`",
    example: Example {
        bad: "FROM fedora:43\nRUN dnf install -y curl\n",
        lines: &[2],
        good: "FROM fedora:43\nRUN dnf install -y curl && dnf clean all\n",
    },
    judge: |file| {
        of_last_runs(file, |it| {
            let install = it.commands.iter().find(|it| is_rpm(it, &["install", "in"]))?;
            let is_clean = it.commands.iter().any(|it| {
                is_rpm(it, &["clean", "cc"])
                    || it.program() == "rm" && it.operands().any(|it| it.starts_with("/var/cache"))
            });
            let message = format!("`{} install` leaves its cache in this layer", install.program());
            (!is_clean && !has_mount(it, "/var/cache")).then(|| Place::of(install, message))
        })
    },
};

pub(super) const NPM_INSTALL: Rule = Rule {
    id: "npm-install-without-lock",
    severity: Low,
    title: "`npm install` may take other versions than the lock file says",
    why: "A library that was taken over yesterday is in today's image without anybody's change",
    fix: "Use `npm ci`, `yarn install --immutable` or `pnpm install --frozen-lockfile`",
    example: Example {
        bad: "FROM node:22\nRUN npm install\n",
        lines: &[2],
        good: "FROM node:22\nRUN npm ci\nRUN yarn install --frozen-lockfile\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let is_whole = it.after_verb().next().is_none();
            let is_loose = match (it.program(), it.operands().next()) {
                ("npm", Some("install" | "i")) => is_whole && !it.has_flag(&["-g", "--global"]),
                ("yarn", None | Some("install")) => {
                    !it.has_flag(&["--frozen-lockfile", "--immutable", "--version"])
                }
                ("pnpm", Some("install" | "i")) => is_whole && !it.has_flag(&["--frozen-lockfile"]),
                _ => false,
            };
            is_loose.then(|| format!("`{}` does not hold to the lock file", it.program()))
        })
    },
};

pub(super) const UNPINNED_LIBRARY: Rule = Rule {
    id: "unpinned-library",
    severity: Low,
    title: "A library is installed without a version",
    why: "Whoever takes the library over is in the next build",
    fix: "Name a version, or install from a lock file",
    example: Example {
        bad: "FROM python:3.13\nRUN pip install flask\nRUN npm install -g pm2\n\
              RUN gem install rails\n",
        lines: &[2, 3, 4],
        good: "FROM python:3.13\nRUN pip install flask==3.1.0 && pip install -r all.txt && npm \
              i -g pm2@6.0.5\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let name = match it.program() {
                _ if is_pip(it) => unpinned_wheel(it),
                "npm" if is_verb(it, &["install", "i", "add"]) => it.after_verb().find(|name| {
                    let version = name.trim_start_matches('@').split_once('@');
                    version.is_none_or(|(_, it)| it == "latest") && is_name(name)
                }),
                "gem" if is_verb(it, &["install"]) && !it.has_flag(&["-v", "--version"]) => {
                    it.after_verb().find(|name| is_name(name) && !name.contains(':'))
                }
                "go" if is_verb(it, &["install", "get"]) => {
                    it.after_verb().find(|name| name.ends_with("@latest"))
                }
                _ => None,
            }?;
            Some(format!("`{name}` is installed in whatever version is newest"))
        })
    },
};

/// What `pip install` is told to install by name alone. Values of its flags are no names.
fn unpinned_wheel(it: &Command) -> Option<&str> {
    if it.has_flag(&["-r", "-e", "-c", "--requirement", "--constraint", "--editable"]) {
        return None;
    }
    let own = ["pip", "setuptools", "wheel"];
    let mut words = it.arguments().iter().skip_while(|word| *word != "install").skip(1);
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            let takes_value = [
                "-i",
                "-t",
                "-f",
                "--index-url",
                "--extra-index-url",
                "--target",
                "--trusted-host",
                "--find-links",
                "--prefix",
                "--root",
                "--timeout",
                "--platform",
                "--default-timeout",
                "--retries",
                "--proxy",
                "--cert",
                "--no-binary",
                "--only-binary",
            ];
            if takes_value.contains(&word.as_str()) {
                words.next();
            }
        } else if is_name(word)
            && !word.contains(['=', '@', '<', '~'])
            && !own.contains(&word.as_str())
        {
            return Some(word);
        }
    }
    None
}

/// Whether a word is a package's name, not a path, an address or a variable.
fn is_name(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with(['.', '/', '$', '-', '<'])
        && !word.contains("://")
        && !word.contains('$')
        && ![".whl", ".tgz", ".gz", ".zip", ".gem"].iter().any(|ending| word.ends_with(ending))
}

pub(super) const UNPINNED_PACKAGE: Rule = Rule {
    id: "unpinned-package",
    severity: Info,
    title: "A package of the distribution is installed without a version",
    why: "Two builds of the same file are not the same image",
    fix: "Name versions, or build on a snapshot of the distribution",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get install -y curl git\nRUN apk add jq\n",
        lines: &[2, 3],
        good: "FROM debian:12\nRUN apt-get install -y curl=7.88.1-10 && apk add jq=1.7.1-r0\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let is_system = is_apt(it, "install") || it.is("apk", "add");
            let is_open = |name: &&str| !name.contains(['=', '<', '>', '~']) && is_name(name);
            let names: Vec<&str> =
                if is_system { installs(it).filter(is_open).collect() } else { Vec::new() };
            let first = names.first()?;
            Some(match names.len() {
                1 => format!("`{first}` is installed without a version"),
                count => format!("{count} packages are installed without a version, as `{first}`"),
            })
        })
    },
};

pub(super) const UNVERIFIED: Rule = Rule {
    id: "unverified-packages",
    severity: High,
    title: "Signatures of packages are not checked",
    why: "Whoever holds a mirror, or the way to it, puts programs of their own into the image",
    fix: "Leave the flag out; bring the key of the repository into the image first",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get install -y --allow-unauthenticated curl\n\
              RUN apk add --allow-untrusted a.apk\n\
              RUN echo 'deb [trusted=yes] http://x y z' > /etc/apt/sources.list.d/x.list\n",
        lines: &[2, 3, 4],
        good: "FROM debian:12\nRUN echo 'deb [signed-by=/k.gpg] http://x y z' > \
              /etc/apt/sources.list.d/x.list\n",
    },
    judge: |file| {
        let flags = [
            "--allow-unauthenticated",
            "--force-yes",
            "--allow-untrusted",
            "--nogpgcheck",
            "--no-gpg-checks",
            "--trusted-host",
            "--allow-insecure-repositories",
        ];
        of_commands(file, |it| {
            let flag = flags.iter().find(|flag| it.has_flag(&[flag])).copied();
            let is_trusted = it.words.iter().any(|word| {
                let word = word.replace(' ', "").to_ascii_lowercase();
                word.contains("trusted=yes") || word.contains("allowunauthenticated=true")
            });
            let flag = flag.or(is_trusted.then_some("trusted=yes"))?;
            Some(format!("`{flag}` takes packages that nobody has signed"))
        })
    },
};

pub(super) const SECOND_INDEX: Rule = Rule {
    id: "second-package-index",
    severity: Medium,
    title: "`pip` looks in two indexes for the same names",
    why: "Whoever registers the name of an internal library in the public one is installed instead",
    fix: "Use one index that holds both: `--index-url`",
    example: Example {
        bad: "FROM python:3.13\nRUN pip install --extra-index-url https://pypi.corp.example a==1\n",
        lines: &[2],
        good: "FROM python:3.13\nRUN pip install --index-url https://pypi.corp.example a==1\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            (is_pip(it) && it.has_flag(&["--extra-index-url"])).then(|| {
                "`--extra-index-url` lets a public name win over an internal one".to_owned()
            })
        })
    },
};

pub(super) const SSH_SERVER: Rule = Rule {
    id: "ssh-server-installed",
    severity: Medium,
    title: "A server for remote logins is installed",
    why: "It is a second way in, past the cluster's own authorization and its audit log",
    fix: "Leave it out and use `kubectl exec` or `kubectl debug`",
    example: Example {
        bad: "FROM debian:12\nRUN apt-get install -y openssh-server\n",
        lines: &[2],
        good: "FROM debian:12\nRUN apt-get install -y openssh-client\n",
    },
    judge: |file| {
        let servers = ["openssh-server", "dropbear", "telnetd", "vsftpd", "xrdp", "tightvncserver"];
        of_commands(file, |it| {
            let package = |name: &str| name.split('=').next().unwrap_or_default().to_owned();
            let name = installs(it).map(package).find(|name| servers.contains(&name.as_str()))?;
            Some(format!("`{name}` lets people log in past the cluster"))
        })
    },
};

/// Packages of the distribution that a command installs.
pub(super) fn installs(it: &Command) -> impl Iterator<Item = &str> {
    let is_install = is_apt(it, "install") || it.is("apk", "add") || is_rpm(it, &["install", "in"]);
    // `-t NAME` and `--virtual NAME` take a word that is no package.
    let words = it.arguments().windows(2).filter_map(|pair| match pair {
        [before, word] => Some((before.as_str(), word.as_str())),
        _ => None,
    });
    words
        .filter(|(before, word)| {
            !matches!(*before, "-t" | "--virtual" | "-o" | "-X" | "--repository")
                && !word.starts_with('-')
                && !matches!(*word, "install" | "add" | "in")
        })
        .map(|(_, word)| word)
        .filter(move |_| is_install)
}

fn is_apt(it: &Command, verb: &str) -> bool {
    it.is("apt-get", verb) || it.is("apt", verb)
        // `apt-get -o Some::Option=1 install`.
        || matches!(it.program(), "apt-get" | "apt")
            && it.operands().nth(1) == Some(verb)
            && it.operands().next().is_some_and(|word| word.contains("::"))
}

fn is_rpm(it: &Command, verbs: &[&str]) -> bool {
    matches!(it.program(), "yum" | "dnf" | "microdnf" | "tdnf" | "zypper") && is_verb(it, verbs)
}

fn is_verb(it: &Command, verbs: &[&str]) -> bool {
    it.operands().next().is_some_and(|verb| verbs.contains(&verb))
}

/// `pip install`, `pip3 install`, `python -m pip install`.
fn is_pip(it: &Command) -> bool {
    let program = it.program();
    let is_module = program.starts_with("python")
        && it.arguments().starts_with(&["-m".to_owned(), "pip".to_owned()])
        && it.operands().nth(1) == Some("install");
    is_module
        || program.starts_with("pip") && !program.starts_with("pipe") && is_verb(it, &["install"])
}

fn has_mount(it: &Instruction, below: &str) -> bool {
    it.flags.iter().any(|flag| {
        flag.name == "mount"
            && flag.value.split(',').any(|part| {
                let path = part
                    .split_once('=')
                    .filter(|(key, _)| matches!(*key, "target" | "dst" | "destination"));
                path.is_some_and(|(_, path)| path.starts_with(below) || below.starts_with(path))
            })
    })
}

/// A finding for each `RUN` whose files are in the image: those of the last stage, and of stages
/// it is built on.
fn of_last_runs(file: &Dockerfile, place: impl Fn(&Instruction) -> Option<Place>) -> Vec<Place> {
    let mut found = Vec::new();
    let mut next = file.last_stage();
    while let Some(stage) = next {
        let runs = file.of_stage(stage).iter().filter(|it| it.keyword == Keyword::Run);
        found.extend(runs.filter_map(&place));
        next = stage.parent.and_then(|at| file.stages.get(at));
    }
    found
}
