//! Reading, against what Docker's Dockerfile reference says and shows, and against what
//! `BuildKit`'s own parser made of mutated files.

use dockerfile::{
    Dockerfile, INSTRUCTIONS_MAX, Instruction, Keyword, Problem, TEXT_BYTES_MAX, judge,
};
use serde_json::{Value, json};

/// Each instruction as `LINE KEYWORD [flags] body`.
fn shown(text: &str) -> Vec<String> {
    let file = Dockerfile::parse(text);
    let line = |it: &Instruction| {
        let flags = it.flags.iter().map(|flag| format!(" --{}={}", flag.name, flag.value));
        let list = it.list.as_ref().map(|list| format!("{list:?}"));
        let body = list.unwrap_or_else(|| it.body.clone());
        format!("{} {:?}{} {body}", it.line, it.keyword, flags.collect::<String>())
    };
    let mut shown: Vec<String> = file.instructions.iter().map(line).collect();
    shown.extend(file.errors.iter().map(ToString::to_string));
    shown
}

#[test]
fn lines_comments_and_lists() {
    let cases: &[(&str, &[&str])] = &[
        // "Format": comments inside of a continued line, and blanks before instructions.
        (
            "# a comment\n  FROM alpine\nRUN echo hello \\\n# comment\n  # another\n\nworld\n",
            &["2 From alpine", "3 Run echo hello world"],
        ),
        // "escape": with a backtick a backslash is a backslash.
        (
            "# escape=`\nFROM windows\nCOPY a c:\\\nRUN dir `\n c:\\\n",
            &["2 From windows", "3 Copy a c:\\", "4 Run dir  c:\\"],
        ),
        // A directive after a comment is a comment.
        ("# hello\n# escape=`\nFROM a\nRUN b \\\n c\n", &["3 From a", "4 Run b  c"]),
        (
            "#syntax=a\n#syntax=b\nFROM a\n",
            &["3 From a", "2: the directive `syntax` is given twice; keep one"],
        ),
        (
            "FROM a\nRUN [\"a b\", \"c\"]\nRUN ['a']\n",
            &["1 From a", "2 Run [\"a b\", \"c\"]", "3 Run ['a']"],
        ),
        (
            "from a as b\nonbuild copy --chown=1:2 --from=x a b\n",
            &["1 From a as b", "2 Copy --chown=1:2 --from=x a b"],
        ),
        ("FROM a\r\nRUN b \\\r\n  c\r\n", &["1 From a", "2 Run b   c"]),
        // Two backslashes are no continuation.
        ("FROM a\nRUN b \\\\\nRUN c\n", &["1 From a", "2 Run b \\\\", "3 Run c"]),
        ("FROM a\nRUN b \\", &["1 From a", "2 Run b"]),
        (
            "FROM a\nRUM b\n",
            &["1 From a", "2: `RUM` is no instruction; look for a missing `\\` on the line before"],
        ),
        (
            "RUN a\nFROM a b c\n",
            &[
                "1 Run a",
                "2 From a b c",
                "1: `RUN` stands before the first `FROM`; only `ARG` may",
                "2: `FROM` takes `IMAGE` or `IMAGE AS NAME`",
            ],
        ),
        (
            "FROM a\nRUN [\"a\", 1]\nENV a=b c\nLABEL a\n",
            &[
                "1 From a",
                "2: a list may hold texts only: put `\"` around each item",
                "3: `ENV` takes `NAME=value`; put `\"` around values with blanks",
                "4: `LABEL` takes `NAME=value`; put `\"` around values with blanks",
            ],
        ),
        (
            "FROM a\nUSER\nONBUILD FROM b\n",
            &["1 From a", "2: `USER` needs arguments", "3: `ONBUILD` may not hold back `FROM`"],
        ),
        ("", &["1: there is no `FROM`: nothing can be built from this file"]),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), *expected, "{text:?}");
    }
}

