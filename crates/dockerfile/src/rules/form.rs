//! How the image starts, listens and stores; and old or useless forms.

use std::collections::BTreeMap;

use model::Severity::{High, Info, Low, Medium};

use super::{commands, of_instructions};
use crate::expand::expand;
use crate::instruction::{Instruction, Keyword};
use crate::read::Dockerfile;
use crate::rule::{Example, Place, Rule};

pub(super) const MAINTAINER: Rule = Rule {
    id: "maintainer-instruction",
    severity: Info,
    title: "`MAINTAINER` is deprecated",
    why: "Tools do not read it any more",
    fix: "Write `LABEL org.opencontainers.image.authors=\"…\"`",
    example: Example {
        bad: "FROM debian:12\nMAINTAINER somebody\n",
        lines: &[2],
        good: "FROM debian:12\nLABEL org.opencontainers.image.authors=somebody\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Maintainer, |_| {
            Some("`MAINTAINER` is deprecated since Docker 1.13".to_owned())
        })
    },
};

pub(super) const SHELL_FORM: Rule = Rule {
    id: "shell-form-command",
    severity: Low,
    title: "The image's process is started by a shell",
    why: "The shell gets the signals: the process is killed without a chance to end well",
    fix: "Write a list: `CMD [\"program\", \"argument\"]`",
    example: Example {
        bad: "FROM debian:12\nCMD nginx -g x\n",
        lines: &[2],
        good: "FROM debian:12\nENTRYPOINT [\"nginx\"]\nCMD exec nginx\n",
    },
    judge: |file| {
        let judge = |it: &Instruction| {
            let execs = it.body.split_whitespace().next() == Some("exec");
            (it.list.is_none() && !execs)
                .then(|| format!("`{}` without a list is run by a shell", it.written))
        };
        let mut found = of_instructions(file, Keyword::Cmd, judge);
        found.extend(of_instructions(file, Keyword::Entrypoint, judge));
        found
    },
};

pub(super) const SEVERAL_COMMANDS: Rule = Rule {
    id: "command-given-twice",
    severity: Low,
    title: "A stage has more than one `CMD`, `ENTRYPOINT` or `HEALTHCHECK`",
    why: "Only the last counts; whoever reads the first is wrong about what runs",
    fix: "Keep the last",
    example: Example {
        bad: "FROM debian:12\nCMD [\"a\"]\nCMD [\"b\"]\n",
        lines: &[2],
        good: "FROM debian:12 AS a\nCMD [\"a\"]\nFROM debian:12\nCMD [\"b\"]\n",
    },
    judge: |file| {
        let mut found = Vec::new();
        for stage in &file.stages {
            let mut last: BTreeMap<Keyword, &Instruction> = BTreeMap::new();
            for it in file.of_stage(stage).iter().filter(|it| !it.on_build) {
                use Keyword::{Cmd, Entrypoint, Healthcheck};
                if !matches!(it.keyword, Cmd | Entrypoint | Healthcheck) {
                    continue;
                }
                if let Some(before) = last.insert(it.keyword, it) {
                    let message = format!("line {} replaces this `{}`", it.line, before.written);
                    found.push(Place::at(before, message));
                }
            }
        }
        found
    },
};

pub(super) const RELATIVE_WORKDIR: Rule = Rule {
    id: "relative-workdir",
    severity: Low,
    title: "`WORKDIR` depends on what was before",
    why: "A change of the base image moves everything that follows",
    fix: "Write the whole path",
    example: Example {
        bad: "FROM debian:12\nWORKDIR app\n",
        lines: &[2],
        good: "FROM debian:12\nWORKDIR /app\nWORKDIR sub\nWORKDIR $HOME\n",
    },
    judge: |file| {
        let mut found = Vec::new();
        for stage in &file.stages {
            // After a whole path in the same stage it is clear what is meant.
            let mut is_known = stage.parent.is_some();
            for it in file.of_stage(stage).iter().filter(|it| it.keyword == Keyword::Workdir) {
                let path = it.body.trim_matches(['"', '\'']);
                let is_windows = path.get(1..2) == Some(":");
                if path.starts_with(['/', '\\', '$']) || is_windows {
                    is_known = true;
                } else if !is_known {
                    let message = format!("where `WORKDIR {path}` is depends on the base image");
                    found.push(Place::at(it, message));
                }
            }
        }
        found
    },
};

pub(super) const CD: Rule = Rule {
    id: "cd-without-effect",
    severity: Info,
    title: "A `RUN` does nothing but change the folder",
    why: "The next step starts where it did before",
    fix: "Write `WORKDIR`",
    example: Example {
        bad: "FROM debian:12\nRUN cd /srv\n",
        lines: &[2],
        good: "FROM debian:12\nRUN cd /srv && make\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Run, |it| {
            let is_alone = matches!(it.commands.as_slice(), [one] if one.program() == "cd");
            is_alone.then(|| "`RUN cd` has no effect on the steps after it".to_owned())
        })
    },
};

