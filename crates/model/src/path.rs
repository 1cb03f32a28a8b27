//! Field paths: where in an object something stands.

use std::fmt;

use hashbrown::HashMap;

use crate::Node;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a map.
    Key(Box<str>),
    /// An item of a list, counted from 0.
    Index(u32),
}

/// A field path from an object's root. Prints as people write it:
/// `spec.containers[0].securityContext.privileged`,
/// `metadata.annotations["example.com/owner"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path {
    segments: Vec<Segment>,
}

impl Path {
    /// The object itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Appends field names joined by dots; an empty text appends nothing.
    #[must_use]
    pub fn field(mut self, dotted: &str) -> Self {
        let names = dotted.split('.').filter(|name| !name.is_empty());
        self.segments.extend(names.map(|name| Segment::Key(name.into())));
        self
    }

    /// Appends one key, which may hold dots (labels, annotations, data).
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.segments.push(Segment::Key(key.into()));
        self
    }

    /// Appends an item's place in a list.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.segments.push(Segment::Index(index as u32));
        self
    }

    /// Goes one step down.
    pub(crate) fn push(&mut self, step: Segment) {
        self.segments.push(step);
    }

    /// Goes one step up.
    pub(crate) fn pop(&mut self) {
        self.segments.pop();
    }

    /// Its steps.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The last key, if the path ends in one.
    pub fn last_key(&self) -> Option<&str> {
        match self.segments.last() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The path one step up; the root's is the root.
    #[must_use]
    pub fn parent(mut self) -> Self {
        self.segments.pop();
        self
    }

    /// Whether this path is `prefix` or lies below it.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.segments.starts_with(&prefix.segments)
    }

    /// The node the path leads to.
    pub fn resolve<'a>(&self, root: Node<'a>) -> Option<Node<'a>> {
        self.segments.iter().try_fold(root, |node, segment| match segment {
            Segment::Key(key) => node.get(key),
            Segment::Index(index) => node.item(*index as usize),
        })
    }

    /// The path with list items named by their merge key instead of their place, so that it
    /// survives reordering: `spec.containers[name=web].ports[containerPort=80]`. Items without
    /// one are named by their own text if it is short, else by their place. `names` remembers the
    /// names of long lists: keep one for all paths of an object.
    pub fn stable(&self, root: Node<'_>, names: &mut ItemNames) -> String {
        let mut text = String::new();
        let mut node = Some(root);
        let mut list = "";
        for (depth, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Key(key) => {
                    push_key(&mut text, key);
                    node = node.and_then(|node| node.get(key));
                    list = key;
                }
                Segment::Index(index) => {
                    let index = *index as usize;
                    match node {
                        Some(parent) if index <= ITEMS_SCANNED_MAX => {
                            text.push_str(&item_name_in(parent, list, index));
                        }
                        Some(parent) => {
                            let names = names.of(&self.segments[..depth], parent, list);
                            match names.get(index) {
                                Some(name) => text.push_str(name),
                                None => text.push_str(&format!("[{index}]")),
                            }
                        }
                        None => text.push_str(&format!("[{index}]")),
                    }
                    node = node.and_then(|node| node.item(index));
                }
            }
        }
        text
    }
}

/// Items up to this place in a list are named by looking at those before them; beyond it the
/// names of the whole list are worked out once.
const ITEMS_SCANNED_MAX: usize = 16;

/// Names of the items of an object's long lists, by the path of the list: see [`Path::stable`].
#[derive(Default)]
pub struct ItemNames {
    lists: HashMap<Vec<Segment>, Vec<String>>,
}

