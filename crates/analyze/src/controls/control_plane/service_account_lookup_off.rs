//! A token must end with the account or the pod it was made for.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-011",
    name: "service-account-lookup-off",
    title: "Tokens of deleted service accounts are taken",
    impact: Impact::Workload,
    reach: Reach::Reader,
    page: include_str!("service_account_lookup_off.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    const FLAG: &str = "service-account-lookup";
    if component.switch(FLAG) == Some(false) {
        let because = "a stolen token works on after its service account was deleted: the API \
                       server does not look whether it is still there";
        report.finding(component.at(FLAG), because, Fix::advice("remove the flag"));
    }
}