pub(crate) const NO_HEALTHCHECK: Rule = Rule {
    id: "no-healthcheck",
    severity: Info,
    title: "The image does not say how to ask whether it is well",
    why: "Docker and Compose keep a hanging process; Kubernetes has probes of its own instead",
    fix: "Add `HEALTHCHECK CMD …`, or `HEALTHCHECK NONE` where only Kubernetes runs it",
    example: Example {
        bad: "FROM debian:12\n",
        lines: &[1],
        good: "FROM debian:12\nHEALTHCHECK NONE\n",
    },
    judge: |file| {
        let mut next = file.last_stage();
        let from = next.and_then(|stage| file.of_stage(stage).first());
        while let Some(stage) = next {
            if file.of_stage(stage).iter().any(|it| it.keyword == Keyword::Healthcheck) {
                return Vec::new();
            }
            next = stage.parent.and_then(|at| file.stages.get(at));
        }
        from.map(|from| Place::at(from, "the last stage has no `HEALTHCHECK`"))
            .into_iter()
            .collect()
    },
};

pub(crate) const SSH_PORT: Rule = Rule {
    id: "ssh-port-exposed",
    severity: Medium,
    title: "The image listens for remote logins",
    why: "It is a second way in, past the cluster's own authorization and its audit log",
    fix: "Leave it out and use `kubectl exec` or `kubectl debug`",
    example: Example {
        bad: "FROM debian:12\nEXPOSE 80 22/tcp\n",
        lines: &[2],
        good: "FROM debian:12\nEXPOSE 80 8022\n",
    },
    judge: |file| {
        of_ports(file, |first, last, written| {
            let is_inside = |port: &u32| (first..=last).contains(port);
            [22, 23, 3389]
                .iter()
                .any(is_inside)
                .then(|| format!("port `{written}` is that of remote logins"))
        })
    },
};

pub(super) const INVALID_PORT: Rule = Rule {
    id: "port-out-of-range",
    severity: Low,
    title: "A port does not exist",
    why: "The build fails, or nothing can be reached there",
    fix: "Name a port from 1 to 65535",
    example: Example {
        bad: "FROM debian:12\nEXPOSE 80000\n",
        lines: &[2],
        good: "FROM debian:12\nEXPOSE 8000-8010/udp\n",
    },
    judge: |file| {
        of_ports(file, |first, last, written| {
            (first == 0 || last > 65_535 || first > last).then(|| format!("`{written}` is no port"))
        })
    },
};

fn of_ports(file: &Dockerfile, message: impl Fn(u32, u32, &str) -> Option<String>) -> Vec<Place> {
    let mut found = Vec::new();
    for stage in &file.stages {
        let own = file.of_stage(stage).iter().filter(|it| it.keyword == Keyword::Expose);
        for it in own {
            for written in it.words() {
                let Some(port) = expand(&written, &stage.scope) else { continue };
                let port = port.split('/').next().unwrap_or_default();
                let (first, last) = port.split_once('-').unwrap_or((port, port));
                if let (Ok(first), Ok(last)) = (first.parse(), last.parse())
                    && let Some(message) = message(first, last, &written)
                {
                    found.push(Place::at(it, message));
                }
            }
        }
    }
    found
}

pub(super) const DUPLICATE_ENV: Rule = Rule {
    id: "variable-set-twice",
    severity: Info,
    title: "A variable is set twice in a stage",
    why: "Only the last value counts in the image; whoever reads the first is wrong",
    fix: "Keep one",
    example: Example {
        bad: "FROM debian:12\nENV A=1\nENV A=2\n",
        lines: &[3],
        good: "FROM debian:12\nENV PATH=/a:$PATH\nENV PATH=/b:$PATH\n",
    },
    judge: |file| {
        let mut found = Vec::new();
        for stage in &file.stages {
            let mut seen: BTreeMap<String, u32> = BTreeMap::new();
            for it in file.of_stage(stage).iter().filter(|it| it.keyword == Keyword::Env) {
                for (name, value) in it.pairs() {
                    let extends = value.is_some_and(|value| value.contains('$'));
                    let before = seen.insert(name.clone(), it.line).filter(|_| !extends);
                    if let Some(before) = before {
                        let message = format!("`{name}` is set on line {before} already");
                        found.push(Place::at(it, message));
                    }
                }
            }
        }
        found
    },
};

pub(super) const OLD_ENV: Rule = Rule {
    id: "old-form-of-env",
    severity: Info,
    title: "`ENV NAME value` is the old form",
    why: "It takes the whole rest of the line, whatever it looks like",
    fix: "Write `ENV NAME=value`",
    example: Example {
        bad: "FROM debian:12\nENV A 1\n",
        lines: &[2],
        good: "FROM debian:12\nENV A=1\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Env, |it| {
            let name = it.body.split_whitespace().next().filter(|word| !word.contains('='))?;
            Some(format!("`ENV {name} …` takes the whole rest of the line as the value"))
        })
    },
};

