//! Who containers run as, and who may do what in them.

use model::Severity::{High, Info, Low, Medium};

use super::{commands, of_commands, of_instructions};
use crate::base::Base;
use crate::instruction::Keyword;
use crate::read::Dockerfile;
use crate::rule::{Example, Place, Rule};

pub(crate) const ROOT: Rule = Rule {
    id: "root-image",
    severity: Medium,
    title: "The image runs as root",
    why: "Code of an attacker in the container is root in it, and one flaw away from the node",
    fix: "Add a user and name it by number in the last stage: `USER 10001`",
    example: Example {
        bad: "FROM debian:12\nUSER 10001\nUSER root\n",
        lines: &[3],
        good: "FROM debian:12\nUSER 10001:10001\n",
    },
    judge: root,
};

fn root(file: &Dockerfile) -> Vec<Place> {
    let Some(stage) = file.last_stage() else { return Vec::new() };
    let Some(from) = file.of_stage(stage).first() else { return Vec::new() };
    match &stage.user {
        Some((written, Some(user), line)) if is_root(user) => {
            vec![Place::on(*line, format!("the image runs as root: `USER {written}`"))]
        }
        // Who builds decides, or says nothing.
        Some(_) => Vec::new(),
        None => {
            let base = ultimate_base(file);
            // Images of this name have a user of their own.
            let has_user = base.is_none_or(|base| {
                let base = Base::of(base);
                base.tag.is_some_and(|tag| tag.contains("nonroot"))
                    || base.repository.contains("unprivileged")
                    || base.repository.starts_with("cgr.dev/chainguard/")
            });
            let shown = base.unwrap_or_default();
            let message = format!("no `USER`: the image runs as what `{shown}` says, mostly root");
            if has_user { Vec::new() } else { vec![Place::at(from, message)] }
        }
    }
}

/// The image below the last stage.
fn ultimate_base(file: &Dockerfile) -> Option<&str> {
    let mut stage = file.last_stage()?;
    // A stage's parent stands before it, so this ends.
    while let Some(parent) = stage.parent.and_then(|at| file.stages.get(at)) {
        stage = parent;
    }
    stage.base.as_deref()
}

pub(crate) fn is_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or(user);
    name == "root" || !name.is_empty() && name.bytes().all(|byte| byte == b'0')
}

pub(super) const NAMED: Rule = Rule {
    id: "user-without-number",
    severity: Low,
    title: "The user is a name",
    why: "Kubernetes cannot tell that a name is not root: `runAsNonRoot` refuses such an image",
    fix: "Name the user by its number: `USER 10001`",
    example: Example {
        bad: "FROM debian:12\nUSER app\n",
        lines: &[2],
        good: "FROM debian:12\nUSER 10001\n",
    },
    judge: |file| {
        let user = file.last_stage().and_then(|stage| stage.user.as_ref());
        let Some((_, Some(user), line)) = user else { return Vec::new() };
        let name = user.split(':').next().unwrap_or(user);
        // Windows has no numbers for its users: `ContainerUser`, `ContainerAdministrator`.
        if is_root(user) || name.parse::<u32>().is_ok() || name.starts_with("Container") {
            return Vec::new();
        }
        let message = format!("`runAsNonRoot` refuses the image: user `{name}` is not a number");
        vec![Place::on(*line, message)]
    },
};

pub(super) const SUDO: Rule = Rule {
    id: "sudo-in-image",
    severity: Low,
    title: "`sudo` is used or installed",
    why: "It gives root back to a container that was meant to run without",
    fix: "Do as root what needs root before the last `USER`, and leave `sudo` out",
    example: Example {
        bad: "FROM debian:12\nRUN sudo make install\n",
        lines: &[2],
        good: "FROM debian:12\nRUN make install\nUSER 10001\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            if it.prefix().iter().any(|word| word == "sudo") || it.program() == "sudo" {
                return Some("`sudo` is used while the image is built".to_owned());
            }
            let installs = super::packages::installs(it).any(|name| name == "sudo");
            installs.then(|| "`sudo` is installed into the image".to_owned())
        })
    },
};

pub(super) const PASSWORDLESS_SUDO: Rule = Rule {
    id: "passwordless-sudo",
    severity: High,
    title: "A user may become root without a password",
    why: "Running as another user than root protects nothing then",
    fix: "Leave the rule out; give single capabilities or files to the user instead",
    example: Example {
        bad: "FROM debian:12\nRUN echo 'app ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers\n",
        lines: &[2],
        good: "FROM debian:12\nRUN chown app /var/lib/app\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            it.words.iter().any(|word| word.contains("NOPASSWD")).then(|| {
                "`NOPASSWD` lets a user of the image become root without a password".to_owned()
            })
        })
    },
};

