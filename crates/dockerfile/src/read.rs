//! From a text to instructions: directives, continued lines, comments, heredocs, lists.

use crate::instruction::{Flag, Heredoc, Instruction, Keyword, split_words};
use crate::shell::{self, COMMANDS_MAX, SUBSTITUTION_DEPTH_MAX};
use crate::stage::{self, Stage, VARIABLES_MAX};

/// Bytes of one file; longer ones are not read.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
/// Instructions of one file; what follows is not read.
pub const INSTRUCTIONS_MAX: usize = 10_000;
/// Characters of an unknown instruction that are told.
const WORD_SHOWN_MAX: usize = 40;
/// Heredocs of one instruction.
const HEREDOCS_MAX: usize = 16;

/// What a Dockerfile says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// `# name=value` at the very beginning: name in lower case, value, line.
    pub directives: Vec<(String, String, u32)>,
    /// All instructions, in order; those that could not be understood are in `errors`.
    pub instructions: Vec<Instruction>,
    /// Stages, in order.
    pub stages: Vec<Stage>,
    /// What could not be understood, in order.
    pub errors: Vec<Error>,
}

/// Something that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {problem}")]
pub struct Error {
    /// Line, from 1.
    pub line: u32,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No instruction we, or `BuildKit`, know.
    #[error("`{0}` is no instruction; look for a missing `\\` on the line before")]
    UnknownInstruction(String),
    /// An instruction without arguments.
    #[error("`{0}` needs arguments")]
    NoArguments(String),
    /// A list of other things than texts.
    #[error("a list may hold texts only: put `\"` around each item")]
    List,
    /// A word of `ENV` or `LABEL` that is no pair.
    #[error("`{0}` takes `NAME=value`; put `\"` around values with blanks")]
    Pair(String),
    /// A heredoc that nothing ends.
    #[error("the heredoc `{0}` has no end; write `{0}` alone on a line after it")]
    OpenHeredoc(String),
    /// An instruction before the first `FROM` that is no `ARG`.
    #[error("`{0}` stands before the first `FROM`; only `ARG` may")]
    BeforeFrom(String),
    /// A directive twice.
    #[error("the directive `{0}` is given twice; keep one")]
    DirectiveTwice(String),
    /// An escape character other than the two there are.
    #[error("`escape` must be a backslash or a backtick")]
    Escape,
    /// `FROM` with words that do not belong there.
    #[error("`FROM` takes `IMAGE` or `IMAGE AS NAME`")]
    From,
    /// `ONBUILD` of what it may not hold back.
    #[error("`ONBUILD` may not hold back `{0}`")]
    OnBuild(String),
    /// Nothing to build.
    #[error("there is no `FROM`: nothing can be built from this file")]
    NoStage,
    /// A limit.
    #[error("more than {max} {what}; the rest is not read")]
    TooMany {
        /// The limit.
        max: usize,
        /// What is limited.
        what: &'static str,
    },
}

impl Dockerfile {
    /// Reads any text.
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        if text.len() > TEXT_BYTES_MAX {
            file.error(1, Problem::TooMany { max: TEXT_BYTES_MAX, what: "bytes" });
            return file;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut reader = Reader { lines: &lines, at: 0, escape: '\\' };
        reader.directives(&mut file);
        while let Some(logical) = reader.logical() {
            if file.instructions.len() >= INSTRUCTIONS_MAX {
                let what = "instructions";
                file.error(logical.line, Problem::TooMany { max: INSTRUCTIONS_MAX, what });
                break;
            }
            if let Some(instruction) = instruction(logical, &mut reader, &mut file) {
                file.instructions.push(instruction);
            }
        }
        stage::divide(&mut file);
        if file.stages.iter().any(|stage| stage.scope.len() >= VARIABLES_MAX) {
            file.error(1, Problem::TooMany { max: VARIABLES_MAX, what: "variables" });
        }
        file
    }

    /// The stage that is built when none is asked for.
    pub fn last_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// Instructions of a stage, its `FROM` first.
    pub fn of_stage(&self, stage: &Stage) -> &[Instruction] {
        self.instructions.get(stage.instructions.clone()).unwrap_or_default()
    }

    /// The character that continues lines.
    pub fn escape(&self) -> char {
        let escape = self.directives.iter().find(|(name, _, _)| name == "escape");
        escape.and_then(|(_, value, _)| value.chars().next()).unwrap_or('\\')
    }

    pub(crate) fn error(&mut self, line: u32, problem: Problem) {
        self.errors.push(Error { line, problem });
    }
}

struct Reader<'a> {
    /// With their line feeds, which heredocs keep.
    lines: &'a [&'a str],
    at: usize,
    escape: char,
}

