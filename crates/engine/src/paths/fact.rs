//! Places as numbers.

use std::collections::HashMap;

use super::Place;
use super::edge::Right;
use crate::rbac::RoleId;
use model::ObjectId;

/// A text of a [`Names`].
pub(super) type Text = u32;
/// Stands for the whole cluster, and for all names.
pub(super) const ALL: Text = 0;
/// Stands for any name whatever.
pub(super) const SOME: Text = 1;

/// All texts of a graph, each once.
#[derive(Debug)]
pub(super) struct Names {
    numbers: HashMap<Box<str>, Text>,
    texts: Vec<Box<str>>,
}

impl Names {
    pub(super) fn new() -> Self {
        // Neither can be the name of an object.
        let mut names = Self { numbers: HashMap::new(), texts: Vec::new() };
        names.intern("\0all");
        names.intern("\0some");
        names
    }

    pub(super) fn intern(&mut self, text: &str) -> Text {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as Text;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    pub(super) fn find(&self, text: &str) -> Option<Text> {
        self.numbers.get(text).copied()
    }

    pub(super) fn text(&self, number: Text) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    fn optional(&self, number: Text) -> Option<String> {
        (number != ALL).then(|| self.text(number).to_owned())
    }

    pub(super) fn bytes(&self) -> usize {
        let text: usize = self.texts.iter().map(|text| 2 * text.len()).sum();
        text + self.texts.capacity() * 16 + self.numbers.capacity() * 28
    }
}

/// A [`Place`] with texts as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Fact {
    User(Text),
    Group(Text),
    Account(Text, Text),
    Accounts(Text),
    Pod(ObjectId),
    Pods(Text),
    PodsOn(Text),
    NewPods(Text),
    Node(Text),
    AnyNode,
    EveryNode,
    Secrets(Text),
    NamespaceAdmin(Text),
    ClusterAdmin,
    Cloud(Text),
    AnyUser,
    AnyGroup,
    Right(u16, Text, Text),
    Role(RoleId, Text),
    PrivilegedPods(Text),
    AccountsOn(Text),
    Traffic(Text),
    CloudClaim(Text),
    /// Whether it is a ClusterRole, its name, and where it would be granted.
    MissingRole(bool, Text, Text),
}

impl Fact {
    /// The place, none if it speaks of texts the graph does not have.
    pub(super) fn of(place: &Place, names: &Names, rights: &[&'static Right]) -> Option<Self> {
        let find = |text: &str| names.find(text);
        let within = |text: &Option<String>| text.as_deref().map_or(Some(ALL), find);
        Some(match place {
            Place::User(name) => Self::User(find(name)?),
            Place::Group(name) => Self::Group(find(name)?),
            Place::ServiceAccount { namespace, name } => {
                Self::Account(find(namespace)?, find(name)?)
            }
            Place::ServiceAccounts(namespace) => Self::Accounts(within(namespace)?),
            Place::Pod(id) => Self::Pod(*id),
            Place::Pods(namespace) => Self::Pods(within(namespace)?),
            Place::PodsOn(node) => Self::PodsOn(find(node)?),
            Place::NewPods(namespace) => Self::NewPods(within(namespace)?),
            Place::Node(name) => Self::Node(find(name)?),
            Place::AnyNode => Self::AnyNode,
            Place::EveryNode => Self::EveryNode,
            Place::Secrets(namespace) => Self::Secrets(within(namespace)?),
            Place::NamespaceAdmin(namespace) => Self::NamespaceAdmin(within(namespace)?),
            Place::ClusterAdmin => Self::ClusterAdmin,
            Place::Cloud(identity) => Self::Cloud(find(identity)?),
            Place::AnyUser => Self::AnyUser,
            Place::AnyGroup => Self::AnyGroup,
            Place::Right { right, namespace, name } => {
                let number = rights.iter().position(|it| it.id == *right)?;
                Self::Right(number as u16, within(namespace)?, within(name)?)
            }
            Place::Role { role, namespace } => Self::Role(*role, within(namespace)?),
            Place::PrivilegedPods(namespace) => Self::PrivilegedPods(find(namespace)?),
            Place::AccountsOn(node) => Self::AccountsOn(within(node)?),
            Place::Traffic(namespace) => Self::Traffic(within(namespace)?),
            Place::CloudClaim(key) => Self::CloudClaim(find(key)?),
            Place::MissingRole { is_cluster_role, name, namespace } => {
                Self::MissingRole(*is_cluster_role, find(name)?, within(namespace)?)
            }
        })
    }

    pub(super) fn place(self, names: &Names, rights: &[&'static Right]) -> Place {
        let text = |number| names.text(number).to_owned();
        match self {
            Self::User(name) => Place::User(text(name)),
            Self::Group(name) => Place::Group(text(name)),
            Self::Account(namespace, name) => {
                Place::ServiceAccount { namespace: text(namespace), name: text(name) }
            }
            Self::Accounts(namespace) => Place::ServiceAccounts(names.optional(namespace)),
            Self::Pod(id) => Place::Pod(id),
            Self::Pods(namespace) => Place::Pods(names.optional(namespace)),
            Self::PodsOn(node) => Place::PodsOn(text(node)),
            Self::NewPods(namespace) => Place::NewPods(names.optional(namespace)),
            Self::Node(name) => Place::Node(text(name)),
            Self::AnyNode => Place::AnyNode,
            Self::EveryNode => Place::EveryNode,
            Self::Secrets(namespace) => Place::Secrets(names.optional(namespace)),
            Self::NamespaceAdmin(namespace) => Place::NamespaceAdmin(names.optional(namespace)),
            Self::ClusterAdmin => Place::ClusterAdmin,
            Self::Cloud(identity) => Place::Cloud(text(identity)),
            Self::AnyUser => Place::AnyUser,
            Self::AnyGroup => Place::AnyGroup,
            Self::Right(right, namespace, name) => Place::Right {
                right: rights[right as usize].id,
                namespace: names.optional(namespace),
                name: match name {
                    SOME => Some("(some name)".to_owned()),
                    name => names.optional(name),
                },
            },
            Self::Role(role, namespace) => {
                Place::Role { role, namespace: names.optional(namespace) }
            }
            Self::PrivilegedPods(namespace) => Place::PrivilegedPods(text(namespace)),
            Self::AccountsOn(node) => Place::AccountsOn(names.optional(node)),
            Self::Traffic(namespace) => Place::Traffic(names.optional(namespace)),
            Self::CloudClaim(key) => Place::CloudClaim(text(key)),
            Self::MissingRole(is_cluster_role, name, namespace) => Place::MissingRole {
                is_cluster_role,
                name: text(name),
                namespace: names.optional(namespace),
            },
        }
    }
}
