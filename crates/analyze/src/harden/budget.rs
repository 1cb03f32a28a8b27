//! Disruption budgets: draining a node takes one replica at a time.

use std::collections::BTreeSet;

use model::Node;

use super::{COMPARED_MAX, Draft, flow_map, is_dns_name};
use crate::controls::availability::selector::{budgets as known, replicas, selects};

/// The first version of Kubernetes where broken pods do not hold up a drain.
const EVICTION_POLICY_SINCE: u32 = 27;

/// Writes a budget for every replicated workload that has none.
pub(super) fn budgets(draft: &mut Draft<'_, '_>) {
    if draft.place.workloads.len() > COMPARED_MAX {
        return draft.note("it has too many workloads to find those without disruption budget");
    }
    let mut documents = Vec::new();
    let mut given = BTreeSet::new();
    let place = draft.place;
    for workload in &place.workloads {
        let object = &workload.object;
        let is_replicated = object.is("apps", "Deployment") || object.is("apps", "StatefulSet");
        if !is_replicated || replicas(object) < 2 || !is_dns_name(object.name) {
            continue;
        }
        let (Some(pod), Some(known)) = (workload.pods.first(), known(&mut draft.report, object))
        else {
            continue;
        };
        let has_one = known.iter().any(|budget| {
            budget.root.field("spec.selector").is_some_and(|selector| selects(selector, pod))
        });
        if has_one {
            continue;
        }
        let Some(selector) = object.root.field("spec.selector") else { continue };
        let Some(shown) = shown(selector) else { continue };
        // Two budgets for one pod keep it from being evicted at all.
        let mut others =
            draft.place.workloads.iter().filter(|other| {
                (other.object.kind, other.object.name) != (object.kind, object.name)
            });
        if others.any(|other| other.pods.iter().any(|pod| selects(selector, pod))) {
            draft.note(format!(
                "no disruption budget for {} `{}`: its selector takes pods of others too",
                object.kind, object.name
            ));
            continue;
        }
        let name = draft.free_name("PodDisruptionBudget", object.name, &mut given);
        let policy = if draft.snapshot.version.minor >= EVICTION_POLICY_SINCE {
            "  unhealthyPodEvictionPolicy: AlwaysAllow\n"
        } else {
            ""
        };
        documents.push(format!(
            "# {} {}: nodes are drained one replica at a time; broken pods do not hold them up.\n\
             apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: {}\n  \
             namespace: {}\nspec:\n  maxUnavailable: 1\n{policy}  selector:\n{shown}",
            object.kind,
            object.name,
            yaml::edit::text(&name),
            yaml::edit::text(draft.name),
        ));
    }
    draft.manifest("availability", "Disruption budgets", &documents);
}

/// A workload's selector, two levels in; none when it is empty or not what Kubernetes takes.
fn shown(selector: Node<'_>) -> Option<String> {
    let mut shown = String::new();
    if let Some(labels) = selector.get("matchLabels") {
        shown.push_str(&format!("    matchLabels: {}\n", flow_map(labels)?));
    }
    for (number, expression) in selector.list("matchExpressions").enumerate() {
        if number == 0 {
            shown.push_str("    matchExpressions:\n");
        }
        let (key, operator) = (expression.str("key")?, expression.str("operator")?);
        let (key, operator) = (yaml::edit::text(key), yaml::edit::text(operator));
        shown.push_str(&format!("    - key: {key}\n      operator: {operator}\n"));
        let values: Option<Vec<String>> =
            expression.list("values").map(|value| value.as_str().map(yaml::edit::text)).collect();
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            shown.push_str(&format!("      values: [{}]\n", values.join(", ")));
        }
    }
    (!shown.is_empty()).then_some(shown)
}
