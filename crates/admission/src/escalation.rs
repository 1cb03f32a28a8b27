//! Whether a change of roles or bindings opens a way to every right in the cluster.

use std::collections::BTreeSet;

use analyze::at_admission::ESCALATION;
use engine::paths::{Because, Graph, Options, Place, PlaceId, Reach, Way};
use engine::rbac::{Assumptions, Authorizer, Seen};
use model::{Finding, Fix, Gap, GapKind, Object, Path, Severity, Snapshot, WorldId};

use crate::after::After;
use crate::decide::{Judged, finding};
use crate::review::{Operation, Review};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Starting places that are told; the others are counted.
const STARTS_SHOWN_MAX: usize = 3;

/// Starting places whose ways are looked at to find the shortest, at the most.
const STARTS_ASKED_MAX: usize = 64;

/// What is found, and what is not known.
pub(crate) fn judge(
    judged: &Judged<'_>,
    review: &Review<'_>,
    object: &Object<'_>,
) -> (Option<Finding>, Option<Gap>) {
    let is_grant =
        review.group == GROUP && matches!(review.operation, Operation::Create | Operation::Update);
    if !is_grant {
        return (None, None);
    }
    let mut after = match After::of(judged, review, "whether it opens a way to cluster-admin") {
        Ok(after) => after,
        Err(gap) => return (None, Some(gap)),
    };
    let before = Ways::of(&after.snapshot, judged.world);
    after.apply(judged, review);
    let now = Ways::of(&after.snapshot, judged.world);
    let opened: Vec<&Place> = now.certain.difference(&before.certain).collect();
    if opened.is_empty() {
        let known = |it: &&Place| !before.unknown.contains(*it) && !before.certain.contains(*it);
        let may = now.unknown.iter().filter(known).collect::<Vec<_>>();
        let gap = may.first().map(|start| {
            let name = name(&after.snapshot, start);
            let reason = format!(
                "whether it opens a way to cluster-admin for {name} depends on what is not known"
            );
            let subject = object.identity().to_string();
            Gap { kind: GapKind::NotEvaluated, subject, location: None, reason }
        });
        return (None, gap);
    }
    let shown = now.shortest(&after.snapshot, &opened);
    let more = match opened.len().saturating_sub(STARTS_SHOWN_MAX) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("it opens a way to cluster-admin: {}{more}", shown.join("; "));
    let advice = "grant less, or bind it to nobody who can be attacked more easily than an \
                  administrator";
    let fix = Fix::advice(advice.to_owned());
    let at = Path::root().field(if object.kind.ends_with("Binding") { "roleRef" } else { "rules" });
    (Some(finding(judged, object, (ESCALATION, Severity::High), at, message, Some(fix))), None)
}

/// Who gets to every right in a cluster.
struct Ways {
    graph: Graph,
    certain: BTreeSet<Place>,
    unknown: BTreeSet<Place>,
}

impl Ways {
    fn of(snapshot: &Snapshot, world: WorldId) -> Self {
        let assumptions = Assumptions { seen: Seen::Everything, ..Assumptions::default() };
        let authorizer = Authorizer::of(snapshot, world, assumptions);
        let graph = Graph::build(snapshot, world, &authorizer, &Options::default());
        let reaching = graph.find(&Place::ClusterAdmin).map(|goal| graph.reaches(goal));
        let reaching = reaching.unwrap_or_default();
        let places = |ids: &[PlaceId]| -> BTreeSet<Place> {
            ids.iter().map(|id| graph.place(*id)).collect()
        };
        let (certain, unknown) = (places(&reaching.certain), places(&reaching.unknown));
        Self { graph, certain, unknown }
    }

    /// The shortest ways, step by step: those of whoever is granted something before those of
    /// others who get there by them, and the control plane's own accounts last.
    fn shortest(&self, snapshot: &Snapshot, starts: &[&Place]) -> Vec<String> {
        let Some(goal) = self.graph.find(&Place::ClusterAdmin) else { return Vec::new() };
        let is_system = |start: &Place| match start {
            Place::ServiceAccount { namespace, .. } => namespace == "kube-system",
            Place::User(name) | Place::Group(name) => name.starts_with("system:"),
            _ => false,
        };
        let mut asked: Vec<&Place> = starts.to_vec();
        asked.sort_by_key(|start| is_system(start));
        asked.truncate(STARTS_ASKED_MAX);
        let mut told: Vec<(usize, String)> = asked
            .into_iter()
            .filter_map(|start| {
                let from = self.graph.find(start)?;
                let (Reach::Yes(ways) | Reach::Unknown(ways)) = self.graph.paths(from, goal, 1)
                else {
                    return None;
                };
                let way = ways.first()?;
                Some((way.edges, format!("{} {}", name(snapshot, start), steps(snapshot, way))))
            })
            .collect();
        told.sort();
        told.into_iter().take(STARTS_SHOWN_MAX).map(|(_, text)| text).collect()
    }
}

fn steps(snapshot: &Snapshot, way: &Way) -> String {
    let told: Vec<String> = way
        .steps
        .iter()
        .filter_map(|step| match &step.because {
            Because::Edge { edge, .. } => {
                Some(format!("→ {} ({})", name(snapshot, &step.to), edge.name))
            }
            _ => None,
        })
        .collect();
    if told.is_empty() { "→ cluster-admin (granted)".to_owned() } else { told.join(" ") }
}

fn name(snapshot: &Snapshot, place: &Place) -> String {
    match place {
        Place::Pod(id) => format!("pods of {}", snapshot.object(*id).identity()),
        other => other.to_string(),
    }
}