pub(super) const PASSWORD_SET: Rule = Rule {
    id: "password-in-image",
    severity: High,
    title: "A user's password is set while the image is built",
    why: "It is the same in every container, and stands in the image's history",
    fix: "Leave users without a password; nobody logs in to a container",
    example: Example {
        bad: "FROM debian:12\nRUN echo root:$PW | chpasswd\n",
        lines: &[2],
        good: "FROM debian:12\nRUN passwd -l root\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let sets = match it.program() {
                "chpasswd" => true,
                "passwd" => it.has_flag(&["--stdin", "--delete", "-d"]),
                "useradd" | "usermod" => it.has_flag(&["--password", "-p"]),
                _ => false,
            };
            sets.then(|| format!("`{}` sets or clears a password of the image", it.program()))
        })
    },
};

pub(super) const WORLD_WRITABLE: Rule = Rule {
    id: "world-writable-file",
    severity: Medium,
    title: "Files are made writable for everybody",
    why: "Any user of the container can put a program of their own there, which others then run",
    fix: "Give the files to the user that needs them: `COPY --chown=10001 --chmod=755`",
    example: Example {
        bad: "FROM debian:12\nCOPY --chmod=777 run /run\nRUN chmod -R 777 /srv\n",
        lines: &[2, 3],
        good: "FROM debian:12\nRUN chmod 1777 /tmp && chmod 755 /srv\n",
    },
    judge: |file| {
        let mut found = of_commands(file, |it| {
            let mode = it.operands().next().filter(|_| it.program() == "chmod")?;
            is_world_writable(mode).then(|| format!("`chmod {mode}` lets everybody write"))
        });
        for keyword in [Keyword::Add, Keyword::Copy] {
            found.extend(of_instructions(file, keyword, |it| {
                let mode = it.flag("chmod").filter(|mode| is_world_writable(mode))?;
                Some(format!("`--chmod={mode}` lets everybody write"))
            }));
        }
        found
    },
};

/// A mode that lets others write; with the sticky bit, as of `/tmp`, they cannot replace files.
fn is_world_writable(mode: &str) -> bool {
    if let Some(bits) = octal(mode) {
        return bits & 0o002 != 0 && bits & 0o1000 == 0;
    }
    mode.split(',').any(|part| {
        let Some((who, what)) = part.split_once(['+', '=']) else { return false };
        (who.contains(['o', 'a'])) && what.contains('w') && !what.contains('t')
    })
}

fn octal(mode: &str) -> Option<u32> {
    u32::from_str_radix(mode, 8).ok()
}

pub(super) const SETUID: Rule = Rule {
    id: "setuid-file",
    severity: Medium,
    title: "A program is made to run as its owner",
    why: "A flaw of that program makes any user of the container root",
    fix: "Give the process the one capability it needs instead",
    example: Example {
        bad: "FROM debian:12\nRUN chmod u+s /usr/bin/ping\n",
        lines: &[2],
        good: "FROM debian:12\nRUN chmod u-s /usr/bin/ping\n",
    },
    judge: |file| {
        of_commands(file, |it| {
            let mode = it.operands().next().filter(|_| it.program() == "chmod")?;
            let is_set = octal(mode).map_or_else(
                || mode.split(',').any(|part| part.contains('+') && part.ends_with('s')),
                |bits| bits & 0o4000 != 0 && bits > 0o777,
            );
            is_set.then(|| format!("`chmod {mode}` lets a program run as its owner"))
        })
    },
};

pub(super) const RECURSIVE_CHOWN: Rule = Rule {
    id: "recursive-chown",
    severity: Info,
    title: "A folder is given to somebody else in a step of its own",
    why: "Every file is kept a second time in the layer, and all of it becomes writable",
    fix: "Use `COPY --chown=…` and give only what has to be written",
    example: Example {
        bad: "FROM debian:12\nRUN chown -R app /srv\n",
        lines: &[2],
        good: "FROM debian:12\nCOPY --chown=10001 srv /srv\n",
    },
    judge: |file| {
        let is_recursive = |it: &&crate::shell::Command| {
            it.program() == "chown" && it.has_flag(&["-R", "--recursive"])
        };
        let message = "`chown -R` keeps every file a second time, and all become writable";
        commands(file).filter(is_recursive).map(|it| Place::of(it, message)).collect()
    },
};
