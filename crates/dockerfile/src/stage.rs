//! Stages: what stands between one `FROM` and the next.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::expand::{Scope, expand};
use crate::instruction::{Instruction, Keyword, split_words};
use crate::read::{Dockerfile, Problem};

/// Stages of one file; what follows is not told apart.
const STAGES_MAX: usize = 200;
/// Variables that are followed; the values of others are not known.
pub(crate) const VARIABLES_MAX: usize = 1_000;

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The image or stage it is built on, as written.
    pub base_written: String,
    /// The same with variables replaced by their defaults; none where only who builds knows.
    pub base: Option<String>,
    /// The stage it is built on, where that is one: its place in the list.
    pub parent: Option<usize>,
    /// Its name, as written.
    pub name: Option<String>,
    /// Its instructions in the file, its `FROM` first.
    pub instructions: Range<usize>,
    /// Variables at its end, with those of the stages it is built on.
    pub(crate) scope: Scope,
    /// Who its containers run as, as written and with variables replaced; with the line.
    pub(crate) user: Option<(String, Option<String>, u32)>,
}

/// Divides the instructions, and says what is wrong with their order.
pub(crate) fn divide(file: &mut Dockerfile) {
    let instructions = std::mem::take(&mut file.instructions);
    let starts: Vec<usize> =
        (0..).zip(&instructions).filter(|(_, it)| is_from(it)).map(|(at, _)| at).collect();
    let first = starts.first().copied().unwrap_or(instructions.len());
    let globals = arguments(&instructions, first, file);
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(instructions.len());
        let own = instructions.get(*start..end).unwrap_or_default();
        if file.stages.len() >= STAGES_MAX {
            let line = own.first().map_or(1, |from| from.line);
            file.error(line, Problem::TooMany { max: STAGES_MAX, what: "stages" });
            break;
        }
        let Some(mut stage) = own.first().and_then(|from| begin(from, &globals, file)) else {
            continue;
        };
        stage.instructions = *start..end;
        let base = stage.base.as_deref().unwrap_or_default().to_ascii_lowercase();
        stage.parent = named.get(&base).copied();
        if let Some(parent) = stage.parent.and_then(|at| file.stages.get(at)) {
            stage.scope = parent.scope.clone();
            stage.user.clone_from(&parent.user);
        }
        follow(&mut stage, own, &globals);
        if let Some(name) = &stage.name {
            named.insert(name.to_ascii_lowercase(), file.stages.len());
        }
        file.stages.push(stage);
    }
    if starts.is_empty() {
        file.error(1, Problem::NoStage);
    }
    file.errors.sort_by_key(|error| error.line);
    file.instructions = instructions;
}

fn is_from(it: &Instruction) -> bool {
    it.keyword == Keyword::From
}

/// What `ARG`s before the first `FROM` say.
fn arguments(instructions: &[Instruction], first: usize, file: &mut Dockerfile) -> Scope {
    let mut globals = Scope::new();
    // `BuildKit` always knows these.
    for name in PLATFORM_ARGUMENTS {
        globals.insert((*name).to_owned(), None);
    }
    for it in instructions.iter().take(first) {
        if it.keyword == Keyword::Arg {
            for (name, value) in it.pairs() {
                let value = value.and_then(|value| expand(&value, &globals));
                globals.insert(name, value);
            }
        } else {
            file.error(it.line, Problem::BeforeFrom(it.written.clone()));
        }
    }
    globals
}

/// Source: Dockerfile reference, "Automatic platform ARGs in the global scope".
pub(crate) const PLATFORM_ARGUMENTS: &[&str] = &[
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

fn begin(from: &Instruction, globals: &Scope, file: &mut Dockerfile) -> Option<Stage> {
    let words = split_words(&from.body);
    let name = match words.as_slice() {
        [_] => None,
        [_, word, name] if word.eq_ignore_ascii_case("as") => Some(name.clone()),
        _ => {
            file.error(from.line, Problem::From);
            return None;
        }
    };
    let base_written = words.into_iter().next()?;
    let base = expand(&base_written, globals).filter(|base| !base.is_empty());
    let (scope, user) = (Scope::new(), None);
    Some(Stage { base_written, base, parent: None, name, instructions: 0..0, scope, user })
}

/// What variables and the user are at the end of a stage.
fn follow(stage: &mut Stage, own: &[Instruction], globals: &Scope) {
    for it in own.iter().filter(|it| !it.on_build) {
        match it.keyword {
            Keyword::Arg => {
                for (name, value) in it.pairs() {
                    let default = || globals.get(&name).cloned().flatten();
                    let value = value.map_or_else(default, |value| expand(&value, &stage.scope));
                    if stage.scope.len() < VARIABLES_MAX {
                        stage.scope.entry(name).or_insert(value);
                    }
                }
            }
            Keyword::Env => {
                let pairs = it.pairs().into_iter();
                // All values of one `ENV` see what was before it.
                let pairs: Vec<_> = pairs
                    .map(|(name, value)| (name, value.and_then(|it| expand(&it, &stage.scope))))
                    .collect();
                let room = VARIABLES_MAX.saturating_sub(stage.scope.len());
                stage.scope.extend(pairs.into_iter().take(room));
            }
            Keyword::User => {
                let user = it.body.trim().trim_matches(['"', '\'']);
                let known = expand(user, &stage.scope).filter(|user| !user.is_empty());
                stage.user = Some((user.to_owned(), known, it.line));
            }
            _ => {}
        }
    }
}
