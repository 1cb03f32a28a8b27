//! Which disruption budgets are for which workloads.

use model::{Node, Object, Pod};

use crate::Report;

/// Kinds whose replicas a budget counts.
const REPLICATED: &[(&str, &str)] = &[("apps", "Deployment"), ("apps", "StatefulSet")];

/// Most neighbours looked at for one object.
const NEIGHBOURS_MAX: usize = 1_000;

/// Replicas asked for; Kubernetes takes one where none are written.
pub(crate) fn replicas(object: &Object<'_>) -> i64 {
    object.root.field("spec.replicas").and_then(Node::as_int).unwrap_or(1)
}

/// The budgets of an object's namespace; none if there are too many to look at, which is told.
pub(crate) fn budgets<'s>(report: &mut Report<'s>, object: &Object<'_>) -> Option<Vec<Object<'s>>> {
    neighbours(report, object, &[("policy", "PodDisruptionBudget")])
}

/// The workloads in a budget's namespace that it selects; none if there are too many to look at,
/// which is told.
pub(crate) fn selected<'s>(
    report: &mut Report<'s>,
    budget: &Object<'_>,
) -> Option<Vec<Object<'s>>> {
    let Some(selector) = budget.root.field("spec.selector") else { return Some(Vec::new()) };
    let mut workloads = neighbours(report, budget, REPLICATED)?;
    workloads.retain(|workload| workload.pods().first().is_some_and(|pod| selects(selector, pod)));
    Some(workloads)
}

fn neighbours<'s>(
    report: &mut Report<'s>,
    object: &Object<'_>,
    kinds: &[(&str, &str)],
) -> Option<Vec<Object<'s>>> {
    let (snapshot, world) = (report.snapshot, report.world);
    let all = kinds.iter().flat_map(|kind| snapshot.neighbours(world, object.namespace, *kind));
    let found: Vec<_> = all.take(NEIGHBOURS_MAX + 1).collect();
    if found.len() <= NEIGHBOURS_MAX {
        return Some(found);
    }
    let reason = format!(
        "its namespace has more than {NEIGHBOURS_MAX} objects to compare it with: which workload \
         has which disruption budget is not known"
    );
    report.unknown(object.at("metadata.namespace"), reason);
    None
}

/// Whether a label selector selects a pod (apimachinery, labels.Requirement).
pub(crate) fn selects(selector: Node<'_>, pod: &Pod<'_>) -> bool {
    let labels = pod.root.field("metadata.labels");
    let label = |key: &str| labels.and_then(|labels| labels.str(key));
    let mut equals = selector.get("matchLabels").into_iter().flat_map(Node::entries);
    let mut expressions = selector.list("matchExpressions");
    equals.all(|(key, value)| value.as_str().is_some() && label(key) == value.as_str())
        && expressions.all(|expression| {
            let value = expression.str("key").and_then(label);
            let is_in = value
                .is_some_and(|value| expression.list("values").any(|v| v.as_str() == Some(value)));
            match expression.str("operator") {
                Some("In") => is_in,
                Some("NotIn") => !is_in,
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use model::{GapKind, KubernetesVersion, ObjectId, Origin, Path, Snapshot, WorldId};

    use super::NEIGHBOURS_MAX;
    use crate::{Options, catalog, judge};

    /// Objects beyond the limit are not compared: that is a gap, not an answer.
    #[test]
    fn too_many_neighbours_are_a_gap() {
        let gaps = |count: usize| {
            let workload = "---\napiVersion: apps/v1\nkind: StatefulSet\n\
                            metadata: {name: a, namespace: shop}\n";
            let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\n\
                          metadata: {name: b, namespace: shop}\n\
                          spec: {minAvailable: 1, selector: {matchLabels: {app: a}}}\n";
            let text = format!("{budget}{}", workload.repeat(count));
            let stream = yaml::Stream::yaml(&text, &yaml::Limits::default());
            let mut part = model::Part::new();
            for (number, document) in (0..).zip(stream.documents()) {
                let root = document.expect("readable").root();
                let redactions = model::Redactions::find(root, &model::DigestKey::new(&[7; 32]));
                let origin = Origin { file: 0, document: number, item: Path::root(), line: 1 };
                part.insert(root, &redactions, WorldId(0), origin, None);
            }
            let mut snapshot =
                Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::UNIX_EPOCH);
            snapshot.add(part);
            let control = catalog::find("disruption-budget-never-satisfied");
            let judgement = judge(&snapshot, ObjectId(0), control, &Options::default());
            judgement.gaps.into_iter().map(|(_, gap)| gap.kind).collect::<Vec<_>>()
        };
        assert_eq!(gaps(NEIGHBOURS_MAX), []);
        assert_eq!(gaps(NEIGHBOURS_MAX + 1), [GapKind::Ambiguous]);
    }
}
