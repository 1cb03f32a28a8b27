//! What the limit ranges of a namespace give to containers that say nothing.

use model::{Node, Pod};

use crate::Report;

/// Most limit ranges of one namespace that are looked at.
const LIMIT_RANGES_MAX: usize = 64;

/// Resources that containers of a pod get a limit, or a request, of without asking.
#[derive(Default)]
pub(super) struct Defaults<'s> {
    items: Vec<Node<'s>>,
}

impl<'s> Defaults<'s> {
    /// Those of the pod's namespace; none where it has none, since what is in the input need not
    /// be what is there. If there are more limit ranges than can be looked at, that is told.
    pub(super) fn of(pod: &Pod<'_>, report: &mut Report<'s>) -> Option<Self> {
        let Some(namespace) = pod.object.namespace else { return Some(Self::default()) };
        let kind = ("", "LimitRange");
        let mut ranges = report.snapshot.neighbours(report.world, Some(namespace), kind);
        let found: Vec<_> = ranges.by_ref().take(LIMIT_RANGES_MAX).collect();
        if ranges.next().is_some() {
            let reason = format!(
                "namespace `{namespace}` has more than {LIMIT_RANGES_MAX} limit ranges: what they \
                 give to containers is not known"
            );
            report.unknown(pod.at("containers"), reason);
            return None;
        }
        let items = found.iter().filter_map(|range| range.root.field("spec.limits"));
        let items = items.flat_map(Node::items);
        let items = items.filter(|item| item.str("type") == Some("Container")).collect();
        Some(Self { items })
    }

    /// Whether a container gets a limit: `default`, else `max`
    /// (pkg/apis/core/v1/defaults.go, `SetDefaults_LimitRangeItem`).
    pub(super) fn limit(&self, resource: &str) -> bool {
        self.give(&["default", "max"], resource)
    }

    /// Whether a container gets a request: `defaultRequest`, else what the limit is, else `min`.
    pub(super) fn request(&self, resource: &str) -> bool {
        self.give(&["defaultRequest", "default", "max", "min"], resource)
    }

    fn give(&self, fields: &[&str], resource: &str) -> bool {
        self.items.iter().any(|item| {
            fields.iter().any(|field| item.get(field).and_then(|it| it.get(resource)).is_some())
        })
    }
}
