//! The same instructions, lines, flags, lists and heredocs as `BuildKit`'s own parser reads.

#[path = "../../engine/tests/oracle/mod.rs"]
mod oracle;

use dockerfile::{Dockerfile, Keyword, Problem, RULES};
use oracle::Oracle;
use serde_json::{Value, json};

/// Generated files.
const FILES: usize = 10_000;

/// Numbers without a pattern, the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % limit
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

const KEYWORDS: &[&str] = &[
    "FROM",
    "RUN",
    "RUN",
    "run",
    "Copy",
    "ADD",
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "LABEL",
    "ARG",
    "USER",
    "WORKDIR",
    "EXPOSE",
    "VOLUME",
    "SHELL",
    "STOPSIGNAL",
    "MAINTAINER",
    "HEALTHCHECK",
    "ONBUILD RUN",
    "ONBUILD COPY",
    "onbuild env",
];
const WORDS: &[&str] = &[
    "a",
    "b=1",
    "\"c d\"",
    "'e f'",
    "$G",
    "${H:-i}",
    "\\\"",
    "#",
    "a#b",
    "&&",
    "|",
    ">",
    "ü",
    "=",
    "\"open",
    "--late=1",
    "apt-get install -y",
    "\t",
    "k\\ l",
    "NONE",
    "/m",
    "n:1",
    "@",
];
const PAIRS: &[&str] = &["b=1", "c=\"d e\"", "f='g'", "h=$I", "j=", "k=l\\ m", "n=#"];
const FLAGS: &[&str] =
    &["--from=x", "--mount=type=cache,target=/a", "--x", "--interval=5s", "--y="];
const LISTS: &[&str] =
    &["[]", "[\"a\"]", "[ \"a\", \"b c\" ]", "[\"a\", ]", "['a']", "[\"a\"] b", "[1]", "[\"\\n\"]"];
const BREAKS: &[&str] = &[
    " \\\n",
    "\\\n",
    " \\ \n",
    " \\\n# comment\n",
    " \\\n\n",
    " \\\n  # c \\\n",
    "\\\r\n",
    " `\n",
];
const HEREDOCS: &[&str] = &[
    "<<E\nx $Y\n\tz\nE",
    "<<-E\n\tx\n\tE",
    "<<\"E\"\n$x\\\nE",
    "<<'E' b\nE",
    "<<E <<F\n1\nE\n2\n# not\nF",
    "3<<E c\nx\nE",
];

fn instruction(random: &mut Random) -> String {
    let mut text = random.of(&["", "", "", " ", "\t"]).to_owned();
    let keyword = random.of(KEYWORDS);
    text.push_str(keyword);
    text.push_str(random.of(&[" ", " ", "  ", "\t"]));
    let keyword = keyword.rsplit(' ').next().unwrap_or_default().to_ascii_lowercase();
    // Flags of the others are told when an instruction is run, not when it is read.
    if WITH_FLAGS.contains(&keyword.as_str()) {
        for _ in 0..random.below(3) {
            text.push_str(random.of(FLAGS));
            text.push(' ');
        }
    }
    // So is what does not fit these.
    let words = match keyword.as_str() {
        "from" => &["w", "w AS x", "w as y"],
        "env" | "label" | "arg" => PAIRS,
        _ => WORDS,
    };
    match random.below(6) {
        _ if keyword == "from" => text.push_str(random.of(words)),
        0 if words == WORDS => text.push_str(random.of(LISTS)),
        1 if words == WORDS => text.push_str(random.of(HEREDOCS)),
        _ => {
            text.push_str("w=1");
            for _ in 0..random.below(5) {
                text.push_str(if random.below(4) == 0 { random.of(BREAKS) } else { " " });
                text.push_str(random.of(words));
            }
        }
    }
    text.push_str(random.of(&["", "", "", " ", "\t"]));
    text.push_str(random.of(&["\n", "\n", "\n", "\n\n", "\r\n", "\n# comment\n", "\n  # c\n"]));
    text
}

fn file(random: &mut Random) -> String {
    let first = random.of(&["", "", "", "# escape=`\n", "# syntax=a/b:1\n", "\u{feff}", "# c\n\n"]);
    let mut text = format!("{first}FROM base\n");
    for _ in 0..=random.below(5) {
        text.push_str(&instruction(random));
    }
    text
}

