//! Settings a container has by itself or by its pod.

/// Where an effective setting was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the container's own security context.
    Container,
    /// In the pod's security context.
    Pod,
    /// In an annotation of the pod (the notation before fields existed).
    Annotation,
}

/// A value and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The effective value.
    pub value: T,
    /// Who set it.
    pub scope: Scope,
}

/// A seccomp or AppArmor profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile<'a> {
    /// No confinement.
    Unconfined,
    /// The container runtime's own.
    RuntimeDefault,
    /// One that was put on the node: a file (seccomp) or a loaded profile (AppArmor).
    Localhost(Option<&'a str>),
    /// A type Kubernetes does not know, or none.
    Other(Option<&'a str>),
}

impl<'a> Profile<'a> {
    /// From a `seccompProfile` or `appArmorProfile` field.
    pub(crate) fn from_field(profile: crate::Node<'a>) -> Self {
        match profile.str("type") {
            Some("Unconfined") => Self::Unconfined,
            Some("RuntimeDefault") => Self::RuntimeDefault,
            Some("Localhost") => Self::Localhost(profile.str("localhostProfile")),
            other => Self::Other(other),
        }
    }

    /// From the annotation that stood for the field before it existed.
    pub(crate) fn from_annotation(text: &'a str) -> Self {
        match text {
            "unconfined" => Self::Unconfined,
            "runtime/default" | "docker/default" => Self::RuntimeDefault,
            _ => match text.strip_prefix("localhost/") {
                Some(file) => Self::Localhost(Some(file)),
                None => Self::Other(Some(text)),
            },
        }
    }
}
