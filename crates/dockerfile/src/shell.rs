//! What a shell would run: simple commands, as far as their text tells.
//!
//! This is no shell. It splits at operators outside of quotes, looks into `$(…)`, and takes quotes
//! off; nothing is replaced. Source of the words: POSIX.1-2017, "Shell Command Language", 2.3.

use crate::instruction::{Instruction, Keyword};

/// Commands of one instruction; what follows is not looked at.
pub(crate) const COMMANDS_MAX: usize = 5_000;
/// How deep `$(…)` is looked into.
pub(crate) const SUBSTITUTION_DEPTH_MAX: usize = 6;

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Its words without quotes; without redirections.
    pub words: Vec<String>,
    /// Whether its output goes into the next command: `|`.
    pub pipes: bool,
    /// Line, from 1.
    pub line: u32,
    /// Column, in code points from 1.
    pub column: u32,
    /// Which of the words is the program.
    program: usize,
}

impl Command {
    /// The program's name without its folder; what `sudo` and `env` run, not these.
    pub fn program(&self) -> &str {
        let word = self.words.get(self.program).map_or("", String::as_str);
        word.rsplit('/').next().unwrap_or(word)
    }

    /// Its arguments.
    pub fn arguments(&self) -> &[String] {
        self.words.get(self.program + 1..).unwrap_or_default()
    }

    /// Arguments that are no flags.
    pub fn operands(&self) -> impl Iterator<Item = &str> {
        self.arguments().iter().map(String::as_str).filter(|word| !word.starts_with('-'))
    }

    /// Whether one of these flags is given: `--name`, `--name=value`, or `-x` alone or among
    /// other letters (`-yx`).
    pub fn has_flag(&self, flags: &[&str]) -> bool {
        self.arguments().iter().any(|word| flags.iter().any(|flag| is_flag(word, flag)))
    }

    /// Whether it is this program with this first operand: `apt-get install`.
    pub fn is(&self, program: &str, verb: &str) -> bool {
        self.program() == program && self.operands().next() == Some(verb)
    }

    /// Operands after the first.
    pub fn after_verb(&self) -> impl Iterator<Item = &str> {
        self.operands().skip(1)
    }

    /// Words before the program: `sudo`, `env`, assignments.
    pub fn prefix(&self) -> &[String] {
        self.words.get(..self.program).unwrap_or_default()
    }

    fn find_program(&mut self) {
        let mut at = 0;
        let mut wraps = false;
        while let Some(word) = self.words.get(at) {
            let is_reserved = RESERVED.contains(&word.as_str());
            let is_wrapper = WRAPPERS.contains(&word.as_str());
            let is_assignment = word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
            });
            if !(is_reserved || is_wrapper || is_assignment || wraps && word.starts_with('-')) {
                break;
            }
            wraps |= is_wrapper;
            at += 1;
        }
        self.program = at;
    }
}

fn is_flag(word: &str, flag: &str) -> bool {
    let long = flag.starts_with("--");
    if long {
        return word.strip_prefix(flag).is_some_and(|it| it.is_empty() || it.starts_with('='));
    }
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    let letter = flag.trim_start_matches('-');
    letters.is_some_and(|letters| {
        letters == letter
            || letter.len() == 1
                && letters.contains(letter)
                && letters.bytes().all(|c| c.is_ascii_alphabetic())
    })
}