pub(super) const INSECURE_BUILD: Rule = Rule {
    id: "privileged-build-step",
    severity: High,
    title: "A step of the build runs without a sandbox",
    why: "Whatever it runs, a script of a library too, is root of the machine that builds",
    fix: "Leave `--security=insecure` out",
    example: Example {
        bad: "FROM debian:12\nRUN --security=insecure make\n",
        lines: &[2],
        good: "FROM debian:12\nRUN --security=sandbox make\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Run, |it| {
            (it.flag("security") == Some("insecure")).then(|| {
                "`--security=insecure` makes this step root of the machine that builds".to_owned()
            })
        })
    },
};

pub(super) const HOST_NETWORK_BUILD: Rule = Rule {
    id: "host-network-build-step",
    severity: Medium,
    title: "A step of the build uses the network of the machine that builds",
    why: "It reaches what listens only there, such as credentials of the cloud",
    fix: "Leave `--network=host` out",
    example: Example {
        bad: "FROM debian:12\nRUN --network=host make\n",
        lines: &[2],
        good: "FROM debian:12\nRUN --network=none make\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Run, |it| {
            (it.flag("network") == Some("host"))
                .then(|| "`--network=host` gives this step the network of the machine".to_owned())
        })
    },
};

pub(super) const SENSITIVE_VOLUME: Rule = Rule {
    id: "sensitive-volume",
    severity: Medium,
    title: "A volume is declared over a place of the system",
    why: "It outlives the container and is shared by mistake; the socket is root of the node",
    fix: "Declare volumes only for data of the program",
    example: Example {
        bad: "FROM debian:12\nVOLUME [\"/root/.ssh\"]\nVOLUME /data /var/run/docker.sock\n",
        lines: &[2, 3],
        good: "FROM debian:12\nVOLUME /var/lib/data\n",
    },
    judge: |file| {
        let places = [
            "/",
            "/etc",
            "/root",
            "/home",
            "/proc",
            "/sys",
            "/dev",
            "/run/secrets",
            "/var/run/secrets",
            "/var/run/docker.sock",
            "/run/docker.sock",
            "/usr",
            "/bin",
            "/lib",
        ];
        of_instructions(file, Keyword::Volume, |it| {
            let path = it.words().into_iter().find(|path| {
                let short = path.trim_end_matches('/');
                path == "/" || places.contains(&short) || is_of_keys(short)
            })?;
            Some(format!("a volume stands over `{path}`"))
        })
    },
};

fn is_of_keys(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, ".ssh" | ".aws" | ".kube" | ".gnupg" | ".docker"))
}

pub(super) const DEBUG_MODE: Rule = Rule {
    id: "debug-mode",
    severity: Medium,
    title: "The program is started for debugging",
    why: "Debuggers and their pages run commands of whoever reaches them",
    fix: "Leave it out of the image; debug with a container of its own",
    example: Example {
        bad: "FROM node:22\nENV FLASK_DEBUG=1\n\
              CMD [\"node\", \"--inspect=0.0.0.0:9229\", \"a.js\"]\n",
        lines: &[2, 3],
        good: "FROM node:22\nENV FLASK_DEBUG=0\nCMD [\"node\", \"a.js\"]\n",
    },
    judge: |file| {
        let mut found = of_instructions(file, Keyword::Env, |it| {
            let pairs = it.pairs();
            let is_on = |(name, value): &&(String, Option<String>)| {
                let value = value.as_deref().unwrap_or_default();
                match name.as_str() {
                    "FLASK_DEBUG" | "DJANGO_DEBUG" | "WERKZEUG_DEBUG" | "APP_DEBUG" => {
                        matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on")
                    }
                    "FLASK_ENV" | "RAILS_ENV" => value == "development",
                    _ => value.contains("jdwp"),
                }
            };
            pairs.iter().find(is_on).map(|(name, _)| format!("`{name}` switches debugging on"))
        });
        let starts = file
            .instructions
            .iter()
            .filter(|it| matches!(it.keyword, Keyword::Cmd | Keyword::Entrypoint));
        for it in starts {
            let words = it.commands.iter().flat_map(|it| &it.words);
            let is_debugger = |word: &&String| {
                word.starts_with("--inspect") || word.contains("jdwp=") || *word == "debugpy"
            };
            if words.clone().any(|word| is_debugger(&word)) {
                let message = format!("`{}` starts a debugger that takes commands", it.written);
                found.push(Place::at(it, message));
            }
        }
        found
    },
};

pub(super) const USELESS_COMMAND: Rule = Rule {
    id: "useless-command-in-build",
    severity: Info,
    title: "A command has no effect while an image is built",
    why: "What it starts or mounts is gone with the step",
    fix: "Leave it out, or do it when the container starts",
    example: Example {
        bad: "FROM debian:12\nRUN service nginx start\n",
        lines: &[2],
        good: "FROM debian:12\nRUN make\n",
    },
    judge: |file| {
        let useless = [
            "service",
            "systemctl",
            "shutdown",
            "reboot",
            "mount",
            "top",
            "ps",
            "free",
            "kill",
            "ssh",
            "vim",
            "nano",
            "ifconfig",
        ];
        let found = commands(file)
            .filter(|it| useless.contains(&it.program()) && !it.is("systemctl", "enable"));
        let message = |name: &str| format!("`{name}` has no effect on the image");
        found.map(|it| Place::of(it, message(it.program()))).collect()
    },
};