/// Instructions whose flags mean something: those of others are refused when they are run.
const WITH_FLAGS: &[&str] = &["add", "copy", "from", "healthcheck", "run"];

/// As the oracle tells it.
fn ours(text: &str) -> Result<Value, String> {
    let file = Dockerfile::parse(text);
    // The parser takes any word as an instruction; what runs them refuses it, as we do.
    let is_of_parser =
        |it: &&dockerfile::Error| !matches!(it.problem, Problem::UnknownInstruction(_));
    if let Some(error) = file.errors.iter().find(is_of_parser) {
        return Err(error.to_string());
    }
    let nodes = file.instructions.iter().map(|it| {
        let flag = |it: &dockerfile::Flag| match it.value.as_str() {
            "" => format!("--{}", it.name),
            value => format!("--{}={value}", it.name),
        };
        let heredoc = |it: &dockerfile::Heredoc| {
            json!({"name": it.name, "expand": it.expands, "chomp": it.chomps,
                "content": it.content})
        };
        json!({
            "keyword": format!("{:?}", it.keyword).to_lowercase(),
            "line": it.line,
            "flags": it.flags.iter().map(flag).collect::<Vec<_>>(),
            "list": it.list,
            "heredocs": it.heredocs.iter().map(heredoc).collect::<Vec<_>>(),
        })
    });
    Ok(nodes.collect())
}

/// What of an answer can be compared.
fn theirs(answer: &Value) -> Result<Value, String> {
    if let Some(error) = answer["error"].as_str() {
        return Err(error.to_owned());
    }
    let mut nodes = answer["nodes"].as_array().cloned().unwrap_or_default();
    nodes.retain(|it| it["keyword"].as_str().is_some_and(|it| Keyword::of(it).is_some()));
    for node in &mut nodes {
        if !WITH_FLAGS.contains(&node["keyword"].as_str().unwrap_or_default()) {
            node["flags"] = json!([]);
        }
        // Tabs are taken off when it is run.
        for heredoc in node["heredocs"].as_array_mut().into_iter().flatten() {
            if heredoc["chomp"] == true {
                let content = heredoc["content"].as_str().unwrap_or_default();
                let lines = content.split_inclusive('\n').map(|it| it.trim_start_matches('\t'));
                heredoc["content"] = json!(lines.collect::<String>());
            }
        }
        for flag in node["flags"].as_array_mut().into_iter().flatten() {
            let written = flag.as_str().unwrap_or_default();
            *flag = json!(written.strip_suffix('=').unwrap_or(written));
        }
    }
    Ok(Value::Array(nodes))
}

/// The only difference, and it is a refusal: with `# escape=` set to a backtick a backslash within
/// a value stands for itself, so that a blank behind it ends the value. We read on to the next one.
fn is_known(text: &str, theirs: &Result<Value, String>) -> bool {
    let is_told = |error: &String| error.contains("can't find = in \"m");
    text.starts_with("# escape=`") && theirs.as_ref().is_err_and(is_told)
}

#[test]
fn the_same_is_read_as_by_buildkit() {
    let Some(mut oracle) = Oracle::start() else { return };
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let examples = RULES.iter().flat_map(|rule| [rule.example.bad, rule.example.good]);
    let mut texts: Vec<String> = examples.map(str::to_owned).collect();
    texts.extend((0..FILES).map(|_| file(&mut random)));
    let questions: Vec<Value> =
        texts.iter().map(|text| json!({"verb": "dockerfile-parse", "text": text})).collect();
    let mut different = Vec::new();
    let (mut same, mut known) = (0, 0);
    for (text, answer) in texts.iter().zip(oracle.ask(&questions)) {
        match (ours(text), theirs(&answer)) {
            (Ok(ours), Ok(theirs)) if ours == theirs => same += 1,
            (Err(_), Err(_)) => {}
            (_, theirs) if is_known(text, &theirs) => known += 1,
            (ours, theirs) => different.push((text, theirs, ours)),
        }
    }
    let shown: Vec<String> =
        different.iter().take(12).map(|(a, b, c)| format!("{a:?}\n  {b:?}\n  {c:?}")).collect();
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), texts.len(), shown.join("\n"));
    assert!(same > FILES * 8 / 10 && known > 0, "{same} the same, {known} known");
}
