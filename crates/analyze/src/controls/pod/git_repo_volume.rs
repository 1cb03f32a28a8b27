//! The kubelet runs git as root on the node, on a repository the pod names.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-028",
    name: "git-repo-volume",
    title: "Volume filled by git on the node",
    impact: Impact::Node,
    reach: Reach::Writer,
    page: include_str!("git_repo_volume.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.volumes().filter(|volume| volume.node.get("gitRepo").is_some()) {
        let because = format!(
            "the kubelet clones the repository of volume `{}` as root on the node, and runs what \
             hooks it brings",
            volume.name()
        );
        let fix = Fix::advice("clone in an init container into an `emptyDir`");
        report.finding(volume.at("gitRepo"), because, fix);
    }
}