#[test]
fn heredocs() {
    let text = "FROM a\nRUN <<EOF\napt-get update\n# no comment\nFROM x\nEOF\n\
        COPY <<-\"ONE\" <<TWO /b/\n\t$a\n\tONE\nb\nTWO\nRUN cat <<'Q' | sh \\\n -x\nq\nQ\nRUN 3<<X\n";
    let file = Dockerfile::parse(text);
    let found: Vec<_> = file
        .instructions
        .iter()
        .flat_map(|it| &it.heredocs)
        .map(|it| (it.line, it.name.as_str(), it.content.as_str(), it.expands))
        .collect();
    assert_eq!(
        found,
        [
            (3, "EOF", "apt-get update\n# no comment\nFROM x\n", true),
            (8, "ONE", "$a\n", false),
            (10, "TWO", "b\n", true),
            (14, "Q", "q\n", false),
            (17, "X", "", true),
        ]
    );
    let open = Problem::OpenHeredoc("X".to_owned());
    assert_eq!(file.errors.iter().map(|it| &it.problem).collect::<Vec<_>>(), [&open]);
    let script = file.instructions.iter().find(|it| it.keyword == Keyword::Run).unwrap();
    let commands: Vec<_> = script.commands.iter().map(|it| (it.line, it.program())).collect();
    assert_eq!(commands, [(3, "apt-get"), (5, "FROM")]);
}

/// "Environment replacement" and "Understand how ARG and FROM interact".
#[test]
fn variables() {
    let cases = [
        ("ARG A=1\nFROM b:$A\n", Some("b:1")),
        ("ARG A=1\nFROM b:${A}.2\n", Some("b:1.2")),
        ("FROM b:${A:-3}\n", Some("b:3")),
        ("ARG A\nFROM b:${A:-3}\n", Some("b:3")),
        ("ARG A=1\nFROM b${A:+:4}\n", Some("b:4")),
        ("ARG A\nFROM b${A:+:4}\n", None),
        ("FROM b${A:+:4}\n", Some("b")),
        ("ARG A=1\nARG B=$A$A\nFROM b:$B\n", Some("b:11")),
        ("ARG A\nFROM b:$A\n", None),
        ("FROM b:$TARGETARCH\n", None),
    ];
    for (text, expected) in cases {
        let file = Dockerfile::parse(text);
        assert_eq!(file.last_stage().unwrap().base.as_deref(), expected, "{text:?}");
    }
}

#[test]
fn places_in_continued_lines() {
    let file = Dockerfile::parse("FROM a\nRUN true && \\\n    # why\n    curl x | \\\n  ü sh\n");
    let run = file.instructions.last().unwrap();
    let found: Vec<_> = run.commands.iter().map(|it| (it.line, it.column, it.program())).collect();
    assert_eq!(found, [(2, 5, "true"), (4, 5, "curl"), (5, 3, "ü")]);
}

/// POSIX.1-2017, "Shell Command Language": quotes, operators, redirections, substitutions.
#[test]
fn commands_of_a_shell() {
    let cases: &[(&str, &[&[&str]])] = &[
        ("a b&&c||d;e&f", &[&["a", "b"], &["c"], &["d"], &["e"], &["f"]]),
        ("a 'b && c' \"d;e\" f\\;g", &[&["a", "b && c", "d;e", "f;g"]]),
        ("a >b 2>&1 <c d &>e", &[&["a", "d"]]),
        ("a $(b c) `d`", &[&["a", "$(b c)", "`d`"], &["b", "c"], &["d"]]),
        ("a \"$(b \"c\")\"", &[&["a", "$(b \"c\")"], &["b", "c"]]),
        ("a # b", &[&["a"]]),
        ("a |& b", &[&["a"], &["b"]]),
        ("(a; b)", &[&["a"], &["b"]]),
        ("a 'b", &[&["a", "b"]]),
        ("a $(b", &[&["a", "$(b"], &["b"]]),
    ];
    for (text, expected) in cases {
        let file = Dockerfile::parse(&format!("FROM a\nRUN {text}\n"));
        let found: Vec<_> =
            file.instructions.last().unwrap().commands.iter().map(|it| &it.words).collect();
        assert_eq!(found, *expected, "{text}");
    }
    let programs = [
        ("sudo -E env A=1 /usr/bin/apt-get install x", "apt-get"),
        ("if ! curl x", "curl"),
        ("A=1 B=2 make", "make"),
    ];
    for (text, expected) in programs {
        let file = Dockerfile::parse(&format!("FROM a\nRUN {text}\n"));
        assert_eq!(file.instructions.last().unwrap().commands[0].program(), expected, "{text}");
    }
}

