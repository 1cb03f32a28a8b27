//! With `defaultAllow` every image runs while the backend is away.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-ADMISSION-013",
    name: "image-policy-fails-open",
    title: "Image policy lets pass what it cannot check",
    impact: Impact::Neighbours,
    reach: Reach::SecondFault,
    page: include_str!("image_policy_fails_open.md"),
    check: Check::Object(
        Kinds::Of(&[("apiserver.config.k8s.io", "AdmissionConfiguration")]),
        check,
    ),
};

fn check(object: &Object<'_>, report: &mut Report<'_>) {
    for (index, plugin) in object.root.list("plugins").enumerate() {
        let allows = plugin.field("configuration.imagePolicy.defaultAllow").and_then(Node::as_bool);
        if plugin.str("name") == Some("ImagePolicyWebhook") && allows == Some(true) {
            let at = object.at("plugins").index(index);
            let at = at.field("configuration.imagePolicy.defaultAllow");
            let because = "every image runs while the image policy's backend does not answer";
            report.finding(
                at.clone(),
                because,
                Fix::set(at, "false").risky("no pod starts while the webhook is away"),
            );
        }
    }
}
