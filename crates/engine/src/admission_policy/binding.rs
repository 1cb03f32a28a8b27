//! What puts a policy into force.

use model::{Node, Object};

use super::matching::{Constraints, Selector};

/// What happens when a policy is violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The request is refused.
    Deny,
    /// Whoever made it is warned.
    Warn,
    /// The audit log says so.
    Audit,
}

impl Action {
    /// Its name in `validationActions`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "Deny",
            Self::Warn => "Warn",
            Self::Audit => "Audit",
        }
    }
}

/// A `ValidatingAdmissionPolicyBinding`.
#[derive(Debug)]
pub struct Binding {
    /// Its name.
    pub name: String,
    /// The policy it puts into force.
    pub policy: String,
    /// What happens when it is violated.
    pub actions: Vec<Action>,
    /// Which objects are its parameters, if it names any.
    pub parameters: Option<ParameterReference>,
    pub(crate) constraints: Option<Constraints>,
}

/// Which objects are a binding's parameters.
#[derive(Debug)]
pub struct ParameterReference {
    /// Their namespace; empty for that of the request.
    pub namespace: String,
    /// The name; empty when they are selected.
    pub name: String,
    /// Whether a request is refused when there are none.
    pub denies_without: bool,
    pub(crate) selector: Option<Selector>,
}

impl ParameterReference {
    /// Whether an object is selected, by its name or its labels.
    pub fn selects(&self, object: &Object<'_>) -> bool {
        match &self.selector {
            _ if !self.name.is_empty() => object.name == self.name,
            Some(selector) => selector.selects(|key| object.label(key)),
            None => false,
        }
    }
}

impl Binding {
    /// Reads a binding; None when the object is none.
    pub fn read(object: &Object<'_>) -> Option<Self> {
        if !object.is("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") {
            return None;
        }
        let spec = object.root.get("spec");
        let get = |key: &str| spec.and_then(|spec| spec.get(key));
        let actions = spec.into_iter().flat_map(|spec| spec.list("validationActions"));
        let actions = actions.filter_map(|action| match action.as_str()? {
            "Deny" => Some(Action::Deny),
            "Warn" => Some(Action::Warn),
            "Audit" => Some(Action::Audit),
            _ => None,
        });
        Some(Self {
            name: object.name.to_owned(),
            policy: get("policyName").and_then(Node::as_str).unwrap_or_default().to_owned(),
            actions: actions.collect(),
            parameters: get("paramRef").map(reference),
            constraints: get("matchResources").map(|node| Constraints::read(Some(node))),
        })
    }
}

fn reference(node: Node<'_>) -> ParameterReference {
    let text = |key| node.str(key).unwrap_or_default().to_owned();
    ParameterReference {
        namespace: text("namespace"),
        name: text("name"),
        denies_without: node.str("parameterNotFoundAction") == Some("Deny"),
        selector: node.get("selector").map(|selector| Selector::read(Some(selector))),
    }
}
