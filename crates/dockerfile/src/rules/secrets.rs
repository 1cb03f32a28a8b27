//! Credentials in the file, and so in the image or its history. No value is ever told.

use model::Severity::{Critical, High, Medium};
use model::secret;

use super::{all, of_instructions};
use crate::instruction::{Instruction, Keyword};
use crate::rule::{Example, Place, Rule};

pub(crate) const IN_ENV: Rule = Rule {
    id: "credential-in-env",
    severity: High,
    title: "A variable of the image holds a credential",
    why: "Whoever may pull the image reads it in its configuration, and every process inherits it",
    fix: "Give it to the container when it starts, from a Secret; for a build use \
          `--mount=type=secret`",
    example: Example {
        bad: "FROM debian:12\nARG NPM_TOKEN\nENV DB_PASSWORD=hunter22\nENV NPM_TOKEN=$NPM_TOKEN\n",
        lines: &[3, 4],
        good: "FROM debian:12\nENV DB_PASSWORD_FILE=/run/secrets/db DB_PASSWORD= NPM_TOKEN=\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Env, |it| {
            let pairs = it.pairs();
            let found = pairs.iter().find(|(name, value)| {
                let value = value.as_deref().unwrap_or_default();
                // What is taken from an `ARG` is in the image as well.
                let is_taken = value.starts_with('$') && secret::is_credential_name(name);
                is_taken || secret::named(name, value).is_some()
            });
            found.map(|(name, _)| format!("`{name}` puts a credential into the image"))
        })
    },
};

pub(super) const IN_ARGUMENT: Rule = Rule {
    id: "credential-in-build-argument",
    severity: Medium,
    title: "A build argument is there for a credential",
    why: "The values of arguments stand in the image's history",
    fix: "Use `RUN --mount=type=secret,id=…`, which leaves nothing behind",
    example: Example {
        bad: "FROM debian:12\nARG NPM_TOKEN\n",
        lines: &[2],
        good: "FROM debian:12\nRUN --mount=type=secret,id=npm npm ci\n",
    },
    judge: |file| {
        of_instructions(file, Keyword::Arg, |it| {
            let pairs = it.pairs();
            let (name, _) = pairs.iter().find(|(name, _)| secret::is_credential_name(name))?;
            Some(format!("the value of `{name}` stays in the image's history"))
        })
    },
};

pub(crate) const IN_TEXT: Rule = Rule {
    id: "credential-in-dockerfile",
    severity: Critical,
    title: "The file itself holds a credential",
    why: "Whoever may read the repository, or pull the image, holds it",
    fix: "Withdraw it at its issuer, then use `RUN --mount=type=secret,id=…`",
    example: Example {
        bad: concat!("FROM debian:12\nLABEL key=AKI", "A4HXQ7ZK2MWNP6RTB\n"),
        lines: &[2],
        good: "FROM debian:12\nLABEL key=none\n",
    },
    judge: |file| {
        let place = |it: &Instruction| {
            let texts = it.heredocs.iter().map(|heredoc| heredoc.content.as_str());
            let is_variable = matches!(it.keyword, Keyword::Env);
            let mut texts = std::iter::once(it.body.as_str()).chain(texts);
            let assigned = |text: &str| {
                // `ENV` has a rule of its own for values that only their name gives away.
                let found = secret::assigned(text).into_iter().next();
                found.filter(|_| !is_variable)
            };
            let found = texts.find_map(|text| secret::find(text).or_else(|| assigned(text)))?;
            let message = format!("a credential stands in `{}`: {:?}", it.written, found.kind);
            Some(Place::at(it, message))
        };
        file.instructions.iter().filter_map(place).collect()
    },
};

pub(super) const IN_URL: Rule = Rule {
    id: "credential-in-url",
    severity: High,
    title: "An address holds a user and a password",
    why: "It stays in the image's history, and in the configuration of a cloned repository",
    fix: "Use `RUN --mount=type=secret` or `--mount=type=ssh`",
    example: Example {
        bad: "FROM debian:12\nRUN git clone https://me:$TOKEN@example.com/a.git\n",
        lines: &[2],
        good: "FROM debian:12\nRUN --mount=type=ssh git clone git@example.com:a.git\n",
    },
    judge: |file| {
        let is_login = |word: &String| {
            let address = word.split_once("://").map(|(_, rest)| rest);
            let host = address.and_then(|it| it.split(['/', '?', '#']).next());
            let login = host.and_then(|host| host.rsplit_once('@')).map(|(login, _)| login);
            login.is_some_and(|login| {
                login.split_once(':').map_or(login.contains('$'), |(_, it)| !it.is_empty())
            })
        };
        let place = |it: &Instruction| {
            let commands = it.commands.iter();
            let found = commands.filter(|it| it.words.iter().any(is_login)).map(|it| {
                Place::of(it, format!("`{}` is given a login in an address", it.program()))
            });
            found.collect::<Vec<_>>()
        };
        let mut found: Vec<Place> = all(file, Keyword::Run).flat_map(place).collect();
        for keyword in [Keyword::Add, Keyword::Env] {
            found.extend(of_instructions(file, keyword, |it| {
                let is_one = it.words().iter().any(is_login);
                is_one.then(|| format!("`{}` holds an address with a login", it.written))
            }));
        }
        found
    },
};
