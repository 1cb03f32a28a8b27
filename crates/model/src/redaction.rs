//! Which values of an object are credentials, and what is kept of them.
//!
//! Decided once, when an object is taken in: every output, log, snapshot and store sees the
//! [`Redacted`] form alone.

use aws_lc_rs::hmac;
use hashbrown::{HashMap, HashSet};
use yaml::NodeId;

use crate::cloud;
use secret::{self, SecretKind};

/// What is known of a value that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// What it was recognised as; none where the place alone says it is secret (a Secret's data).
    pub kind: Option<SecretKind>,
    /// Whether it is a text, as credentials are; else a number or bool in a Secret.
    pub is_text: bool,
    /// Length of the value in bytes.
    pub length: u32,
    /// Keyed digest of the value: equal values of one snapshot have equal digests, and nobody
    /// without the key can test a guess.
    pub digest: u64,
}

/// Key of the digests of one snapshot, made by the rim at random.
#[derive(Clone)]
pub struct DigestKey(hmac::Key);

impl DigestKey {
    /// A key from 32 random bytes.
    pub fn new(random: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, random))
    }

    fn redacted(&self, kind: Option<SecretKind>, value: &str) -> Redacted {
        let digest = self.digest(value.as_bytes());
        Redacted { kind, is_text: true, length: value.len() as u32, digest }
    }

    /// The keyed digest of a value: equal for equal values, and of no use to whoever has not the
    /// key.
    pub fn digest(&self, value: &[u8]) -> u64 {
        let tag = hmac::sign(&self.0, value);
        tag.as_ref().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}

/// The redacted values of one tree.
#[derive(Default)]
pub struct Redactions {
    nodes: HashMap<NodeId, Redacted>,
    /// Texts that a snapshot had left out as too long, with their bytes.
    elided: HashMap<NodeId, u32>,
}

impl Redactions {
    /// Finds the credentials of an object's tree.
    pub fn find(root: yaml::Node<'_>, key: &DigestKey) -> Self {
        let kind = root.get("kind").and_then(yaml::Node::as_str).unwrap_or_default();
        Self::find_in(root, kind, key)
    }

    /// The same for an object whose kind is known otherwise: an item of a `SecretList` need not
    /// name its own.
    pub fn find_in(root: yaml::Node<'_>, kind: &str, key: &DigestKey) -> Self {
        let context = match kind {
            "Secret" => Context::SecretObject,
            "ConfigMap" => Context::ConfigMapObject,
            cloud::MANAGED_CLUSTER | cloud::AGENT_POOL => Context::CloudResource,
            _ => Context::Other,
        };
        let is_definition = kind == "CustomResourceDefinition";
        let mut finder =
            Finder { key, is_definition, found: Self::default(), aliases: HashSet::new() };
        finder.visit(root, context);
        finder.found
    }

    /// What a node became, if it was redacted.
    pub(crate) fn of(&self, node: NodeId) -> Option<Redacted> {
        if self.nodes.is_empty() { None } else { self.nodes.get(&node).copied() }
    }

    /// Length of a text that was too long to be kept, where a snapshot says so.
    pub(crate) fn elided(&self, node: NodeId) -> Option<u32> {
        if self.elided.is_empty() { None } else { self.elided.get(&node).copied() }
    }

    /// Takes over what a snapshot knows of a value that it left out.
    pub(crate) fn restore_redacted(&mut self, node: NodeId, redacted: Redacted) {
        self.nodes.insert(node, redacted);
    }

    /// Takes over the length of a text that a snapshot left out.
    pub(crate) fn restore_elided(&mut self, node: NodeId, bytes: u32) {
        self.elided.insert(node, bytes);
    }

    /// Whether a node was redacted.
    pub fn covers(&self, node: NodeId) -> bool {
        self.of(node).is_some()
    }

    /// The redacted nodes, in the order of the text.
    pub fn nodes(&self) -> Vec<NodeId> {
        let mut nodes: Vec<_> = self.nodes.keys().copied().collect();
        nodes.sort_unstable();
        nodes
    }
}

/// Where in an object the finder stands: what a string may be depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Context {
    SecretObject,
    ConfigMapObject,
    /// A resource of the cloud, with all below it.
    CloudResource,
    Other,
    /// Every value below is secret.
    Secret,
    /// Keys name what their values are: ConfigMap data, annotations.
    Named,
    /// A list of environment variables.
    Environment,
    /// A command line.
    Arguments,
}

