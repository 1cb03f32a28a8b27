//! What stages are built on.

use std::collections::{BTreeMap, BTreeSet};

use model::Severity::{High, Info, Low, Medium};

use super::all;
use crate::base::Base;
use crate::expand::names;
use crate::instruction::{Instruction, Keyword};
use crate::read::Dockerfile;
use crate::rule::{Example, Place, Rule};
use crate::stage::{PLATFORM_ARGUMENTS, Stage};

pub(super) const WITHOUT_TAG: Rule = Rule {
    id: "base-image-without-tag",
    severity: Medium,
    title: "A base image is named without a tag",
    why: "It means `latest`: tomorrow's build is made of something nobody has looked at",
    fix: "Name a version and its digest: `debian:12.7-slim@sha256:…`",
    example: Example {
        bad: "FROM debian\n",
        lines: &[1],
        good: "FROM debian:12 AS build\nFROM build\n",
    },
    judge: |file| {
        of_bases(file, |name, base| {
            (base.tag.is_none() && base.digest.is_none())
                .then(|| format!("base image `{name}` has no tag, so it is whatever is latest"))
        })
    },
};

pub(super) const LATEST: Rule = Rule {
    id: "base-image-latest",
    severity: Medium,
    title: "A base image is `latest`",
    why: "A new major version, or a bad one, comes into the build without anybody deciding it",
    fix: "Name a version and its digest",
    example: Example {
        bad: "FROM node:latest\n",
        lines: &[1],
        good: "ARG VERSION=22.11\nFROM node:${VERSION}-slim\n",
    },
    judge: |file| {
        of_bases(file, |name, base| {
            let is_moving = matches!(base.tag, Some("latest" | "edge" | "nightly" | "rolling"));
            (is_moving && base.digest.is_none())
                .then(|| format!("base image `{name}` moves with every release"))
        })
    },
};

pub(super) const WITHOUT_DIGEST: Rule = Rule {
    id: "base-image-without-digest",
    severity: Info,
    title: "A base image is not held by its digest",
    why: "Whoever may write the registry may put another image under the same tag",
    fix: "Add the digest after the tag, and let a bot renew it: `name:tag@sha256:…`",
    example: Example {
        bad: "FROM debian:12\n",
        lines: &[1],
        good: "FROM debian:12@sha256:\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
    },
    judge: |file| {
        of_bases(file, |name, base| {
            (base.tag.is_some_and(|tag| tag != "latest") && base.digest.is_none())
                .then(|| format!("base image `{name}` is not held by a digest"))
        })
    },
};

pub(super) const END_OF_LIFE: Rule = Rule {
    id: "base-image-end-of-life",
    severity: High,
    title: "A base image gets no security updates any more",
    why: "Flaws that are found in it stay, and attackers know them",
    fix: "Build on a release that is still maintained",
    example: Example { bad: "FROM centos:7\n", lines: &[1], good: "FROM almalinux:9\n" },
    judge: |file| {
        of_bases(file, |name, base| {
            let tag = base.tag?;
            let is_release = |release: &str| {
                let rest = tag.strip_prefix(release);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
            };
            let ended =
                ENDED.iter().find(|(image, _)| *image == base.short() && base.is_official())?;
            ended.1.iter().any(|release| is_release(release)).then(|| {
                format!("base image `{name}` is a release that gets no security updates any more")
            })
        })
    },
};

