//! A writable volume where programs lie undoes a read-only root file system.

use model::{Container, ContainerKind, Fix, Pod};

use super::writable::{Volumes, is_below};
use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-046",
    name: "writable-volume-over-programs",
    title: "Writable volume where programs lie",
    impact: Impact::Foothold,
    reach: Reach::Container,
    page: include_str!("writable_volume_over_programs.md"),
    check: Check::Pod(check),
};

/// Where programs and what they load lie (Filesystem Hierarchy Standard 3.0, sections 3.4, 3.9,
/// 3.16, 4.4, 4.6, 4.9 and 4.10), and what decides who runs which.
const FOLDERS: &[&str] = &[
    "/bin",
    "/etc/cron.d",
    "/etc/ld.so.conf.d",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
];

/// Folders of programs from which none is run unless somebody says so by its full name.
const DATA_BELOW: &[&str] = &["/usr/lib", "/usr/local/lib", "/lib"];

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    let volumes = Volumes::new(pod);
    // What an init container writes there is how tools are brought along: only those who serve
    // are asked.
    for container in pod.containers().filter(serves) {
        for (index, folder) in volumes.writable_mounts(&container) {
            let covers = |programs: &&&str| {
                let is_data = folder != **programs && DATA_BELOW.contains(*programs);
                is_below(folder, programs) && !is_data
            };
            let Some(programs) = FOLDERS.iter().find(covers) else { continue };
            let because = format!(
                "container `{}` can write to `{folder}`, and what lies in `{programs}` is run",
                container.name()
            );
            let at = container.at("volumeMounts").index(index).key("readOnly");
            let fix = Fix::set(at, "true").risky("the program may write there");
            report.finding(
                container.at("volumeMounts").index(index).key("mountPath"),
                because,
                fix,
            );
        }
    }
}

fn serves(container: &Container<'_>) -> bool {
    container.kind != ContainerKind::Init || container.is_sidecar()
}
