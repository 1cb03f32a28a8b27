//! What the judge says: findings, their place, their fix and what tells them apart.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

use crate::{Identity, ItemNames, Node, Object, ObjectId, Path, cloud};

/// How bad a finding is, from stated impact and reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Hygiene: a second fault is needed to use it.
    Low,
    /// A hardening is missing that stops real attacks.
    Medium,
    /// One step from taking over a node or a namespace, or a leaked credential.
    High,
    /// Takes over a node or the cluster by itself.
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: &[Self] = &[Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|severity| severity.name() == text).ok_or_else(|| {
            format!("`{text}` is no severity; there are critical, high, medium, low, info")
        })
    }
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A Kubernetes object.
    Object {
        /// `apiVersion` as written.
        api_version: String,
        /// `kind` as written.
        kind: String,
        /// The namespace, if known.
        namespace: Option<String>,
        /// The name; empty when it has none.
        name: String,
    },
    /// A file.
    File(String),
    /// A resource of a cloud provider: a managed cluster, an agent pool.
    CloudResource {
        /// Its kind: see [`cloud::MANAGED_CLUSTER`], [`cloud::AGENT_POOL`].
        kind: String,
        /// Its id, else its name; [`cloud::short_name`] is for people.
        name: String,
    },
}

impl Subject {
    /// An object as a subject.
    pub fn of_object(object: &Object<'_>) -> Self {
        if cloud::is_resource(object) {
            let (kind, name) = (object.kind.to_owned(), object.name.to_owned());
            return Self::CloudResource { kind, name };
        }
        Self::Object {
            api_version: object.api_version.to_owned(),
            kind: object.kind.to_owned(),
            namespace: object.namespace.map(str::to_owned),
            name: object.name.to_owned(),
        }
    }
}

/// A place in a file: lines and columns count from 1, columns in code points, the end is
/// exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The file as it was given or found; `-` is standard input.
    pub file: String,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// A line of a source file, credentials masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameLine {
    /// Its number, from 1.
    pub number: u32,
    /// Its text without the line break.
    pub text: String,
}

/// The lines of the source that show a finding.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Frame {
    /// From the context before the place to the place itself.
    pub lines: Vec<FrameLine>,
    /// Columns left out before the texts: of a very long line only the part around the place is
    /// shown.
    pub columns_before: u32,
}

/// Whether a fix may be applied without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Applicability {
    /// It takes a right away that no working program can notice.
    Safe,
    /// The program may need what it takes away, for this reason (a clause): try it first.
    Unsafe(&'static str),
}

impl Applicability {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe(_) => "unsafe",
        }
    }

    /// Why it may not be applied without a person: a clause without a full stop.
    pub fn risk(self) -> Option<&'static str> {
        match self {
            Self::Safe => None,
            Self::Unsafe(risk) => Some(risk),
        }
    }
}

/// One change of an object's text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Sets a field, making the maps on the way.
    Set {
        /// The field.
        at: Path,
        /// Its value as JSON.
        value: Cow<'static, str>,
    },
    /// Removes a field or an item.
    Remove {
        /// The field or item.
        at: Path,
    },
}

/// How to make a finding go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to do, in the imperative, without a full stop.
    pub text: Cow<'static, str>,
    /// The edits that do it; none when a person has to choose.
    pub edits: Vec<Edit>,
    /// Whether it may be applied without a person.
    pub applicability: Applicability,
}

impl Fix {
    /// Set a field to a value (given as JSON).
    pub fn set(at: Path, value: impl Into<Cow<'static, str>>) -> Self {
        let value = value.into();
        let field = at.last_key().unwrap_or("the value");
        let text = Cow::Owned(format!("set `{field}: {}`", value.trim_matches('"')));
        let edits = vec![Edit::Set { at, value }];
        Self { text, edits, applicability: Applicability::Safe }
    }

    /// Remove a field or an item.
    pub fn remove(at: Path) -> Self {
        let text = match at.last_key() {
            Some(field) => Cow::Owned(format!("remove `{field}`")),
            None => Cow::Borrowed("remove this item"),
        };
        Self { text, edits: vec![Edit::Remove { at }], applicability: Applicability::Safe }
    }

    /// The same fix with one more edit.
    #[must_use]
    pub fn and(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// What a person should do.
    pub fn advice(text: impl Into<Cow<'static, str>>) -> Self {
        let applicability = Applicability::Unsafe("a person has to choose");
        Self { text: text.into(), edits: Vec::new(), applicability }
    }

    /// The same fix, marked as one that may break a program: `risk` is the clause that says how.
    #[must_use]
    pub fn risky(mut self, risk: &'static str) -> Self {
        self.applicability = Applicability::Unsafe(risk);
        self
    }

    /// The same fix in other words.
    #[must_use]
    pub fn worded(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.text = text.into();
        self
    }
}

/// What tells one finding from all others for as long as its cause is there: computed from the
/// control, the cluster, the object's identity and the field path with list items by name. It
/// holds no file, line, message or index, so it survives moved lines, reordered lists, renamed
/// files and bumped API versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a control's finding at `path` of an object with the tree `root`;
    /// `names` is kept for all findings of the object.
    pub fn new(
        control: &str,
        cluster: Option<&str>,
        identity: Identity<'_>,
        path: &Path,
        root: Node<'_>,
        names: &mut ItemNames,
    ) -> Self {
        let stable = path.stable(root, names);
        let (name, stable) = match identity.group {
            // `az` and the REST interface say the same in two forms.
            cloud::GROUP => {
                let stable = stable.to_lowercase();
                let bare = stable.strip_prefix("properties.").map(str::to_owned);
                (identity.compared_name(), bare.unwrap_or(stable))
            }
            _ => (identity.name.into(), stable),
        };
        let parts = [
            control,
            cluster.unwrap_or_default(),
            identity.group,
            identity.kind,
            identity.namespace.unwrap_or_default(),
            &name,
            &stable,
        ];
        Self::of_parts(&parts)
    }

    /// The fingerprint of parts that together are unique, the control's name first.
    pub fn of_parts(parts: &[&str]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            // A length before each part keeps ("a", "bc") apart from ("ab", "c").
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let mut text = String::with_capacity(35);
        text.push_str("f1:");
        for byte in &digest.as_ref()[..16] {
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text)
    }

    /// Its text: `f1:` and 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One thing that is wrong, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The control's name, or `pod-security/⟨check⟩`.
    pub control: &'static str,
    /// The control's id.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// The object's number in the snapshot it was judged in, when it is about an object.
    pub object: Option<ObjectId>,
    /// The field.
    pub path: Path,
    /// What tells it apart.
    pub fingerprint: Fingerprint,
    /// What is wrong and what follows, on one line that stands alone.
    pub message: String,
    /// How to make it go away.
    pub fix: Option<Fix>,
    /// Other controls that refuse the same field.
    pub also: Vec<&'static str>,
    /// Who answers for the object, if it or its namespace says so.
    pub owner: Option<String>,
    /// Where it is written.
    pub location: Option<Location>,
    /// The source lines around it.
    pub frame: Option<Frame>,
}
