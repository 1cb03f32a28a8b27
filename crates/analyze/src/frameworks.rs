//! The items of each framework, as data.

use crate::framework::{Coverage, Framework, Item};

mod cis_aks;
mod cis_kubernetes_1_12;
mod microsoft_threat_matrix;
mod mitre_attack_containers;
mod nsa_cisa;

/// Every framework, in the order they are listed.
pub(crate) const ALL: &[&Framework] = &[
    &cis_kubernetes_1_12::FRAMEWORK,
    &cis_aks::FRAMEWORK,
    &nsa_cisa::FRAMEWORK,
    &microsoft_threat_matrix::FRAMEWORK,
    &mitre_attack_containers::FRAMEWORK,
];

const fn item(id: &'static str, title: &'static str, coverage: Coverage) -> Item {
    Item { id, title, coverage }
}