impl Context {
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Secret | Self::Named, _) => self,
            // What Azure's interface takes and gives back to nobody, but a template may hold
            // (`servicePrincipalProfile`, `aadProfile`, `windowsProfile`).
            (Self::SecretObject, "data" | "stringData")
            | (
                Self::CloudResource,
                "secret" | "serverAppSecret" | "adminPassword" | "kubeConfig" | "kubeConfigs",
            ) => Self::Secret,
            // Configurations of a cluster's add-ons are maps of texts, as its tags are.
            (Self::ConfigMapObject, "data" | "binaryData")
            | (Self::CloudResource, "config" | "tags")
            | (_, "annotations") => Self::Named,
            (_, "env") => Self::Environment,
            (_, "args" | "command") => Self::Arguments,
            (Self::CloudResource, _) => self,
            _ => Self::Other,
        }
    }
}

/// Annotations named after a container, whose value is the name of a profile: a container called
/// `password` makes it no credential, and Pod Security has to read it.
const PROFILE_ANNOTATIONS: [&str; 2] = [
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
];

/// The annotation in which `kubectl apply` keeps a copy of the object, its secrets included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

struct Finder<'k> {
    key: &'k DigestKey,
    /// The schemas of a custom resource describe credentials and hold none; they are not kept.
    is_definition: bool,
    found: Redactions,
    /// Collections visited through an alias: once per context, whatever the number of aliases.
    aliases: HashSet<(NodeId, Context)>,
}

impl Finder<'_> {
    fn visit(&mut self, node: yaml::Node<'_>, context: Context) {
        match node.value() {
            yaml::Value::String(text) => self.string(node, text, context, None),
            yaml::Value::List if self.enter(node, context) => self.list(node, context),
            yaml::Value::Map if self.enter(node, context) => self.map(node, context),
            yaml::Value::List | yaml::Value::Map | yaml::Value::Null => {}
            _ if context == Context::Secret => {
                self.redact(node, None, node.written());
            }
            _ => {}
        }
    }

    fn enter(&mut self, node: yaml::Node<'_>, context: Context) -> bool {
        node.alias_span().is_none() || self.aliases.insert((node.id(), context))
    }

    fn list(&mut self, list: yaml::Node<'_>, context: Context) {
        let mut previous = None;
        for item in list.items() {
            match (context, item.value()) {
                (Context::Arguments, yaml::Value::String(text)) => {
                    self.string(item, text, context, previous);
                    previous = Some(text);
                }
                (Context::Environment, yaml::Value::Map) => {
                    let name = item.get("name").and_then(yaml::Node::as_str);
                    if let (Some(name), Some(value)) = (name, item.get("value"))
                        && let Some(text) = value.as_str()
                    {
                        self.string(value, text, Context::Environment, Some(name));
                    }
                }
                (Context::Environment, _) => self.visit(item, Context::Other),
                _ => self.visit(item, context),
            }
        }
    }

    fn map(&mut self, map: yaml::Node<'_>, context: Context) {
        for (key, _, value) in map.entries() {
            let is_schema =
                matches!(key, "schema" | "validation") && value.value() == yaml::Value::Map;
            if self.is_definition && is_schema {
                continue;
            }
            let named_after_container =
                PROFILE_ANNOTATIONS.iter().any(|prefix| key.starts_with(prefix));
            let below = match context.below(key) {
                Context::Named if named_after_container => Context::Other,
                below => below,
            };
            match value.value() {
                yaml::Value::String(text) if below == Context::Named => {
                    self.string(value, text, below, Some(key));
                }
                _ => self.visit(value, below),
            }
        }
    }

    /// `name` is what stands before the text and says what it is: a key, a variable, a flag.
    fn string(&mut self, node: yaml::Node<'_>, text: &str, context: Context, name: Option<&str>) {
        let kind = match (context, name) {
            (Context::Secret, _) => {
                self.redact(node, secret::find_encoded(text), text);
                return;
            }
            (Context::Named, Some(LAST_APPLIED)) => {
                self.redact(node, None, text);
                return;
            }
            (Context::Arguments, Some(flag)) if flag.starts_with('-') && !flag.contains('=') => {
                secret::named(flag.trim_start_matches('-'), text)
            }
            (Context::Named | Context::Environment, Some(name)) => secret::named(name, text),
            _ => None,
        };
        let kind = kind.or_else(|| secret::find(text)).or_else(|| match context {
            Context::Arguments | Context::Named | Context::Environment => {
                secret::assigned(text).into_iter().next()
            }
            _ => None,
        });
        if let Some(found) = kind {
            self.redact(node, Some(found.kind), text);
        }
    }

    fn redact(&mut self, node: yaml::Node<'_>, kind: Option<SecretKind>, text: &str) {
        let is_text = matches!(node.value(), yaml::Value::String(_));
        let redacted = Redacted { is_text, ..self.key.redacted(kind, text) };
        self.found.nodes.insert(node.id(), redacted);
    }
}