#[test]
fn limits_are_told() {
    let long = " ".repeat(TEXT_BYTES_MAX + 1);
    let many = format!("FROM a\n{}", "RUN b\n".repeat(INSTRUCTIONS_MAX));
    let stages = "FROM a\n".repeat(500);
    for text in [long, many, stages] {
        let errors = Dockerfile::parse(&text).errors;
        assert!(errors.iter().any(|it| matches!(it.problem, Problem::TooMany { .. })));
    }
}

/// Texts that would be slow if any part were quadratic, and pieces in every order.
#[test]
fn hostile_texts_are_read_to_the_end() {
    let size = TEXT_BYTES_MAX - 100;
    for piece in ["$(", "`", "'", "\"", "\\\n", "a|", "$a", "${a:-", "<<E ", "a;\n", "<(", "\"$("] {
        let body = piece.repeat(size / piece.len());
        for start in ["FROM a\nRUN ", "FROM a\nENV a=", "FROM ", "FROM a\nRUN <<X\n"] {
            judge(&Dockerfile::parse(&format!("{start}{body}")));
        }
    }
    let pieces = ["FROM", " a", "\n", "RUN", " <<E", "\\", "\"", "$(", ")", "[", "é", "--x=", "#"];
    let mut state = 7_u32;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..24 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(pieces[(state >> 16) as usize % pieces.len()]);
        }
        let file = Dockerfile::parse(&text);
        let lines = text.lines().count().max(1) as u32;
        assert!(judge(&file).iter().all(|it| (1..=lines).contains(&it.line)), "{text:?}");
    }
}

/// 1,000 files with what `BuildKit` 0.34.2 (`frontend/dockerfile/parser`) makes of each: whether
/// it refuses it, else line, keyword, flags, list and heredocs of every instruction.
#[test]
fn instructions_are_those_of_upstream() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/buildkit.json")).unwrap();
    assert_eq!(cases.len(), 1_000);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let file = Dockerfile::parse(text);
        if case["refused"] == true {
            assert!(!file.errors.is_empty(), "{text:?}");
            continue;
        }
        // What upstream's parser takes and its next stage refuses is an error here at once.
        let mut found: Vec<Value> = file.instructions.iter().map(as_upstream).collect();
        let refused = file.errors.iter().filter(|it| !is_of_stages(&it.problem));
        found.extend(refused.map(|it| json!(it.line)));
        let line = |it: &Value| it["line"].as_u64().or(it.as_u64());
        found.sort_by_key(line);
        let expected = case["instructions"].as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{text:?}");
        for (found, expected) in found.iter().zip(expected) {
            let is_same =
                if found.is_number() { *found == expected["line"] } else { found == expected };
            assert!(is_same, "{text:?}: {found} but {expected}");
        }
    }
}

fn as_upstream(it: &Instruction) -> Value {
    let flags = it.flags.iter().map(|flag| [flag.name.clone(), flag.value.clone()]);
    let heredocs = it.heredocs.iter().map(|it| json!([it.name, it.content, it.expands, it.chomps]));
    json!({
        "line": it.line,
        "keyword": format!("{:?}", it.keyword).to_uppercase(),
        "flags": flags.collect::<Vec<_>>(),
        "list": it.list,
        "heredocs": heredocs.collect::<Vec<_>>(),
    })
}

fn is_of_stages(problem: &Problem) -> bool {
    matches!(problem, Problem::BeforeFrom(_) | Problem::From | Problem::NoStage)
}

#[test]
fn what_lies_deeper_than_is_looked_is_told() {
    let nested = |depth: usize| {
        let text = format!("FROM a\nRUN {}true{}\n", "echo $(".repeat(depth), ")".repeat(depth));
        let file = Dockerfile::parse(&text);
        let told = file.errors.iter().map(|it| (it.line, it.problem.to_string()));
        (file.instructions[1].commands.len(), told.collect::<Vec<_>>())
    };
    assert_eq!(nested(6), (7, Vec::new()));
    let (commands, told) = nested(7);
    assert_eq!((commands, told.len()), (7, 1));
    assert_eq!(told[0].0, 2);
    assert!(told[0].1.contains("substitutions within each other"), "{told:?}");
}
