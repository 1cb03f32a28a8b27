//! One instruction: its keyword, flags, arguments and heredocs, with their places.

use crate::shell::{Command, columns};

/// What an instruction does. Source: Dockerfile reference, "Overview".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the instructions")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
}

impl Keyword {
    /// By its name, in any case.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "ADD" => Self::Add,
            "ARG" => Self::Arg,
            "CMD" => Self::Cmd,
            "COPY" => Self::Copy,
            "ENTRYPOINT" => Self::Entrypoint,
            "ENV" => Self::Env,
            "EXPOSE" => Self::Expose,
            "FROM" => Self::From,
            "HEALTHCHECK" => Self::Healthcheck,
            "LABEL" => Self::Label,
            "MAINTAINER" => Self::Maintainer,
            "ONBUILD" => Self::Onbuild,
            "RUN" => Self::Run,
            "SHELL" => Self::Shell,
            "STOPSIGNAL" => Self::Stopsignal,
            "USER" => Self::User,
            "VOLUME" => Self::Volume,
            "WORKDIR" => Self::Workdir,
            _ => return None,
        })
    }

    /// Whether its arguments may be a JSON list.
    pub(crate) fn takes_list(self) -> bool {
        use Keyword::{Add, Cmd, Copy, Entrypoint, Run, Shell, Volume};
        matches!(self, Add | Cmd | Copy | Entrypoint | Run | Shell | Volume)
    }

    /// Whether heredocs may follow it.
    pub(crate) fn takes_heredocs(self) -> bool {
        matches!(self, Self::Add | Self::Copy | Self::Run)
    }

    /// Whether `--name=value` may stand before its arguments.
    pub(crate) fn takes_flags(self) -> bool {
        matches!(self, Self::Add | Self::Copy | Self::From | Self::Healthcheck | Self::Run)
    }
}

/// `--from=build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Without its dashes.
    pub name: String,
    /// After the `=`; empty where there is none.
    pub value: String,
}

/// A text that follows an instruction: `<<EOF … EOF`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it.
    pub name: String,
    /// Whether variables in it are replaced: its name was not quoted.
    pub expands: bool,
    /// Whether tabs at the beginning of lines are dropped: `<<-`.
    pub chomps: bool,
    /// Its lines, each with its line feed.
    pub content: String,
    /// The line its content begins on, from 1.
    pub line: u32,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What it does; of an `ONBUILD` the instruction that it holds back.
    pub keyword: Keyword,
    /// The keyword as written.
    pub written: String,
    /// Whether it stands behind `ONBUILD`.
    pub on_build: bool,
    /// Line it begins on, from 1.
    pub line: u32,
    /// Column it begins on, in code points from 1.
    pub column: u32,
    /// `--name=value` before its arguments.
    pub flags: Vec<Flag>,
    /// Its arguments as one text: continued lines joined, comments dropped.
    pub body: String,
    /// Where pieces of `body` come from: byte offset, line, column; in order.
    pub(crate) pieces: Vec<(usize, u32, u32)>,
    /// Its arguments where they are a JSON list of texts: the exec form.
    pub list: Option<Vec<String>>,
    /// Texts that follow it.
    pub heredocs: Vec<Heredoc>,
    /// What a `RUN`, `CMD`, `ENTRYPOINT` or `HEALTHCHECK` runs, as far as it is a shell's.
    pub commands: Vec<Command>,
}

impl Instruction {
    /// Line and column of a byte of `body`.
    pub fn place(&self, offset: usize) -> (u32, u32) {
        let behind = self.pieces.partition_point(|(start, _, _)| *start <= offset);
        let piece = behind.checked_sub(1).and_then(|at| self.pieces.get(at));
        let Some((start, line, column)) = piece else {
            return (self.line, self.column);
        };
        (*line, column.saturating_add(columns(&self.body, *start, offset)))
    }

    /// The value of a flag.
    pub fn flag(&self, name: &str) -> Option<&str> {
        let found = self.flags.iter().find(|flag| flag.name == name);
        found.map(|flag| flag.value.as_str())
    }

    /// Arguments separated by blanks, or the items of the list; quotes are taken off.
    pub fn words(&self) -> Vec<String> {
        self.list.clone().unwrap_or_else(|| split_words(&self.body))
    }

    /// `NAME=value` pairs of `ENV`, `ARG` and `LABEL`; the old form `ENV NAME value` too.
    /// The value is missing where only a name stands.
    pub fn pairs(&self) -> Vec<(String, Option<String>)> {
        let words = split_words(&self.body);
        let is_old =
            self.keyword != Keyword::Arg && words.first().is_some_and(|word| !word.contains('='));
        if is_old {
            let (name, value) =
                self.body.trim().split_once(char::is_whitespace).unwrap_or((&self.body, ""));
            return vec![(name.to_owned(), Some(value.trim().to_owned()))];
        }
        let pair = |word: &String| match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word.clone(), None),
        };
        words.iter().map(pair).collect()
    }
}

/// Splits at blanks outside of quotes, and takes quotes and backslashes off.
pub(crate) fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => {
                word.get_or_insert_default().extend(chars.next());
            }
            (_, None) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
