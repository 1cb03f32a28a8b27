//! A list of networks with all addresses in it looks like a guard and is none.

use model::{Fix, Object};

use super::service::{Fault, Opening, SERVICE, exposed, place};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-EXPOSURE-002",
    name: "load-balancer-range-everywhere",
    title: "Load balancer's ranges hold every address",
    impact: Impact::Foothold,
    reach: Reach::Outside,
    page: include_str!("load_balancer_range_everywhere.md"),
    check: Check::Object(SERVICE, check),
};

fn check(service: &Object<'_>, report: &mut Report<'_>) {
    let Some((opening @ Opening::AllRanges(_), Fault::Opening(name))) = exposed(service) else {
        return;
    };
    let because = format!(
        "everybody on the internet can reach Service `{name}`: its source ranges hold every \
         address"
    );
    let fix = Fix::advice("name the networks that need it, or make the load balancer internal");
    report.finding(place(service, opening), because, fix);
}