/// Words that may stand before a command.
const RESERVED: &[&str] =
    &["if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "time", "fi", "done"];
/// Programs that run another.
const WRAPPERS: &[&str] = &["sudo", "env", "exec", "command", "nice", "nohup", "builtin"];

/// What an instruction runs.
#[derive(Default)]
pub(crate) struct Commands {
    /// In their order.
    pub(crate) found: Vec<Command>,
    /// Whether some stand in more substitutions than are looked into.
    pub(crate) is_deeper: bool,
}

/// What an instruction runs.
pub(crate) fn of_instruction(it: &Instruction) -> Commands {
    use Keyword::{Cmd, Entrypoint, Healthcheck, Run};
    if !matches!(it.keyword, Cmd | Entrypoint | Healthcheck | Run) {
        return Commands::default();
    }
    if let Some(list) = &it.list {
        return of_list(it, list);
    }
    let is_script = it.keyword == Run && it.body.starts_with("<<");
    let mut found = Commands::default();
    if is_script {
        for heredoc in &it.heredocs {
            let content = &heredoc.content;
            let ends = content.match_indices('\n').map(|(at, _)| at + 1);
            let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
            split(content, &mut found, &|at| {
                let line = starts.partition_point(|start| *start <= at).saturating_sub(1);
                let start = starts.get(line).copied().unwrap_or(at);
                (heredoc.line + line as u32, 1 + columns(content, start, at))
            });
        }
    } else {
        split(&it.body, &mut found, &|at| it.place(at));
    }
    found
}

/// Bytes of a line within which columns are counted: longer lines are no work of people.
const COLUMN_BYTES_MAX: usize = 2_000;

/// Code points between two bytes; 0 where they are too far from each other.
pub(crate) fn columns(text: &str, from: usize, to: usize) -> u32 {
    let near = text.get(from..to).filter(|text| text.len() <= COLUMN_BYTES_MAX);
    near.map_or(0, |text| text.chars().count() as u32)
}

/// A list is one command; of `["sh", "-c", "…"]` the text is what is run.
fn of_list(it: &Instruction, list: &[String]) -> Commands {
    let (line, column) = it.place(0);
    if let [shell, flag, script, ..] = list
        && is_shell(shell.rsplit('/').next().unwrap_or(shell))
        && flag.starts_with('-')
        && flag.ends_with('c')
    {
        let mut found = Commands::default();
        split(script, &mut found, &|_| (line, column));
        return found;
    }
    let words = list.to_vec();
    let mut command = Command { words, pipes: false, line, column, program: 0 };
    command.find_program();
    Commands { found: vec![command], is_deeper: false }
}

/// Whether a program takes commands as a text.
pub(crate) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
}

/// Where the first word of a text ends: the first blank outside of quotes.
pub(crate) fn word_end(text: &str) -> usize {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match (c, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', _) => is_escaped = true,
            (_, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            (_, None) if c.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// Words of a text with their quotes, for heredocs; none where a quote is not closed.
pub(crate) fn raw_words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match (c, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', None | Some('"')) => {
                is_escaped = true;
                start = start.or(Some(at));
            }
            (_, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                start = start.or(Some(at));
            }
            (_, None) if c.is_whitespace() => {
                words.extend(start.take().and_then(|start| text.get(start..at)));
            }
            _ => start = start.or(Some(at)),
        }
    }
    if quote.is_some() {
        return Vec::new();
    }
    words.extend(start.and_then(|start| text.get(start..)));
    words
}

