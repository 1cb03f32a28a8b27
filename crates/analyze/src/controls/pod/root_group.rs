//! Membership in group 0 opens files that belong to root's group.

use model::{Fix, Pod};

use crate::controls::group;
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-007",
    name: "root-group",
    title: "Container runs in the root group",
    impact: Impact::Foothold,
    reach: Reach::SecondFault,
    page: include_str!("root_group.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if group::is_windows(pod) || !pod.host_users() {
        return;
    }
    let groups = group::by_place(pod, |container| {
        let group = container.run_as_group().filter(|group| group.value == 0)?;
        (!container.privileged()).then(|| container.security_at("runAsGroup", group.scope))
    });
    for group in groups {
        let because = format!("{} can use files of the root group", group.names());
        report.finding(group.at, because, Fix::advice("name a group that is not 0"));
    }
    for (index, group) in supplemental_groups(pod).enumerate() {
        if group == Some(0) {
            let at = pod.at("securityContext.supplementalGroups").index(index);
            let because = "all containers are members of the root group and can use its files";
            report.finding(
                at.clone(),
                because,
                Fix::remove(at).risky("the program may use files of the root group"),
            );
        }
    }
    if pod.security("fsGroup").and_then(model::Node::as_int) == Some(0) {
        let because = "volumes belong to the root group, and all containers are members of it";
        let fix = Fix::advice("name a group that is not 0");
        report.finding(pod.at("securityContext.fsGroup"), because, fix);
    }
}

fn supplemental_groups<'p>(pod: &'p Pod<'p>) -> impl Iterator<Item = Option<i64>> {
    let list = pod.security("supplementalGroups");
    list.into_iter().flat_map(model::Node::items).map(model::Node::as_int)
}
