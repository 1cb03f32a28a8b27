//! The screens. Each is a value, shown as a page or as JSON.

pub(crate) mod access;
mod clusters;
pub(crate) mod compliance;
pub(crate) mod control;
pub(crate) mod decisions;
pub(crate) mod exceptions;
pub(crate) mod findings;
pub(crate) mod health;
pub(crate) mod images;
pub(crate) mod login;
pub(crate) mod network;
pub(crate) mod overview;
mod rows;
mod trend;
pub(crate) mod vulnerabilities;
pub(crate) mod workloads;

use utoipa::IntoParams;

/// Filters of lists. Lists take those that are about what they hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents what `Asked` reads")]
pub(crate) struct ListParameters {
    /// A text in the name, the message or the control; case does not count.
    q: Option<String>,
    /// `critical`, `high`, `medium`, `low` or `info`, and `unrated` of vulnerabilities; several
    /// with commas.
    severity: Option<String>,
    /// Name of a control.
    control: Option<String>,
    /// The namespace.
    namespace: Option<String>,
    /// The object's kind.
    kind: Option<String>,
    /// The object's name.
    name: Option<String>,
    /// Who answers for it.
    owner: Option<String>,
    /// `open` (if nothing is said), `excepted`, `fixed` or `all`.
    state: Option<String>,
    /// `severity`, `newest` or `oldest`.
    order: Option<String>,
    /// `yes`: what the internet reaches.
    exposed: Option<String>,
    /// Images: whether a tag by which they run names another image now.
    drift: Option<bool>,
    /// Images: whether they were built longer ago than `images.oldAfterDays`.
    old: Option<bool>,
    /// Answers of the webhook: let in with a warning, or refused.
    allowed: Option<bool>,
    /// `next` of the page before.
    after: Option<String>,
    /// Rows of a page: 1 to 500.
    limit: Option<u32>,
    /// In this cluster alone, if there are several.
    cluster: Option<String>,
}

/// Where there are several clusters and an answer is about one.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents what `Asked` reads")]
pub(crate) struct ClusterParameter {
    /// The cluster, if there are several.
    cluster: Option<String>,
}

/// Questions about access.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents what `Asked` reads")]
pub(crate) struct AccessParameters {
    /// Where somebody starts: `Group:devs`, `User:alice`, `ServiceAccount:NAMESPACE:NAME`,
    /// `Pod:NAMESPACE:NAME`.
    from: Option<String>,
    /// The goal: `cluster-admin`, `node`, `node:NAME`, `secrets`, `secrets:NAMESPACE` …
    to: Option<String>,
    /// With `resource`: who may do this?
    verb: Option<String>,
    /// `secrets`, `pods/exec`, `deployments.apps`.
    resource: Option<String>,
    /// In this namespace alone.
    namespace: Option<String>,
    /// The cluster, if there are several.
    cluster: Option<String>,
}
