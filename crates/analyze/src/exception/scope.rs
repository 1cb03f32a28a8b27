//! What an exception covers.

use model::{Finding, Node, Object, Path, Segment, cloud};

/// Conditions, all of which must hold; an absent one always does. Texts may hold `*` for any run
/// of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The object's kind.
    pub kind: Option<String>,
    /// The object's namespace.
    pub namespace: Option<String>,
    /// The object's name; of a resource of the cloud its id, or `group/cluster` of it.
    pub name: Option<String>,
    /// The container the finding is in.
    pub container: Option<String>,
    /// Labels of the object or of its pods.
    pub labels: Vec<(String, String)>,
    /// The file, as the report shows it.
    pub path: Option<String>,
    /// A field of the object, with all below it.
    pub field: Option<Path>,
}

impl Scope {
    /// Whether it covers every finding of its control.
    pub fn is_everything(&self) -> bool {
        let texts = [&self.kind, &self.namespace, &self.name, &self.container, &self.path];
        let is_open = |text: &Option<String>| {
            text.as_ref().is_none_or(|text| text.bytes().all(|byte| byte == b'*'))
        };
        texts.into_iter().all(is_open) && self.labels.is_empty()
    }

    /// Whether a finding is inside.
    pub fn covers(&self, finding: &Finding, object: Option<&Object<'_>>) -> bool {
        let is = |pattern: &Option<String>, text: Option<&str>| {
            pattern.as_ref().is_none_or(|pattern| text.is_some_and(|text| matches(pattern, text)))
        };
        let file = finding.location.as_ref().map(|location| location.file.as_str());
        let resource = object.filter(|object| cloud::is_resource(object));
        let short = resource.map(|object| cloud::short_name(object.name));
        let is_empty = |text: &&str| !text.is_empty();
        is(&self.kind, object.map(|object| object.kind))
            && is(&self.namespace, object.and_then(|object| object.namespace))
            && (is(&self.name, object.map(|object| object.name).filter(is_empty))
                || is(&self.name, short.as_deref()))
            && is(&self.path, file)
            && self.field.as_ref().is_none_or(|field| finding.path.starts_with(field))
            && is(&self.container, object.and_then(|object| container(finding, object)))
            && self
                .labels
                .iter()
                .all(|(key, value)| object.is_some_and(|object| has_label(object, key, value)))
    }
}

/// The name of the container a finding's path leads through.
fn container<'a>(finding: &Finding, object: &Object<'a>) -> Option<&'a str> {
    let mut node = object.root;
    let mut list = "";
    for segment in finding.path.segments() {
        match segment {
            Segment::Key(key) => {
                node = node.get(key)?;
                list = key;
            }
            Segment::Index(index) => {
                node = node.items().nth(*index as usize)?;
                if model::ContainerKind::ALL.iter().any(|kind| kind.field() == list) {
                    return node.str("name");
                }
            }
        }
    }
    None
}

fn has_label(object: &Object<'_>, key: &str, value: &str) -> bool {
    let has = |labels: Option<Node<'_>>| {
        labels.and_then(|labels| labels.str(key)).is_some_and(|text| matches(value, text))
    };
    has(object.root.field("metadata.labels"))
        || object.pods().iter().any(|pod| has(pod.root.field("metadata.labels")))
}

/// Whether `text` fits a pattern in which `*` stands for any run of characters. Linear in the
/// product of few stars and the text: a star never looks further back than the one before it.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
