//! Since Kubernetes 1.30 a field says what the annotation said.

use model::{Edit, Fix, Pod, Profile, Scope};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "BW-POD-034",
    name: "apparmor-by-annotation",
    title: "AppArmor profile by annotation",
    impact: Impact::Foothold,
    reach: Reach::Mistake,
    page: include_str!("apparmor_by_annotation.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    if pod.object.version.minor < FIELD_SINCE {
        return;
    }
    // That it asks for no profile at all is told by a control of its own.
    let old =
        pod.annotations().find(|(key, value)| key.starts_with(PREFIX) && *value != "unconfined");
    if let Some((key, _)) = old {
        let name = &key[PREFIX.len()..];
        let because = format!(
            "container `{name}` has its AppArmor profile from an annotation, which is deprecated \
             and checks no spelling: a container that is renamed loses it"
        );
        report.finding(pod.metadata_at("annotations").key(key), because, in_the_field(pod, key));
    }
}

const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The minor version of Kubernetes with the field.
const FIELD_SINCE: u32 = 30;

/// The same profile in the container's field. The API server itself copies the annotation there
/// (pkg/registry/core/pod/strategy.go, `applyAppArmorVersionSkew`), so no program notices.
fn in_the_field(pod: &Pod<'_>, key: &str) -> Fix {
    let advice = || Fix::advice("set `securityContext.appArmorProfile` instead");
    let name = &key[PREFIX.len()..];
    let mut named = pod.containers().filter(|container| container.name() == name);
    let (Some(container), None) = (named.next(), named.next()) else { return advice() };
    let profile = match container.app_armor() {
        Some(setting) if setting.scope == Scope::Annotation => setting.value,
        _ => return advice(),
    };
    let value = match profile {
        Profile::RuntimeDefault => r#"{"type":"RuntimeDefault"}"#.into(),
        Profile::Unconfined => r#"{"type":"Unconfined"}"#.into(),
        Profile::Localhost(Some(file)) if file.bytes().all(is_plain) => {
            format!(r#"{{"type":"Localhost","localhostProfile":"{file}"}}"#)
        }
        _ => return advice(),
    };
    let at = container.at("securityContext.appArmorProfile");
    let annotation = pod.metadata_at("annotations").key(key);
    let fix = Fix::set(at, value).and(Edit::Remove { at: annotation });
    fix.worded("say the same in `securityContext.appArmorProfile`, and remove the annotation")
}

/// What needs no escape in JSON, and is usual in the name of a profile.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./+:@".contains(&byte)
}
