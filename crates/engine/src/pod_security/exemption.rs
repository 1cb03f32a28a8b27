//! Pods the API server's configuration exempts from Pod Security.

/// The exemptions of a `PodSecurityConfiguration`. Exempt users are left out: who will create a
/// pod is not known from the pod.
///
/// Source: `admission/admission.go` of `k8s.io/pod-security-admission`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exemptions {
    /// Namespaces whose pods are not judged.
    pub namespaces: Vec<String>,
    /// Runtime classes whose pods are not judged.
    pub runtime_classes: Vec<String>,
}

impl Exemptions {
    /// Whether a pod of this namespace and `runtimeClassName` is exempt. What is unset or empty
    /// never is.
    pub fn cover(&self, namespace: Option<&str>, runtime_class: Option<&str>) -> bool {
        let listed = |list: &[String], name: Option<&str>| {
            name.is_some_and(|name| !name.is_empty() && list.iter().any(|listed| listed == name))
        };
        listed(&self.namespaces, namespace) || listed(&self.runtime_classes, runtime_class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_exempt() {
        let exemptions = Exemptions {
            namespaces: vec!["kube-system".to_owned(), String::new()],
            runtime_classes: vec!["kata".to_owned()],
        };
        assert!(exemptions.cover(Some("kube-system"), None));
        assert!(exemptions.cover(Some("shop"), Some("kata")));
        assert!(!exemptions.cover(Some("shop"), Some("gvisor")));
        assert!(!exemptions.cover(Some(""), None));
        assert!(!exemptions.cover(None, None));
    }
}
