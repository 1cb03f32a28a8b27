//! What comes into the image from elsewhere.

use model::Severity::{High, Low, Medium};

use super::base::is_stage_before;
use super::{is_remote, of_instructions, sources};
use crate::base::Base;
use crate::instruction::{Instruction, Keyword};
use crate::read::Dockerfile;
use crate::rule::{Example, Place, Rule};

pub(super) const ADD_FOR_COPY: Rule = Rule {
    id: "add-for-plain-copy",
    severity: Low,
    title: "`ADD` does what `COPY` does",
    why: "`ADD` also fetches and unpacks: a file of another kind is treated in another way",
    fix: "Write `COPY`",
    example: Example {
        bad: "FROM debian:12\nADD notes.txt /\n",
        lines: &[2],
        good: "FROM debian:12\nADD root.tar.gz /\nCOPY notes.txt /\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Add, |it| {
            let (sources, _) = sources(it);
            let plain = |source: &&String| {
                !is_remote(source) && !source.contains('$') && !is_archive(source)
            };
            let all_plain = !sources.is_empty() && sources.iter().all(|it| plain(&it));
            let first = sources.first().filter(|_| all_plain)?;
            Some(format!("`ADD {first}` only copies; `COPY` says so"))
        })
    },
};

fn is_archive(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".gz", ".xz"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

pub(super) const ADD_WITHOUT_CHECKSUM: Rule = Rule {
    id: "add-without-checksum",
    severity: Medium,
    title: "`ADD` fetches a file whose content nobody checks",
    why: "Whoever holds that server, or the way to it, decides what is in the image",
    fix: "Add `--checksum=sha256:…`; of a git repository name a commit",
    example: Example {
        bad: "FROM debian:12\nADD https://example.com/tool /usr/bin/\n",
        lines: &[2],
        good: "FROM debian:12\nADD \
              --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d \
              https://example.com/tool /usr/bin/\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Add, |it| {
            if it.flag("checksum").is_some() {
                return None;
            }
            let (sources, _) = sources(it);
            let source =
                sources.into_iter().find(|source| is_remote(source) && !is_held(source))?;
            // What stands before the host may be a credential.
            let host = source.split("://").nth(1).unwrap_or(&source);
            let host = host.split('/').next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            Some(format!("what `ADD` fetches from `{host}` is not checked"))
        })
    },
};

