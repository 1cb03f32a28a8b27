//! What is refused, warned of, or only written down: the `admission` section of the
//! configuration file.

use std::fmt;
use std::str::FromStr;

use analyze::control_name;
use analyze::exception::matches;
use model::config::{ConfigError, Key, KeyKind, Section};
use model::{Finding, Severity};

use crate::images::Deny;
use crate::network::{self, Closed};

/// Its keys.
pub const KEYS: &[Key] = &[
    Key {
        name: "default",
        kind: KeyKind::Text,
        doc: "What findings do that no rule speaks of: `enforce`, `warn`, `audit` (the default) \
              or `off`.",
    },
    Key {
        name: "undecided",
        kind: KeyKind::Text,
        doc: "What an object does of which something could not be judged: `enforce`, `warn` \
              (the default), `audit` or `off`.",
    },
    Key {
        name: "exemptNamespaces",
        kind: KeyKind::Texts,
        doc: "Namespaces that nothing is refused in; `*` stands for anything. kube-system and \
              bollwerk's own always are.",
    },
    Key {
        name: "embeddedExceptions",
        kind: KeyKind::Sections(EMBEDDED_KEYS),
        doc: "Where annotations of the objects themselves count as exceptions: nowhere else.",
    },
    Key {
        name: "policies",
        kind: KeyKind::Texts,
        doc: "Files and folders of ValidatingAdmissionPolicies that the server asks: those that \
              the cluster does not run itself.",
    },
    Key {
        name: "network",
        kind: KeyKind::Section(network::KEYS),
        doc: "What changes of the network must not do.",
    },
    Key {
        name: "images",
        kind: KeyKind::Section(IMAGE_KEYS),
        doc: "Which images are a finding `vulnerable-image`.",
    },
    Key {
        name: "rules",
        kind: KeyKind::Sections(RULE_KEYS),
        doc: "What findings do: the first rule that fits one decides.",
    },
];

const IMAGE_KEYS: &[Key] = &[Key {
    name: "deny",
    kind: KeyKind::Text,
    doc: "`never` (the default), `act-now` for those with a vulnerability that has to be acted on \
          today, `any` for those with any. What the finding does, the rules say.",
}];

const EMBEDDED_KEYS: &[Key] = &[
    Key { name: "control", kind: KeyKind::Text, doc: "The control's name or id." },
    Key { name: "namespace", kind: KeyKind::Text, doc: "The namespace; `*` for anything." },
];

const RULE_KEYS: &[Key] = &[
    Key { name: "controls", kind: KeyKind::Texts, doc: "Names or ids of controls; all if absent." },
    Key { name: "severity", kind: KeyKind::Text, doc: "The least severity; any if absent." },
    Key {
        name: "namespaces",
        kind: KeyKind::Texts,
        doc: "Namespaces; `*` stands for anything. All objects if absent.",
    },
    Key { name: "kinds", kind: KeyKind::Texts, doc: "Kinds of objects; all if absent." },
    Key { name: "action", kind: KeyKind::Text, doc: "`enforce`, `warn`, `audit` or `off`." },
    Key {
        name: "unavailable",
        kind: KeyKind::Text,
        doc: "What the API server does when no answer comes: `allow` (the default) lets objects \
              in unjudged, `deny` stops every change the rule could speak of.",
    },
];

/// Namespaces in which nothing is refused, whatever the configuration says: what runs there has
/// to come up again before a webhook can.
pub const ALWAYS_EXEMPT: &[&str] = &["kube-system", "kube-node-lease", "kube-public"];

/// What a finding does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Nothing.
    Off,
    /// It stands in the API server's audit log.
    #[default]
    Audit,
    /// Whoever asked is told.
    Warn,
    /// The object is refused.
    Enforce,
}

impl Action {
    /// Its name in the configuration and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Audit => "audit",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Off, Self::Audit, Self::Warn, Self::Enforce];
        all.into_iter().find(|action| action.name() == text).ok_or_else(|| {
            format!("`{text}` is no action; there are `enforce`, `warn`, `audit` and `off`")
        })
    }
}

/// What the API server does when no answer comes in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unavailable {
    /// It lets the object in (`failurePolicy: Ignore`).
    #[default]
    Allow,
    /// It refuses the object (`failurePolicy: Fail`).
    Deny,
}

impl FromStr for Unavailable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "allow" => Ok(Self::Allow),
            "deny" => Ok(Self::Deny),
            _ => Err(format!("`{text}` is neither `allow` nor `deny`")),
        }
    }
}

/// What findings of some kind do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Names or ids; all if empty.
    pub controls: Vec<String>,
    /// The least severity.
    pub severity: Option<Severity>,
    /// Patterns of namespaces; all objects if empty.
    pub namespaces: Vec<String>,
    /// Kinds; all if empty.
    pub kinds: Vec<String>,
    /// What they do.
    pub action: Action,
    /// What happens without an answer.
    pub unavailable: Unavailable,
    /// Where it is written.
    pub place: String,
}

