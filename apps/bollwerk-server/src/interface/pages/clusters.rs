//! Several clusters side by side, each with what is open in it.

use jiff::Timestamp;
use serde::Serialize;
use store::{By, Filter, Store, StoreError};
use utoipa::ToSchema;

use super::findings::{SeverityCount, severities};
use super::overview::amounts;
use crate::interface::asked::Asked;
use crate::interface::sight::{Part, View};

/// A cluster.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterRow {
    pub(super) name: String,
    pub(super) severities: Vec<SeverityCount>,
    pub(super) objects: u64,
    pub(super) workloads: u64,
    images: u64,
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
    let Part { shown, assessed, seen } = part;
    let filter = Filter { cluster: Some(shown.name.clone()), ..filter.clone() };
    let (objects, workloads, images) = amounts(assessed, seen);
    Ok(ClusterRow {
        name: shown.name.clone(),
        severities: severities(store.counts(part.sight(), &filter, By::Severity)?.as_deref()),
        objects,
        workloads,
        images,
        gaps: assessed.gaps.len() as u64,
        assessed_at: (assessed.number > 0).then_some(assessed.snapshot.taken_at),
        is_away: shown.problem().is_some(),
    })
}