/// An instruction's lines as one.
struct Logical {
    text: String,
    line: u32,
    column: u32,
    pieces: Vec<(usize, u32, u32)>,
}

impl Reader<'_> {
    /// Directives stand before everything else, each once; the first line of another kind ends
    /// them.
    fn directives(&mut self, file: &mut Dockerfile) {
        while let Some(line) = self.lines.get(self.at)
            && let Some((name, value)) = directive(line)
        {
            let number = self.at as u32 + 1;
            if file.directives.iter().any(|(known, _, _)| *known == name) {
                file.error(number, Problem::DirectiveTwice(name));
            } else if name == "escape" && !matches!(value, "\\" | "`") {
                file.error(number, Problem::Escape);
            } else {
                if name == "escape" {
                    self.escape = value.chars().next().unwrap_or('\\');
                }
                file.directives.push((name, value.to_owned(), number));
            }
            self.at += 1;
        }
    }

    /// The next line that is no comment, with all that continue it.
    fn logical(&mut self) -> Option<Logical> {
        let mut found: Option<Logical> = None;
        while let Some(&line) = self.lines.get(self.at) {
            self.at += 1;
            let number = self.at as u32;
            let line = line.trim_end_matches(['\r', '\n']);
            let trimmed = line.trim_start();
            // Comments and empty lines do not end what is continued.
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let indentation = line.get(..line.len() - trimmed.len()).unwrap_or_default();
            let is_first = found.is_none();
            let column = if is_first { indentation.chars().count() as u32 + 1 } else { 1 };
            let content = if is_first { trimmed } else { line };
            let continued = continued(content, self.escape);
            let logical = found.get_or_insert_with(|| Logical {
                text: String::new(),
                line: number,
                column,
                pieces: Vec::new(),
            });
            logical.pieces.push((logical.text.len(), number, column));
            logical.text.push_str(continued.unwrap_or(content));
            if continued.is_none() {
                break;
            }
        }
        found
    }

    /// The text up to a line that is the heredoc's name.
    fn heredoc(&mut self, heredoc: &mut Heredoc) -> bool {
        heredoc.line = self.at as u32 + 1;
        while let Some(&line) = self.lines.get(self.at) {
            self.at += 1;
            let line = if heredoc.chomps { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches(['\r', '\n']) == heredoc.name {
                return true;
            }
            heredoc.content.push_str(line);
        }
        false
    }
}

fn directive(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.trim().strip_prefix('#')?.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let is_known = matches!(name.as_str(), "syntax" | "escape" | "check");
    (is_known && !value.trim().is_empty()).then(|| (name, value.trim()))
}

/// The line without its escape character, where it is continued. Two of them are none.
fn continued(line: &str, escape: char) -> Option<&str> {
    let rest = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!rest.ends_with(escape)).then_some(rest)
}

fn instruction(
    mut logical: Logical,
    reader: &mut Reader<'_>,
    file: &mut Dockerfile,
) -> Option<Instruction> {
    let (line, column) = (logical.line, logical.column);
    let (keyword, written, on_build) = match keyword(&mut logical) {
        Ok(found) => found,
        Err(problem) => {
            file.error(line, problem);
            return None;
        }
    };
    let flags = if keyword.takes_flags() { flags(&mut logical) } else { Vec::new() };
    let body = logical.text.trim_end();
    // `CMD []` says something; nothing at all does not.
    if body.is_empty() {
        file.error(line, Problem::NoArguments(written));
        return None;
    }
    let list = keyword.takes_list().then(|| serde_json::from_str::<Vec<String>>(body).ok());
    let list = list.flatten();
    if let Some(problem) = wrong_body(keyword, &written, body).filter(|_| list.is_none()) {
        file.error(line, problem);
        return None;
    }
    let mut heredocs = Vec::new();
    if keyword.takes_heredocs() && list.is_none() {
        heredocs = heredocs_of(body);
        if heredocs.len() > HEREDOCS_MAX {
            file.error(line, Problem::TooMany { max: HEREDOCS_MAX, what: "heredocs in a line" });
            heredocs.truncate(HEREDOCS_MAX);
        }
        for heredoc in &mut heredocs {
            if !reader.heredoc(heredoc) {
                file.error(line, Problem::OpenHeredoc(heredoc.name.clone()));
            }
        }
    }
    let body = body.to_owned();
    let pieces = logical.pieces;
    let commands = Vec::new();
    let mut made = Instruction {
        keyword,
        written,
        on_build,
        line,
        column,
        flags,
        body,
        pieces,
        list,
        heredocs,
        commands,
    };
    let shell::Commands { found, is_deeper } = shell::of_instruction(&made);
    made.commands = found;
    if is_deeper {
        let what = "substitutions within each other";
        file.error(line, Problem::TooMany { max: SUBSTITUTION_DEPTH_MAX, what });
    }
    if made.commands.len() >= COMMANDS_MAX {
        file.error(line, Problem::TooMany { max: COMMANDS_MAX, what: "commands in one RUN" });
    }
    Some(made)
}

