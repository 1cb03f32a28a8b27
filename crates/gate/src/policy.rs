//! The policy: grace by severity and the vendor's word, what is accepted, and what breaks a build.

use advisory::{Date, Match, Rating, Status};
use model::Severity;
use model::config::{ConfigError, Key, KeyKind, Section};
use package::Package;

/// Days from a fix being there, or from publication, until it has to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grace {
    /// So many whole days: with 7, the day itself and the six after it. With 0, at once.
    Days(u32),
    /// Without an end.
    Never,
}

/// What days are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CountedFrom {
    /// The day the fix was there: that of the advisory which names the fixed version.
    #[default]
    Fix,
    /// The day the vulnerability was first published by any advisory that tells of it.
    Published,
}

/// Which class makes the command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Breaking {
    /// None: it reports.
    #[default]
    Nothing,
    /// What has to be acted on now.
    Act,
    /// Also what is in grace.
    Grace,
    /// Also what waits for the vendor.
    Waiting,
}

/// What somebody answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The id of a vulnerability: a CVE, or that of an advisory.
    pub vulnerability: String,
    /// Only in packages of this name, or with this source; in all if none.
    pub package: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day it holds.
    pub expires: Date,
    /// The line it stands on.
    pub line: u32,
}

impl Exception {
    /// Whether it is about this vulnerability, under any of its names, in this package.
    pub(crate) fn is_about(&self, matched: &Match<'_>, package: &Package) -> bool {
        let is_package =
            |wanted: &String| package.name == *wanted || package.advisory_name() == wanted.as_str();
        let advisory = &matched.advisory;
        let names = [matched.vulnerability, advisory.id].into_iter();
        let mut names = names.chain(matched.also.iter().copied()).chain(advisory.aliases());
        self.package.as_ref().is_none_or(is_package)
            && names.any(|name| name.to_string().eq_ignore_ascii_case(&self.vulnerability))
    }
}

/// What a team has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// By severity, for what has a fix; in the order of [`Rating::ALL`].
    pub grace: [Grace; 6],
    /// Days from publication for what has none, by the vendor's word; in the order of
    /// [`Status::ALL`]. Without one it waits for the vendor.
    pub unfixed: [Option<Grace>; 7],
    /// For what attackers are known to use, fixed or not.
    pub known_exploited: Grace,
    /// What days are counted from where there is a fix.
    pub counted_from: CountedFrom,
    /// Days after which an image has to be built again, whatever is found in it.
    pub max_age: Option<u32>,
    /// What is accepted.
    pub exceptions: Vec<Exception>,
    /// What makes the command fail.
    pub breaking: Breaking,
    /// The least severity of a credential that makes the command fail; none does without it.
    pub secrets: Option<Severity>,
}

impl Default for Policy {
    fn default() -> Self {
        use Grace::{Days, Never};
        let mut unfixed = [None; 7];
        // Nobody will mend it: the way out is another release.
        unfixed[place(Status::EndOfLife)] = Some(Days(90));
        Self {
            // Unknown is taken as high: somebody has to look.
            grace: [Days(30), Never, Never, Days(90), Days(30), Days(7)],
            unfixed,
            known_exploited: Days(0),
            counted_from: CountedFrom::Fix,
            max_age: None,
            exceptions: Vec::new(),
            breaking: Breaking::Nothing,
            secrets: None,
        }
    }
}

fn place(status: Status) -> usize {
    Status::ALL.iter().position(|it| *it == status).unwrap_or_default()
}

/// Keys of the file.
pub const KEYS: &[Key] = &[
    Key {
        name: "grace",
        kind: KeyKind::Pairs,
        doc: "Days until a fix has to be in, by severity (`critical: 7`, `low: never`).",
    },
    Key {
        name: "unfixed",
        kind: KeyKind::Pairs,
        doc: "Days from publication until what has no fix has to be acted on, by the vendor's word \
              (`will_not_fix: 180`, `end_of_life: 90`); without a number it waits for the vendor.",
    },
    Key {
        name: "knownExploited",
        kind: KeyKind::Text,
        doc: "Days for what attackers are known to use (0).",
    },
    Key {
        name: "countedFrom",
        kind: KeyKind::Text,
        doc: "What days are counted from: `fix` (that it is there) or `published`.",
    },
    Key {
        name: "maxAge",
        kind: KeyKind::Text,
        doc: "Days after which an image has to be built again, whatever is found in it.",
    },
    Key {
        name: "fail",
        kind: KeyKind::Text,
        doc: "What makes the command fail: `nothing`, `act`, `grace` or `waiting`.",
    },
    Key {
        name: "secrets",
        kind: KeyKind::Text,
        doc: "The least severity of a credential that makes the command fail (`high`); files are \
              then searched for them. Without it none does.",
    },
    Key {
        name: "exceptions",
        kind: KeyKind::Sections(EXCEPTION_KEYS),
        doc: "What somebody answers for, until a day.",
    },
];

