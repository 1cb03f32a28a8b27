//! Containers of one pod that share a fault: one finding names them all.

use std::collections::HashMap;

use model::{Applicability, Container, Edit, Fix, Path, Pod, PodOs};

/// Containers with the same fault and the place it is told at.
pub(super) struct Group<'p> {
    /// Where the fault is told.
    pub(super) at: Path,
    containers: Vec<Container<'p>>,
    /// The fields to set so that the fault is gone.
    fields: Vec<Path>,
}

/// The containers of a pod that lack a field of their own, told at that field of the first.
pub(super) fn lacking<'p>(
    pod: &'p Pod<'p>,
    field: &str,
    lacks: impl Fn(&Container<'p>) -> bool,
) -> Option<Group<'p>> {
    let containers: Vec<_> = pod.containers().filter(|container| lacks(container)).collect();
    let fields: Vec<_> = containers.iter().map(|container| container.at(field)).collect();
    let at = fields.first()?.clone();
    Some(Group { at, containers, fields })
}

/// The containers of a pod that lack a field of the security context which the pod's own has
/// too: when all of them do, the pod's is the place to tell and to set it.
pub(super) fn lacking_inherited<'p>(
    pod: &'p Pod<'p>,
    field: &str,
    lacks: impl Fn(&Container<'p>) -> bool,
) -> Option<Group<'p>> {
    let group = lacking(pod, &format!("securityContext.{field}"), lacks)?;
    if group.containers.len() < pod.containers().count() {
        return Some(group);
    }
    let at = pod.at("securityContext").field(field);
    Some(Group { fields: vec![at.clone()], at, ..group })
}

/// The containers of a pod for which a fault was written somewhere, by that place: what is
/// written at the pod is one fault, however many containers inherit it.
pub(super) fn by_place<'p>(
    pod: &'p Pod<'p>,
    place: impl Fn(&Container<'p>) -> Option<Path>,
) -> Vec<Group<'p>> {
    let mut groups: Vec<Group<'p>> = Vec::new();
    let mut known: HashMap<Path, usize> = HashMap::new();
    for container in pod.containers() {
        let Some(at) = place(&container) else { continue };
        if let Some(index) = known.get(&at) {
            groups[*index].containers.push(container);
        } else {
            known.insert(at.clone(), groups.len());
            groups.push(Group { fields: vec![at.clone()], at, containers: vec![container] });
        }
    }
    groups
}

/// Most containers named in one message.
const NAMES_MAX: usize = 4;

impl Group<'_> {
    /// The subject and verb of a sentence: "container `web` runs", "containers `web` and `proxy`
    /// run".
    pub(super) fn who(&self, one: &str, many: &str) -> String {
        let verb = if self.containers.len() == 1 { one } else { many };
        format!("{} {verb}", self.names())
    }

    /// "container `web`", "containers `web` and `proxy`".
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.containers.iter().map(|c| format!("`{}`", c.name())).collect();
        match names.as_slice() {
            [only] => format!("container {only}"),
            [head @ .., last] if names.len() <= NAMES_MAX => {
                format!("containers {} and {last}", head.join(", "))
            }
            _ => format!(
                "containers {} and {} more",
                names[..NAMES_MAX - 1].join(", "),
                names.len() + 1 - NAMES_MAX
            ),
        }
    }

    /// Sets the field at the pod, or at each of the containers.
    pub(super) fn set(&self, value: &'static str) -> Fix {
        let edit = |at: &Path| Edit::Set { at: at.clone(), value: value.into() };
        let Fix { text, .. } = Fix::set(self.at.clone(), value);
        let edits = self.fields.iter().map(edit).collect();
        Fix { text, edits, applicability: Applicability::Safe }
    }
}

/// Whether the pod runs on Windows, where the kernel's means of Linux have no meaning.
pub(super) fn is_windows(pod: &Pod<'_>) -> bool {
    pod.os() == PodOs::Windows
}