/// Splits a text into commands, those inside of `$(…)` after the others.
fn split(text: &str, commands: &mut Commands, place: &dyn Fn(usize) -> (u32, u32)) {
    let Commands { found, is_deeper } = commands;
    let first = found.len();
    let mut ranges = vec![(0, text.len(), 0)];
    while let Some((start, end, depth)) = ranges.pop() {
        let mut lexer = Lexer::new(text, start, end);
        lexer.run();
        for (at, mut command) in lexer.commands {
            if found.len() >= COMMANDS_MAX {
                return;
            }
            command.find_program();
            // Places are asked for once a command: they are counted from the beginning.
            (command.line, command.column) = place(at);
            found.push(command);
        }
        if depth >= SUBSTITUTION_DEPTH_MAX {
            *is_deeper |= !lexer.inner.is_empty();
        } else {
            ranges.extend(lexer.inner.into_iter().rev().map(|(a, b)| (a, b, depth + 1)));
        }
    }
    if let Some(found) = found.get_mut(first..) {
        found.sort_by_key(|it| (it.line, it.column));
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    word: Option<String>,
    /// The command that is being read, and where it begins.
    open: Option<(usize, Command)>,
    commands: Vec<(usize, Command)>,
    /// Insides of `$(…)`.
    inner: Vec<(usize, usize)>,
    /// Whether the next word is where a redirection goes.
    is_target: bool,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, at: usize, end: usize) -> Self {
        Self {
            text,
            at,
            end,
            word: None,
            open: None,
            commands: Vec::new(),
            inner: Vec::new(),
            is_target: false,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            self.at += c.len_utf8();
            match c {
                '\\' => self.escaped(start),
                '\'' => self.single(start),
                '"' => self.double(start),
                '$' | '<' | '>' if self.rest().starts_with('(') => self.substitution(start, 1, ')'),
                '`' => self.substitution(start, 0, '`'),
                '<' | '>' => self.redirection(),
                '&' if self.rest().starts_with('>') => {}
                '#' if self.word.is_none() => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                '|' if !self.rest().starts_with('|') => {
                    self.at += usize::from(self.rest().starts_with('&'));
                    self.end_command(true);
                }
                '|' | '&' | ';' | '\n' | '(' | ')' => self.end_command(false),
                _ if c.is_whitespace() => self.end_word(),
                _ => self.push(start, c),
            }
            // The second half of `||`.
            if c == '|' && self.rest().starts_with('|') {
                self.at += 1;
            }
        }
        self.end_command(false);
    }

    fn push(&mut self, start: usize, c: char) {
        self.begin(start);
        self.word.get_or_insert_default().push(c);
    }

    fn begin(&mut self, start: usize) {
        self.word.get_or_insert_default();
        if self.open.is_none() && !self.is_target {
            self.open = Some((start, Command::default()));
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if std::mem::take(&mut self.is_target) {
            return;
        }
        if let Some((_, command)) = &mut self.open {
            command.words.push(word);
        }
    }

    fn end_command(&mut self, pipes: bool) {
        self.end_word();
        self.is_target = false;
        if let Some((at, mut command)) = self.open.take() {
            command.pipes = pipes;
            self.commands.push((at, command));
        }
    }

    fn escaped(&mut self, start: usize) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        if c != '\n' {
            self.push(start, c);
        }
    }

    fn single(&mut self, start: usize) {
        self.begin(start);
        let inside = self.rest().split('\'').next().unwrap_or_default();
        self.word.get_or_insert_default().push_str(inside);
        self.at = (self.at + inside.len() + 1).min(self.end);
    }

    fn double(&mut self, start: usize) {
        self.begin(start);
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            self.at += c.len_utf8();
            match c {
                '"' => return,
                '\\' => self.escaped(start),
                '$' if self.rest().starts_with('(') => self.substitution(start, 1, ')'),
                '`' => self.substitution(start, 0, '`'),
                _ => self.push(start, c),
            }
        }
    }

    /// Takes the whole of `$(…)` into the word, and remembers its inside.
    fn substitution(&mut self, start: usize, opening: usize, close: char) {
        self.begin(start);
        self.at += opening;
        let inside = self.at;
        let mut depth = 1;
        let mut quote = None;
        let mut is_escaped = false;
        let mut end = self.end;
        for (at, c) in self.rest().char_indices() {
            match (c, quote) {
                _ if is_escaped => is_escaped = false,
                ('\\', _) => is_escaped = true,
                (_, Some(open)) if c == open => quote = None,
                ('\'', None) => quote = Some(c),
                ('(', None) if close == ')' => depth += 1,
                (_, None) if c == close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = inside + at;
                break;
            }
        }
        self.inner.push((inside, end));
        self.at = (end + 1).min(self.end);
        let whole = self.text.get(start..self.at).unwrap_or_default();
        self.word.get_or_insert_default().push_str(whole);
    }

    /// `2>&1`, `> file`: neither is an argument.
    fn redirection(&mut self) {
        let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
        if self.word.as_ref().is_some_and(is_number) {
            self.word = None;
        } else {
            self.end_word();
        }
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(['<', '>', '&', '-', '|']).len();
        self.is_target = true;
    }
}
