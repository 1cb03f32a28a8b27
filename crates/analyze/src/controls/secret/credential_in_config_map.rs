//! A ConfigMap is for what everybody may know.

use model::{Fix, Object};

use super::credential;
use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-003",
    name: "credential-in-config-map",
    title: "Credential in a ConfigMap",
    impact: Impact::Neighbours,
    reach: Reach::Reader,
    page: include_str!("credential_in_config_map.md"),
    check: Check::Object(Kinds::Of(&[("", "ConfigMap")]), check),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    let data = object.root.get("data");
    for (key, value) in data.into_iter().flat_map(model::Node::entries) {
        let Some(credential) = credential::named(value) else { continue };
        let because =
            format!("`{key}` holds {credential}, readable for everybody who may read ConfigMaps");
        let fix = Fix::advice("change the credential and keep it in a Secret");
        report.finding(object.at("data").key(key), because, fix);
    }
}