impl ItemNames {
    /// No names yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn of(&mut self, path: &[Segment], parent: Node<'_>, list: &str) -> &[String] {
        if !self.lists.contains_key(path) {
            self.lists.insert(path.to_vec(), item_names(parent, list));
        }
        self.lists.get(path).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The names of all items of a list; of twins all but the first carry a number.
fn item_names(parent: Node<'_>, list: &str) -> Vec<String> {
    let mut twins: HashMap<String, usize> = HashMap::new();
    let named = |(index, item): (usize, Node<'_>)| match item_name(list, item) {
        Some(name) => {
            let twin = twins.entry(name.clone()).and_modify(|twin| *twin += 1).or_insert(0);
            bracketed(&name, *twin)
        }
        None => format!("[{index}]"),
    };
    parent.items().enumerate().map(named).collect()
}

/// The name of one item of a list.
fn item_name_in(parent: Node<'_>, list: &str, index: usize) -> String {
    match parent.item(index).and_then(|item| item_name(list, item)) {
        Some(name) => {
            let before = parent.items().take(index);
            let twins = before.filter(|item| item_name(list, *item).as_ref() == Some(&name));
            bracketed(&name, twins.count())
        }
        None => format!("[{index}]"),
    }
}

fn bracketed(name: &str, twin: usize) -> String {
    if twin == 0 { format!("[{name}]") } else { format!("[{name}]#{twin}") }
}

/// Merge keys of the lists whose items are not told apart by `name` (the `patchMergeKey` tags of
/// k8s.io/api core/v1).
const MERGE_KEYS: &[(&str, &str)] = &[
    ("ports", "containerPort"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("podIPs", "ip"),
];

/// Longest scalar item that names itself in a stable path, in bytes.
const NAME_BYTES_MAX: usize = 64;

fn item_name(list: &str, item: Node<'_>) -> Option<String> {
    if let Some(text) = item.as_str() {
        return (text.len() <= NAME_BYTES_MAX).then(|| format!("={text}"));
    }
    let special = MERGE_KEYS.iter().find(|(name, _)| *name == list).map(|(_, key)| *key);
    special.into_iter().chain(["name", "port", "host"]).find_map(|key| {
        let value = item.get(key)?;
        match (value.as_str(), value.as_int()) {
            (Some(text), _) if text.len() <= 253 => Some(format!("{key}={text}")),
            (_, Some(int)) => Some(format!("{key}={int}")),
            _ => None,
        }
    })
}

fn push_key(text: &mut String, key: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    if key.is_empty() || !key.bytes().all(plain) {
        text.push_str(&format!("[{key:?}]"));
        return;
    }
    if !text.is_empty() {
        text.push('.');
    }
    text.push_str(key);
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Key(key) => push_key(&mut text, key),
                Segment::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        formatter.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_people_write_it() {
        let path = Path::root().field("spec.containers").index(2).field("env").index(0);
        assert_eq!(path.to_string(), "spec.containers[2].env[0]");
        let path = Path::root().field("metadata.annotations").key("a.b/c");
        assert_eq!(path.to_string(), r#"metadata.annotations["a.b/c"]"#);
    }

    /// What is remembered of long lists says the same as looking at each item's predecessors.
    #[test]
    fn items_of_long_lists_are_named_as_those_of_short_ones() {
        let items = (0..200).map(|n| match n % 5 {
            0 => format!("{{name: a{n}}}"),
            1 => "{name: twin}".to_owned(),
            2 => format!("text{}", n % 3),
            3 => "{value: 1}".to_owned(),
            _ => format!("{{port: {}}}", n % 7),
        });
        let text = format!("list: [{}]", items.collect::<Vec<_>>().join(", "));
        let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
        let root = stream.documents().next().expect("a document").expect("readable").root();
        let redactions = crate::Redactions::default();
        let root = Node::tree(root, &redactions);
        let list = root.get("list").expect("there");
        let mut names = ItemNames::new();
        for index in 0..200 {
            let stable = Path::root().field("list").index(index).stable(root, &mut names);
            assert_eq!(stable, format!("list{}", item_name_in(list, "list", index)));
        }
        assert_eq!(item_name_in(list, "list", 16), "[name=twin]#3");
        assert_eq!(names.lists.len(), 1);
        let beyond = Path::root().field("list").index(200).field("x").stable(root, &mut names);
        assert_eq!(beyond, "list[200].x");
    }

    #[test]
    fn prefixes() {
        let path = Path::root().field("spec.template");
        assert!(path.clone().field("spec").starts_with(&path));
        assert!(!Path::root().field("spec.templates").starts_with(&path));
    }
}
