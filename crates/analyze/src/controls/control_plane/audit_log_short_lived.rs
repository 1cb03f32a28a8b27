//! An intrusion is found after weeks; the log has to be older.

use crate::{Check, Control, Impact, Reach, Report};
use model::{Component, ComponentKind, Fix};

pub(super) const CONTROL: Control = Control {
    id: "BW-CONTROLPLANE-009",
    name: "audit-log-short-lived",
    title: "Audit log kept for too short",
    impact: Impact::Evidence,
    reach: Reach::SecondFault,
    page: include_str!("audit_log_short_lived.md"),
    check: Check::Component(&[ComponentKind::ApiServer], check),
};

fn check(component: &Component<'_>, report: &mut Report<'_>) {
    // Nothing is kept on disk where the log goes to standard output.
    let is_file = component.text("audit-log-path").is_some_and(|path| path != "-");
    if !is_file {
        return;
    }
    let number = |name: &str| component.text(name).and_then(|value| value.parse::<u64>().ok());
    let short =
        FLOORS.iter().find(|(name, least, _)| number(name).is_some_and(|it| it > 0 && it < *least));
    if let Some((name, least, unit)) = short {
        let because = format!(
            "the audit log may be gone before anybody looks for it: `--{name}` is less than \
             {least} {unit}"
        );
        let fix = Fix::advice(format!("set `--{name}={least}` or more, or ship the log away"));
        report.finding(component.at(name), because, fix);
    }
}

/// The least that CIS asks for; 0 means without end, in number and in age.
const FLOORS: &[(&str, u64, &str)] = &[
    ("audit-log-maxage", 30, "days"),
    ("audit-log-maxbackup", 10, "files"),
    ("audit-log-maxsize", 100, "megabytes"),
];
