//! The next upgrade takes it away.

use model::{Fix, Object};

use super::api;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-LIFECYCLE-002",
    name: "deprecated-api-version",
    title: "API version that will not be served for long",
    impact: Impact::Availability,
    reach: Reach::Mistake,
    page: include_str!("deprecated_api_version.md"),
    check: Check::Object(Kinds::Any, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(api) = api::of(object) else { return };
    let minor = object.version.minor;
    if minor >= api.deprecated && minor < api.removed {
        let because = format!(
            "{} `{}` is refused from Kubernetes v1.{} on, which stands in the way of that \
             upgrade: `{}` is deprecated",
            object.kind, object.name, api.removed, object.api_version
        );
        report.finding(object.at("apiVersion"), because, Fix::advice(api.advice()));
    }
}
