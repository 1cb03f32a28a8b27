//! The first provider encrypts what is written; `identity` encrypts nothing.

use model::{Fix, Node, Object};

use crate::{Check, Control, Impact, Kinds, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-SECRET-013",
    name: "etcd-encryption-off",
    title: "Secrets stored unencrypted",
    impact: Impact::Cluster,
    reach: Reach::SecondFault,
    page: include_str!("etcd_encryption_off.md"),
    check: Check::Object(
        Kinds::Of(&[("apiserver.config.k8s.io", "EncryptionConfiguration")]),
        check,
    ),
};

fn check(configuration: &Object<'_>, report: &mut Report<'_>) {
    let rules = configuration.root.list("resources").enumerate();
    let mut found = None;
    for (index, rule) in rules {
        let covers = |name: &str| matches!(name, "secrets" | "*." | "*.*");
        if !rule.list("resources").filter_map(Node::as_str).any(covers) {
            continue;
        }
        // The first rule that names a resource is the one that counts.
        let first = rule.list("providers").next();
        let is_identity =
            first.is_some_and(|provider| provider.entries().any(|(key, _)| key == "identity"));
        found = is_identity.then_some(index);
        break;
    }
    if let Some(index) = found {
        let at = configuration.at("resources").index(index).field("providers").index(0);
        let because = "every Secret lies in etcd and in its backups as plain text: the first \
                       provider encrypts nothing";
        let fix =
            Fix::advice("put a `kms` or `secretbox` provider first, then rewrite all Secrets");
        report.finding(at, because, fix);
    }
}
