//! An expression that fits every name copies every secret.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-011",
    name: "external-secret-finds-everything",
    title: "External secret copies all a store holds",
    impact: Impact::Neighbours,
    reach: Reach::Mistake,
    page: include_str!("external_secret_finds_everything.md"),
    check: Check::Object(
        Kinds::Of(&[
            ("external-secrets.io", "ExternalSecret"),
            ("external-secrets.io", "ClusterExternalSecret"),
        ]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    let below = if object.kind == "ExternalSecret" { "spec" } else { "spec.externalSecretSpec" };
    let sources = object.root.field(below).and_then(|spec| spec.get("dataFrom"));
    for (index, source) in sources.into_iter().flat_map(Node::items).enumerate() {
        let expression = source.field("find.name.regexp").and_then(Node::as_str);
        let Some(expression) = expression.filter(|text| FITS_ALL.contains(text)) else { continue };
        let at = object.at(below).field("dataFrom").index(index).field("find.name.regexp");
        let because = format!(
            "`{expression}` fits every name: all secrets that the store of `{}` may list come \
             into the cluster",
            object.name
        );
        report.finding(at, because, Fix::advice("name the secrets, or a prefix of their names"));
    }
}

const FITS_ALL: &[&str] = &["", ".", ".*", ".+", "^.*$", "^.+$", "(.*)"];
