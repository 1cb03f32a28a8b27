//! What the API server does not know it does not enforce.

use model::{Fix, Object};

use super::api;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-LIFECYCLE-001",
    name: "removed-api-version",
    title: "API version that is no longer served",
    impact: Impact::Availability,
    reach: Reach::SecondFault,
    page: include_str!("removed_api_version.md"),
    check: Check::Object(Kinds::Any, check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(api) = api::of(object) else { return };
    if object.version.minor >= api.removed {
        let because = format!(
            "{} `{}` is refused by Kubernetes {}, and what it is for is missing: `{}` was removed \
             in v1.{}",
            object.kind, object.name, object.version, object.api_version, api.removed
        );
        report.finding(object.at("apiVersion"), because, Fix::advice(api.advice()));
    }
}