/// `….git#⟨commit⟩`.
fn is_held(source: &str) -> bool {
    let commit = source.split_once('#').map(|(_, rest)| rest.split(':').next().unwrap_or(rest));
    commit.is_some_and(|it| it.len() >= 40 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

pub(super) const WHOLE_CONTEXT: Rule = Rule {
    id: "copy-of-everything",
    severity: Low,
    title: "The whole build context is copied",
    why: "`.git`, `.env` and keys come along when `.dockerignore` forgets one of them",
    fix: "Copy the folders that are needed, by name",
    example: Example {
        bad: "FROM debian:12\nCOPY . /srv\n",
        lines: &[2],
        good: "FROM debian:12 AS build\nCOPY src /srv/src\nFROM debian:12\n\
              COPY --from=build . /srv\n",
    },
    judge: |file| {
        of_copies(file, |it, sources, _| {
            let is_all =
                |source: &String| matches!(source.as_str(), "." | "./" | "*" | "/" | "./*");
            let is_context = it.flag("from").is_none();
            (is_context && sources.iter().any(is_all))
                .then(|| "the whole build context is copied into the image".to_owned())
        })
    },
};

pub(super) const OVER_ROOT: Rule = Rule {
    id: "copy-over-root-folder",
    severity: Medium,
    title: "A build context is copied over the system's root folder",
    why: "A folder `bin` or `etc` in the repository replaces the system's own",
    fix: "Copy into a folder of its own: `WORKDIR /srv/app`",
    example: Example {
        bad: "FROM debian:12\nCOPY . /\n",
        lines: &[2],
        good: "FROM debian:12\nCOPY . /srv/app\n",
    },
    judge: |file| {
        of_copies(file, |it, sources, target| {
            let is_all = sources.iter().any(|source| matches!(source.as_str(), "." | "./"));
            (is_all && target == "/" && it.flag("from").is_none())
                .then(|| "the whole build context is laid over `/`".to_owned())
        })
    },
};

pub(super) const SENSITIVE_FILE: Rule = Rule {
    id: "sensitive-file-copied",
    severity: High,
    title: "A file with credentials is copied into the image",
    why: "Whoever may pull the image may read it, even when a later step deletes it",
    fix: "Mount it for the one step that needs it: `RUN --mount=type=secret,id=…`",
    example: Example {
        bad: "FROM debian:12\nCOPY .env id_rsa /root/\nADD deploy/.npmrc /root/\n",
        lines: &[2, 3],
        good: "FROM debian:12\nCOPY .env.example id_rsa.pub /srv/\n",
    },
    judge: |file| {
        of_copies(file, |_, sources, _| {
            let source = sources.iter().find(|source| is_sensitive(source))?;
            Some(format!("`{source}` is copied into the image, where whoever pulls it can read it"))
        })
    },
};

/// Files and folders that exist to hold credentials, by their usual names.
fn is_sensitive(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_environment = name == ".env"
        || name.strip_prefix(".env.").is_some_and(|rest| {
            !["example", "sample", "template", "dist", "defaults"].contains(&rest)
        });
    is_environment
        || SENSITIVE_NAMES.contains(&name)
        || SENSITIVE_ENDINGS.iter().any(|ending| path.ends_with(ending))
}

const SENSITIVE_NAMES: &[&str] = &[
    ".git",
    ".ssh",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".gnupg",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".git-credentials",
    ".dockercfg",
    ".htpasswd",
    ".vault-token",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "kubeconfig",
    "credentials.json",
    "service-account.json",
    "terraform.tfstate",
    "secrets.yaml",
    "secrets.yml",
    "secrets.json",
];
const SENSITIVE_ENDINGS: &[&str] = &[
    ".key",
    "privkey.pem",
    "-key.pem",
    "_key.pem",
    "key.pem",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".kdbx",
    ".ovpn",
    ".ppk",
    ".aws/credentials",
    ".kube/config",
    ".docker/config.json",
    "gcloud/application_default_credentials.json",
];

pub(super) const OUTSIDE_CONTEXT: Rule = Rule {
    id: "copy-from-outside",
    severity: Low,
    title: "A source stands outside of the build context",
    why: "The builder drops the `..`: another file is copied, or none",
    fix: "Build from a folder higher up, or use `--build-context`",
    example: Example {
        bad: "FROM debian:12\nCOPY ../shared /srv\n",
        lines: &[2],
        good: "FROM debian:12\nCOPY shared /srv\n",
    },
    judge: |file| {
        of_copies(file, |it, sources, _| {
            let is_outside =
                |source: &&String| source.as_str() == ".." || source.starts_with("../");
            let source = sources.iter().find(is_outside).filter(|_| it.flag("from").is_none())?;
            Some(format!("`{source}` is outside of the build context"))
        })
    },
};

pub(super) const WITHOUT_FOLDER: Rule = Rule {
    id: "copy-of-several-into-file",
    severity: Medium,
    title: "Several sources are copied to what is no folder",
    why: "The build fails: with several sources the target has to end with a slash",
    fix: "End the target with `/`",
    example: Example {
        bad: "FROM debian:12\nCOPY a b /srv\n",
        lines: &[2],
        good: "FROM debian:12\nCOPY a b /srv/\n",
    },
    judge: |file| {
        of_copies(file, |_, sources, target| {
            let is_folder = target.ends_with('/') || matches!(target, "." | "..");
            (sources.len() > 1 && !is_folder && !target.contains('$'))
                .then(|| format!("{} sources go to `{target}`, no folder", sources.len()))
        })
    },
};

pub(super) const UNDEFINED_STAGE: Rule = Rule {
    id: "copy-from-undefined-stage",
    severity: Medium,
    title: "`COPY --from` names a stage that is not there yet",
    why: "A name that is no stage is pulled as an image: somebody else may own it",
    fix: "Name a stage that stands before, or an image with its digest",
    example: Example {
        bad: "FROM debian:12\nCOPY --from=3 /a /a\nCOPY --from=later /a /a\n\
              FROM debian:12 AS later\n",
        lines: &[2, 3],
        good: "FROM debian:12 AS build\nFROM debian:12\nCOPY --from=build /a /a\n\
              COPY --from=0 /b /b\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Copy, |it| {
            let from = it.flag("from").filter(|from| !from.contains('$'))?;
            if let Ok(number) = from.parse::<usize>() {
                let before = file.stages.iter().take_while(|stage| {
                    file.of_stage(stage).first().is_some_and(|from| from.line < it.line)
                });
                let own = before.count().saturating_sub(1);
                return (number >= own)
                    .then(|| format!("there is no stage {number} before this one"));
            }
            let named = file.stages.iter().any(|stage| {
                stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(from))
            });
            (named && !is_stage_before(file, from, it.line))
                .then(|| format!("the stage `{from}` comes later; here the name is an image's"))
        })
    },
};

pub(super) const UNPINNED_SOURCE: Rule = Rule {
    id: "copy-from-unpinned-image",
    severity: Medium,
    title: "Files are copied out of an image that is not pinned",
    why: "Programs of the image come from whatever stands under that name on the day",
    fix: "Name a version and its digest, or copy from a stage",
    example: Example {
        bad: "FROM debian:12\nCOPY --from=example/tool /tool /tool\n",
        lines: &[2],
        good: "FROM debian:12\nCOPY --from=example/tool:1.4 /tool /tool\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Copy, |it| {
            let from = it.flag("from").filter(|from| !from.contains('$'))?;
            let is_stage = from.parse::<usize>().is_ok()
                || file
                    .stages
                    .iter()
                    .filter_map(|it| it.name.as_ref())
                    .any(|name| name.eq_ignore_ascii_case(from));
            let base = Base::of(from);
            let is_pinned = base.digest.is_some() || base.tag.is_some_and(|tag| tag != "latest");
            (!is_stage && !is_pinned && !from.is_empty())
                .then(|| format!("what is copied from the image `{from}` may change every day"))
        })
    },
};

/// A finding for each `COPY` and `ADD`, by sources and target.
fn of_copies(
    file: &Dockerfile,
    message: impl Fn(&Instruction, &[String], &str) -> Option<String>,
) -> Vec<Place> {
    let message = |it: &Instruction| {
        let (sources, target) = sources(it);
        message(it, &sources, &target?)
    };
    let mut found = of_instructions(file, Keyword::Copy, message);
    found.extend(of_instructions(file, Keyword::Add, message));
    found
}
