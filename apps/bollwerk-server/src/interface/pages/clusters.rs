//! Several clusters side by side, each with what is open in it.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;
use store::{By, Filter, Store, StoreError};
use utoipa::ToSchema;

use super::findings::{SeverityCount, severities};
use crate::interface::asked::Asked;
use crate::interface::sight::{Part, View};

/// How many objects, workloads and images a viewer may see in a cluster.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Amounts {
    pub(super) objects: u64,
    pub(super) workloads: u64,
    pub(super) images: u64,
}

impl Amounts {
    pub(super) fn of(part: &Part) -> Self {
        let Part { assessed, seen, .. } = part;
        let (snapshot, workloads) = (&assessed.snapshot, &assessed.workloads);
        if seen.is_all {
            let (objects, workloads) = (snapshot.len() as u64, workloads.len() as u64);
            return Self { objects, workloads, images: assessed.images };
        }
        let objects = snapshot.ids().filter(|id| {
            let object = snapshot.object(*id);
            seen.allows(object.group(), object.kind, object.namespace)
        });
        let workloads = workloads.iter();
        let workloads: Vec<_> =
            workloads.filter(|it| seen.allows(&it.group, &it.kind, Some(&it.namespace))).collect();
        let images: HashSet<&String> = workloads.iter().flat_map(|it| &it.images).collect();
        Self {
            objects: objects.count() as u64,
            workloads: workloads.len() as u64,
            images: images.len() as u64,
        }
    }
}

/// A cluster.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterRow {
    pub(super) name: String,
    pub(super) severities: Vec<SeverityCount>,
    #[serde(flatten)]
    pub(super) amounts: Amounts,
    /// What could not be read or decided.
    pub(super) gaps: u64,
    /// When it was judged last; none before the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) assessed_at: Option<Timestamp>,
    /// Whether it could not be reached yet.
    pub(super) is_away: bool,
}

impl ClusterRow {
    /// Its own overview.
    pub(super) fn link(&self) -> String {
        format!("/{}", Asked::of("cluster", &self.name).query())
    }
}

/// All of several clusters; nothing where there is only one.
pub(crate) fn rows(
    store: &Store,
    view: &View,
    filter: &Filter,
) -> Result<Vec<ClusterRow>, StoreError> {
    if view.parts.len() < 2 {
        return Ok(Vec::new());
    }
    view.parts.iter().map(|part| row(store, part, filter)).collect()
}

fn row(store: &Store, part: &Part, filter: &Filter) -> Result<ClusterRow, StoreError> {
    let Part { shown, assessed, .. } = part;
    let filter = Filter { cluster: Some(shown.name.clone()), ..filter.clone() };
    Ok(ClusterRow {
        name: shown.name.clone(),
        severities: severities(store.counts(part.sight(), &filter, By::Severity)?.as_deref()),
        amounts: Amounts::of(part),
        gaps: assessed.gaps.len() as u64,
        assessed_at: (assessed.number > 0).then_some(assessed.snapshot.taken_at),
        is_away: shown.problem().is_some(),
    })
}
