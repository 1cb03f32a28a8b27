//! Every rule refuses its bad example, on the lines it names, and takes its good one.

use std::collections::BTreeSet;

use dockerfile::{Dockerfile, RULES, judge};

#[test]
fn examples_of_rules() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let lines = |text: &str| {
            let file = Dockerfile::parse(text);
            assert!(file.errors.is_empty(), "{}: {:?}", rule.id, file.errors);
            let found = judge(&file).into_iter().filter(|it| it.rule.id == rule.id);
            found.map(|it| it.line).collect::<Vec<_>>()
        };
        let (bad, good) = (lines(rule.example.bad), lines(rule.example.good));
        if bad != rule.example.lines || !good.is_empty() {
            wrong.push(format!("{}: bad {bad:?}, good {good:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_are_told_apart() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    for rule in RULES {
        let texts = [rule.title, rule.why, rule.fix];
        assert!(texts.iter().all(|it| !it.is_empty() && !it.ends_with('.')), "{}", rule.id);
        assert!(rule.id.bytes().all(|it| it.is_ascii_lowercase() || it == b'-'), "{}", rule.id);
    }
}

/// A file as careful people write it.
#[test]
fn a_careful_file_is_clean() {
    let file = Dockerfile::parse(concat!(
        "# syntax=docker/dockerfile:1\n",
        "ARG GO=1.26@sha256:",
        "24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d\n",
        "FROM --platform=$BUILDPLATFORM golang:$GO AS build\n",
        "WORKDIR /src\n",
        "COPY go.mod go.sum ./\n",
        "RUN --mount=type=cache,target=/go/pkg go mod download\n",
        "COPY cmd ./cmd\n",
        "ARG TARGETARCH\n",
        "RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app ./cmd/app\n",
        "FROM scratch\n",
        "COPY --from=build --chmod=755 /app /app\n",
        "USER 10001\n",
        "EXPOSE 8080\n",
        "HEALTHCHECK NONE\n",
        "ENTRYPOINT [\"/app\"]\n",
    ));
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    let found: Vec<_> = judge(&file).into_iter().map(|it| (it.line, it.message)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn no_value_of_a_credential_is_told() {
    let canary = "Zx9qCanary7Lm2Wp";
    let text = format!(
        "FROM debian:12\nENV DB_PASSWORD={canary} API_TOKEN={canary}\nARG KEY_TOKEN={canary}\n\
         RUN curl -u me:{canary} https://me:{canary}@example.com/a -o a\n\
         ADD https://me:{canary}@example.com/a /a\nRUN mysql --password={canary}\n"
    );
    let found = judge(&Dockerfile::parse(&text));
    assert!(found.iter().filter(|it| it.rule.id.starts_with("credential")).count() >= 5);
    for it in found {
        assert!(!it.message.contains(canary), "{}", it.message);
    }
}