const EXCEPTION_KEYS: &[Key] = &[
    Key { name: "vulnerability", kind: KeyKind::Text, doc: "A CVE, or the id of an advisory." },
    Key { name: "package", kind: KeyKind::Text, doc: "Only in this package." },
    Key { name: "owner", kind: KeyKind::Text, doc: "Who answers for it." },
    Key { name: "reason", kind: KeyKind::Text, doc: "Why." },
    Key { name: "expires", kind: KeyKind::Text, doc: "The last day it holds (`2026-12-31`)." },
];

impl Policy {
    /// A policy as written, over the defaults.
    ///
    /// # Errors
    ///
    /// With line and column, of the first word that means nothing here: an unknown severity is not
    /// passed over, since the finding it was meant for would be.
    pub fn read(section: Section<'_>) -> Result<Self, ConfigError> {
        let mut policy = Self::default();
        let invalid = |message: String| section.error(message);
        for (name, written) in section.pairs("grace") {
            let slot = Rating::ALL.iter().zip(&mut policy.grace).find(|(it, _)| it.name() == name);
            let Some((_, slot)) = slot else {
                let known = Rating::ALL.map(Rating::name).join(", ");
                return Err(invalid(format!("unknown severity `{name}`; known are {known}")));
            };
            *slot = grace(&written).map_err(invalid)?;
        }
        for (name, written) in section.pairs("unfixed") {
            let slots = Status::ALL.iter().zip(&mut policy.unfixed);
            let is_it = |status: &Status| {
                status.name() == name && !matches!(status, Status::Fixed | Status::NotAffected)
            };
            let Some((_, slot)) = slots.into_iter().find(|(status, _)| is_it(status)) else {
                let known: Vec<&str> = Status::ALL[1..6].iter().map(|it| it.name()).collect();
                let known = known.join(", ");
                return Err(invalid(format!("unknown word `{name}`; known are {known}")));
            };
            *slot = Some(grace(&written).map_err(invalid)?);
        }
        if let Some(grace) = section.parse("knownExploited", grace)? {
            policy.known_exploited = grace;
        }
        if let Some(from) = section.parse("countedFrom", counted_from)? {
            policy.counted_from = from;
        }
        policy.max_age = section.parse("maxAge", max_age)?;
        if let Some(breaking) = section.parse("fail", breaking)? {
            policy.breaking = breaking;
        }
        policy.secrets = section.parse("secrets", str::parse)?;
        for section in section.sections("exceptions") {
            policy.exceptions.push(exception(section)?);
        }
        Ok(policy)
    }
}

fn grace(written: &str) -> Result<Grace, String> {
    match written {
        "never" => Ok(Grace::Never),
        days => match days.parse() {
            Ok(days) if days <= 36_500 => Ok(Grace::Days(days)),
            _ => Err(format!("`{written}` is neither a number of days nor `never`")),
        },
    }
}

fn max_age(written: &str) -> Result<u32, String> {
    match grace(written)? {
        Grace::Days(days) => Ok(days),
        Grace::Never => Err("an age has a number of days".to_owned()),
    }
}

fn counted_from(written: &str) -> Result<CountedFrom, String> {
    match written {
        "fix" => Ok(CountedFrom::Fix),
        "published" => Ok(CountedFrom::Published),
        _ => Err(format!("`{written}` is neither `fix` nor `published`")),
    }
}

fn breaking(written: &str) -> Result<Breaking, String> {
    match written {
        "nothing" => Ok(Breaking::Nothing),
        "act" => Ok(Breaking::Act),
        "grace" => Ok(Breaking::Grace),
        "waiting" => Ok(Breaking::Waiting),
        _ => Err(format!("`{written}` is none of `nothing`, `act`, `grace` and `waiting`")),
    }
}

/// One without an owner or an end is none.
fn exception(section: Section<'_>) -> Result<Exception, ConfigError> {
    let text = |name: &str| section.parse(name, |text| Ok(text.to_owned()));
    let required = |name: &str| match text(name)? {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(section.error(format!("an exception needs `{name}`"))),
    };
    let date = |text: &str| {
        let whole = Some(text).filter(|text| text.len() == 10).and_then(Date::parse);
        whole.ok_or_else(|| format!("`{text}` is no day such as `2026-12-31`"))
    };
    let expires = section.parse("expires", date)?;
    Ok(Exception {
        vulnerability: required("vulnerability")?,
        package: text("package")?,
        owner: required("owner")?,
        reason: required("reason")?,
        expires: expires.ok_or_else(|| section.error("an exception needs `expires`".to_owned()))?,
        line: section.position().line,
    })
}