/// Releases whose maintenance ended before 2026. Source: the projects' own pages on their release
/// cycles (debian.org/releases, ubuntu.com/about/release-cycle, alpinelinux.org/releases,
/// devguide.python.org/versions, nodejs.org/about/previous-releases, php.net/eol, and so on).
/// Long-term support that is sold is not counted.
const ENDED: &[(&str, &[&str])] = &[
    (
        "alpine",
        &[
            "2.6", "2.7", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "3.10",
            "3.11", "3.12", "3.13", "3.14", "3.15", "3.16", "3.17", "3.18",
        ],
    ),
    ("centos", &["5", "6", "7", "8", "centos5", "centos6", "centos7", "centos8"]),
    ("debian", &["7", "8", "9", "10", "wheezy", "jessie", "stretch", "buster"]),
    ("golang", &["1.16", "1.17", "1.18", "1.19", "1.20", "1.21", "1.22", "1.23"]),
    (
        "node",
        &[
            "0", "4", "6", "8", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "21",
            "23",
        ],
    ),
    ("php", &["5", "7", "8.0"]),
    ("python", &["2", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9"]),
    ("ruby", &["1", "2", "3.0", "3.1"]),
    (
        "ubuntu",
        &[
            "12.04", "14.04", "16.04", "18.04", "20.04", "precise", "trusty", "xenial", "bionic",
            "focal",
        ],
    ),
];

pub(super) const FIXED_PLATFORM: Rule = Rule {
    id: "fixed-platform",
    severity: Info,
    title: "`FROM` names one platform",
    why: "The image is of that platform whatever the build asks for, and is emulated elsewhere",
    fix: "Leave the flag out and build with `--platform`, or use `$BUILDPLATFORM`",
    example: Example {
        bad: "FROM --platform=linux/amd64 debian:12\n",
        lines: &[1],
        good: "FROM --platform=$BUILDPLATFORM debian:12\n",
    },
    judge: |file| {
        super::of_instructions(file, Keyword::From, |it| {
            let platform = it.flag("platform").filter(|value| !value.contains('$'))?;
            Some(format!("the platform is always `{platform}`, whatever the build asks for"))
        })
    },
};

pub(super) const UNDEFINED_ARGUMENT: Rule = Rule {
    id: "undefined-base-argument",
    severity: Medium,
    title: "`FROM` uses a variable that no `ARG` before it declares",
    why: "It is empty: the build fails, or takes another image than meant",
    fix: "Declare it before the first `FROM`: `ARG NAME=default`",
    example: Example {
        bad: "FROM debian:12\nARG TAG=1\nFROM nginx:1.27$TAG\n",
        lines: &[3],
        good: "ARG TAG=1\nFROM nginx:1.27.$TAG\n",
    },
    judge: |file| {
        let globals = globals(file);
        of_stages(file, |stage| {
            let is_unknown =
                |name: &&str| !globals.contains_key(*name) && !PLATFORM_ARGUMENTS.contains(name);
            let name = names(&stage.base_written).into_iter().find(is_unknown)?;
            Some(format!("`{name}` is empty here: no `ARG` before the first `FROM` declares it"))
        })
    },
};

pub(super) const ARGUMENT_WITHOUT_DEFAULT: Rule = Rule {
    id: "base-argument-without-default",
    severity: Info,
    title: "Who builds chooses the base image",
    why: "What the image is made of is not in the repository, and nobody reviews it",
    fix: "Give the `ARG` a default with a version",
    example: Example {
        bad: "ARG BASE\nFROM $BASE\n",
        lines: &[2],
        good: "ARG BASE=debian:12\nFROM $BASE\n",
    },
    judge: |file| {
        let globals = globals(file);
        of_stages(file, |stage| {
            let is_open = |name: &&str| globals.get(*name).is_some_and(|has_value| !has_value);
            let name = names(&stage.base_written).into_iter().find(is_open)?;
            stage
                .base
                .is_none()
                .then(|| format!("the base image depends on `{name}`, which has no default"))
        })
    },
};

pub(super) const LOST_ARGUMENT: Rule = Rule {
    id: "argument-lost-after-from",
    severity: Low,
    title: "A variable from before `FROM` is used in a stage that does not declare it",
    why: "It is empty in the stage: an option, a version or a check silently falls away",
    fix: "Repeat the `ARG`, without a value, in the stage",
    example: Example {
        bad: "ARG VERSION=1\nFROM debian:12\nENV RELEASE=$VERSION\n",
        lines: &[3],
        good: "ARG VERSION=1\nFROM debian:12\nARG VERSION\nENV RELEASE=$VERSION\n",
    },
    judge: lost_arguments,
};

fn lost_arguments(file: &Dockerfile) -> Vec<Place> {
    let globals = globals(file);
    let mut found = Vec::new();
    for stage in &file.stages {
        let mut declared: BTreeSet<String> = BTreeSet::new();
        let parent = stage.parent.and_then(|at| file.stages.get(at));
        for it in file.of_stage(stage).iter().skip(1) {
            let lost = names(&it.body).into_iter().find(|name| {
                globals.contains_key(*name)
                    && !declared.contains(*name)
                    && parent.is_none_or(|parent| !parent.scope.contains_key(*name))
            });
            if let Some(name) = lost {
                let message = format!("`{name}` is empty here: this stage has no `ARG {name}`");
                found.push(Place::at(it, message));
            }
            if matches!(it.keyword, Keyword::Arg | Keyword::Env) {
                declared.extend(it.pairs().into_iter().map(|(name, _)| name));
            }
            // The shell's own variables of the same name are not the file's.
            if it.keyword == Keyword::Run {
                let words = it.commands.iter().flat_map(|it| &it.words);
                let assigned = words.filter_map(|word| word.split_once('='));
                declared.extend(assigned.map(|(name, _)| name.to_owned()));
            }
        }
    }
    found
}

pub(super) const DUPLICATE_STAGE: Rule = Rule {
    id: "duplicate-stage-name",
    severity: Medium,
    title: "Two stages have the same name",
    why: "`COPY --from` and `--target` take one of them, and not always the one that was meant",
    fix: "Give each stage a name of its own",
    example: Example {
        bad: "FROM debian:12 AS build\nFROM alpine:3.22 AS Build\n",
        lines: &[2],
        good: "FROM debian:12 AS build\nFROM alpine:3.22 AS run\n",
    },
    judge: |file| {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for stage in &file.stages {
            if let (Some(name), Some(from)) = (&stage.name, file.of_stage(stage).first())
                && !seen.insert(name.to_ascii_lowercase())
            {
                found.push(Place::at(from, format!("a stage `{name}` is there already")));
            }
        }
        found
    },
};

pub(super) const STAGE_NAME_CASE: Rule = Rule {
    id: "stage-name-with-capitals",
    severity: Info,
    title: "A stage's name has capital letters",
    why: "Names of stages do not distinguish case, names of images may not have capitals at all",
    fix: "Write the name in small letters",
    example: Example {
        bad: "FROM debian:12 AS Build\n",
        lines: &[1],
        good: "FROM debian:12 AS build\n",
    },
    judge: |file| {
        of_stages(file, |stage| {
            let name = stage.name.as_ref().filter(|name| name.contains(char::is_uppercase))?;
            Some(format!("the stage's name `{name}` has capital letters"))
        })
    },
};

pub(super) const FOREIGN_FRONTEND: Rule = Rule {
    id: "foreign-build-frontend",
    severity: Medium,
    title: "`# syntax=` names a builder that is not Docker's",
    why: "That image runs first and decides what the rest of the file means",
    fix: "Use `# syntax=docker/dockerfile:1`, or hold the other by its digest",
    example: Example {
        bad: "# syntax=example.com/builder\nFROM debian:12\n",
        lines: &[1],
        good: "# syntax=docker/dockerfile:1\nFROM debian:12\n",
    },
    judge: |file| {
        let foreign = file.directives.iter().filter(|(name, value, _)| {
            let base = Base::of(value);
            let repository = base.repository.strip_prefix("docker.io/");
            let repository = repository.unwrap_or(base.repository);
            name == "syntax"
                && base.digest.is_none()
                && !matches!(repository, "docker/dockerfile" | "docker/dockerfile-upstream")
        });
        let message = |value: &str| format!("the builder `{value}` decides what this file means");
        foreign.map(|(_, value, line)| Place::on(*line, message(value))).collect()
    },
};

/// `ARG`s before the first `FROM`, and whether they have a default.
fn globals(file: &Dockerfile) -> BTreeMap<String, bool> {
    let before = file.instructions.iter().take_while(|it| it.keyword != Keyword::From);
    let arguments = before.filter(|it| it.keyword == Keyword::Arg);
    arguments.flat_map(Instruction::pairs).map(|(name, value)| (name, value.is_some())).collect()
}

fn of_stages(file: &Dockerfile, message: impl Fn(&Stage) -> Option<String>) -> Vec<Place> {
    let place = |stage| Some(Place::at(file.of_stage(stage).first()?, message(stage)?));
    file.stages.iter().filter_map(place).collect()
}

/// A finding for each stage that is built on an image whose name is known.
fn of_bases(file: &Dockerfile, message: impl Fn(&str, &Base<'_>) -> Option<String>) -> Vec<Place> {
    of_stages(file, |stage| {
        let name = stage.base.as_deref().filter(|name| *name != "scratch")?;
        // A variable may be anything in the end; its default is what the file says.
        if stage.parent.is_some() {
            return None;
        }
        message(name, &Base::of(name))
    })
}

/// Whether the file names a stage so, before a line.
pub(super) fn is_stage_before(file: &Dockerfile, name: &str, line: u32) -> bool {
    all(file, Keyword::From)
        .zip(&file.stages)
        .take_while(|(from, _)| from.line < line)
        .any(|(_, stage)| stage.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name)))
}