/// The keyword, as written, and whether it stands behind `ONBUILD`.
fn keyword(logical: &mut Logical) -> Result<(Keyword, String, bool), Problem> {
    let mut written = take_word(logical);
    let mut keyword = Keyword::of(&written);
    let on_build = keyword == Some(Keyword::Onbuild);
    if on_build {
        written = take_word(logical);
        keyword = Keyword::of(&written);
        if matches!(keyword, Some(Keyword::From | Keyword::Maintainer | Keyword::Onbuild)) {
            return Err(Problem::OnBuild(written));
        }
    }
    match keyword {
        Some(keyword) => Ok((keyword, written, on_build)),
        None if written.is_empty() => Err(Problem::NoArguments("ONBUILD".to_owned())),
        None => Err(Problem::UnknownInstruction(written.chars().take(WORD_SHOWN_MAX).collect())),
    }
}

/// `--name=value` before the arguments, with their quotes taken off.
fn flags(logical: &mut Logical) -> Vec<Flag> {
    let mut flags = Vec::new();
    while logical.text.starts_with("--") {
        let end = shell::word_end(&logical.text);
        let word = split_words(&take(logical, end)).concat();
        let flag = word.strip_prefix("--").unwrap_or(&word);
        // `--` alone ends them.
        if flag.is_empty() {
            break;
        }
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        flags.push(Flag { name: name.to_owned(), value: value.to_owned() });
    }
    flags
}

/// Source: `BuildKit`, `line_parsers.go`, `parseNameVal` and `parseMaybeJSON`.
fn wrong_body(keyword: Keyword, written: &str, body: &str) -> Option<Problem> {
    if matches!(keyword, Keyword::Env | Keyword::Label) {
        let words = split_words(body);
        let is_old = words.first().is_some_and(|word| !word.contains('='));
        let is_wrong =
            if is_old { words.len() < 2 } else { words.iter().any(|word| !word.contains('=')) };
        return is_wrong.then(|| Problem::Pair(written.to_owned()));
    }
    let is_list = keyword.takes_list()
        && body.starts_with('[')
        && serde_json::from_str::<Vec<serde_json::Value>>(body).is_ok();
    is_list.then_some(Problem::List)
}

/// Takes the first word off, and the blanks behind it.
fn take_word(logical: &mut Logical) -> String {
    let end = logical.text.find(char::is_whitespace).unwrap_or(logical.text.len());
    take(logical, end)
}

/// Takes the text before a byte off, and the blanks behind it.
fn take(logical: &mut Logical, end: usize) -> String {
    let text = logical.text.as_str();
    let word = text.get(..end).unwrap_or_default().to_owned();
    let rest = text.get(end..).unwrap_or_default();
    let kept = rest.trim_start();
    let dropped = text.len() - kept.len();
    let behind = logical.pieces.partition_point(|(start, _, _)| *start <= dropped);
    if let Some(at) = behind.checked_sub(1)
        && let Some((start, line, column)) = logical.pieces.get(at).copied()
    {
        let skipped = text.get(start..dropped).map_or(0, |text| text.chars().count());
        logical.pieces.drain(..at);
        if let Some(first) = logical.pieces.first_mut() {
            *first = (dropped, line, column.saturating_add(skipped as u32));
        }
        for (start, _, _) in &mut logical.pieces {
            *start -= dropped;
        }
    }
    logical.text = kept.to_owned();
    word
}

/// Heredocs that a line announces: `<<EOF`, `<<-"EOF"`, `3<<EOF`, outside of quotes.
///
/// Source: `BuildKit`, `parser.go`, `reHeredoc`.
fn heredocs_of(body: &str) -> Vec<Heredoc> {
    let words = shell::raw_words(body);
    let heredoc = |word: &&str| {
        let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
        let (chomps, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
        let name = rest.replace(['"', '\''], "");
        // A name may be empty: an empty line ends the text then.
        (!rest.contains('<')).then(|| Heredoc {
            expands: name == rest,
            name,
            chomps,
            content: String::new(),
            line: 0,
        })
    };
    words.iter().filter_map(heredoc).take(HEREDOCS_MAX + 1).collect()
}