/// What is refused, warned of, or only written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What findings do that no rule speaks of.
    pub default: Action,
    /// What it does that something could not be judged.
    pub undecided: Action,
    /// Patterns of namespaces in which nothing is refused.
    pub exempt_namespaces: Vec<String>,
    /// Controls and namespaces for which annotations of the objects count as exceptions.
    pub embedded_exceptions: Vec<(String, String)>,
    /// Files and folders of admission policies that the cluster does not run itself.
    pub policies: Vec<String>,
    /// What changes of the network must not open.
    pub network_closed: Vec<Closed>,
    /// Which images are a finding.
    pub images: Deny,
    /// The first that fits decides.
    pub rules: Vec<Rule>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            default: Action::Audit,
            undecided: Action::Warn,
            exempt_namespaces: Vec::new(),
            embedded_exceptions: Vec::new(),
            policies: Vec::new(),
            network_closed: Vec::new(),
            images: Deny::Never,
            rules: Vec::new(),
        }
    }
}

impl Rule {
    /// Whether it speaks of a finding in an object of this kind and namespace.
    fn fits(&self, finding: &Finding, kind: &str, namespace: Option<&str>) -> bool {
        let is_named = |name: &String| {
            name == finding.control
                || name == finding.id
                || finding.also.iter().any(|also| also == name)
        };
        (self.controls.is_empty() || self.controls.iter().any(is_named))
            && self.severity.is_none_or(|least| finding.severity >= least)
            && (self.kinds.is_empty() || self.kinds.iter().any(|it| it == kind))
            && (self.namespaces.is_empty()
                || namespace.is_some_and(|name| {
                    self.namespaces.iter().any(|pattern| matches(pattern, name))
                }))
    }
}

impl Policy {
    /// What a finding does, and the place of the rule that says so. None where the rule is of
    /// the other webhook.
    pub(crate) fn action(
        &self,
        finding: &Finding,
        kind: &str,
        namespace: Option<&str>,
    ) -> (Action, Unavailable, &str) {
        match self.rules.iter().find(|rule| rule.fits(finding, kind, namespace)) {
            Some(rule) => (rule.action, rule.unavailable, &rule.place),
            None => (self.default, Unavailable::Allow, "admission.default"),
        }
    }

    /// The rule that names the control of a finding and fits it.
    pub(crate) fn rule_naming(
        &self,
        finding: &Finding,
        kind: &str,
        namespace: Option<&str>,
    ) -> Option<&Rule> {
        let names = |rule: &&Rule| !rule.controls.is_empty();
        self.rules.iter().filter(names).find(|rule| rule.fits(finding, kind, namespace))
    }

    /// Whether nothing is refused in a namespace.
    pub(crate) fn is_exempt(&self, namespace: &str) -> bool {
        ALWAYS_EXEMPT.contains(&namespace)
            || self.exempt_namespaces.iter().any(|pattern| matches(pattern, namespace))
    }

    /// Whether annotations count as exceptions to a control in a namespace.
    pub(crate) fn trusts(&self, finding: &Finding, namespace: Option<&str>) -> bool {
        self.embedded_exceptions.iter().any(|(control, pattern)| {
            (control == finding.control || control == finding.id)
                && namespace.is_some_and(|name| matches(pattern, name))
        })
    }

    /// Whether any rule stops changes while no answer comes.
    pub fn has_closed_rules(&self) -> bool {
        self.rules.iter().any(|rule| rule.unavailable == Unavailable::Deny)
    }
}

/// Takes over the section's values; `file` is the configuration file's name.
pub fn configure(section: Section<'_>, policy: &mut Policy, file: &str) -> Result<(), ConfigError> {
    let text = |text: &str| Ok(text.to_owned());
    if let Some(action) = section.parse("default", str::parse)? {
        policy.default = action;
    }
    if let Some(action) = section.parse("undecided", str::parse)? {
        policy.undecided = action;
    }
    if let Some(namespaces) = section.parse_all("exemptNamespaces", text)? {
        policy.exempt_namespaces = namespaces;
    }
    if let Some(policies) = section.parse_all("policies", text)? {
        policy.policies = policies;
    }
    for section in section.section("network").sections("closed") {
        policy.network_closed.push(network::closed(&section, file)?);
    }
    if let Some(deny) = section.section("images").parse("deny", str::parse)? {
        policy.images = deny;
    }
    for pair in section.sections("embeddedExceptions") {
        let control = pair.parse("control", control_name::parse)?;
        let namespace = pair.parse("namespace", text)?;
        let (Some(control), Some(namespace)) = (control, namespace) else {
            return Err(pair.error("a `control` and a `namespace` are needed".to_owned()));
        };
        policy.embedded_exceptions.push((control, namespace));
    }
    for section in section.sections("rules") {
        policy.rules.push(rule(&section, file)?);
    }
    Ok(())
}

fn rule(section: &Section<'_>, file: &str) -> Result<Rule, ConfigError> {
    let text = |text: &str| Ok(text.to_owned());
    let yaml::Position { line, column } = section.position();
    let action = section.parse("action", str::parse)?;
    Ok(Rule {
        controls: section.parse_all("controls", control_name::parse)?.unwrap_or_default(),
        severity: section.parse("severity", |text: &str| text.parse())?,
        namespaces: section.parse_all("namespaces", text)?.unwrap_or_default(),
        kinds: section.parse_all("kinds", text)?.unwrap_or_default(),
        action: action.ok_or_else(|| section.error("a rule needs an `action`".to_owned()))?,
        unavailable: section.parse("unavailable", str::parse)?.unwrap_or_default(),
        place: format!("{file}:{line}:{column}"),
    })
}
