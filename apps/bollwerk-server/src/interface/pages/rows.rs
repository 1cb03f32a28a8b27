//! Findings and their changes, as pages and JSON show them.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A finding in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) fingerprint: String,
    pub(crate) cluster: String,
    pub(crate) control: String,
    pub(crate) severity: &'static str,
    /// `open`, `excepted` or `fixed`.
    pub(crate) state: &'static str,
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) owner: Option<String>,
    /// Why it is accepted, if it is.
    pub(crate) exception: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) first_seen: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) fixed_at: Option<Timestamp>,
}

impl Row {
    pub(crate) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    pub(crate) fn object_name(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

pub(crate) fn row(finding: &store::Finding) -> Row {
    Row {
        fingerprint: finding.fingerprint.clone(),
        cluster: finding.cluster.clone(),
        control: finding.control.clone(),
        severity: finding.severity.name(),
        state: state(finding.state),
        group: finding.group.clone(),
        kind: finding.kind.clone(),
        namespace: finding.namespace.clone(),
        name: finding.name.clone(),
        path: finding.path.clone(),
        message: finding.message.clone(),
        owner: finding.owner.clone(),
        exception: finding.exception.clone(),
        first_seen: finding.first_seen,
        fixed_at: finding.fixed_at,
    }
}

fn state(state: store::State) -> &'static str {
    match state {
        store::State::Open => "open",
        store::State::Excepted => "excepted",
        store::State::Fixed => "fixed",
    }
}

/// Something that happened to a finding.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// `appeared`, `returned`, `fixed`, `excepted` or `changed`.
    pub(crate) what: &'static str,
    pub(crate) fingerprint: String,
    pub(crate) cluster: String,
    pub(crate) control: String,
    pub(crate) severity: &'static str,
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    /// Which change of the cluster did it, if it is known.
    pub(crate) cause: Option<String>,
}

impl Change {
    pub(crate) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

pub(crate) fn change(row: &store::History) -> Change {
    Change {
        at: row.at,
        what: row.what.name(),
        fingerprint: row.fingerprint.clone(),
        cluster: row.cluster.clone(),
        control: row.control.clone(),
        severity: row.severity.name(),
        kind: row.kind.clone(),
        namespace: row.namespace.clone(),
        name: row.name.clone(),
        cause: row.cause.clone(),
    }
}
