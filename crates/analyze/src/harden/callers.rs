//! Which workloads name which Services, for the comments of policies.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use model::{Node, WorldId};

use super::Places;

/// Most callers told of one Service.
const CALLERS_MAX: usize = 5;

/// Most texts of one workload that are read, and bytes of each.
const TEXTS_MAX: usize = 1_000;
const TEXT_BYTES_MAX: usize = 4_096;

/// Workloads by the Service they name in an environment variable or an argument.
#[derive(Default)]
pub(super) struct Callers {
    by_service: BTreeMap<(WorldId, String, String), BTreeSet<String>>,
}

impl Callers {
    pub(super) fn find(places: &Places<'_>) -> Self {
        let mut services: HashSet<(WorldId, &str, &str)> = HashSet::new();
        for ((world, namespace), place) in places {
            services.extend(place.services.iter().map(|it| (*world, *namespace, it.name)));
        }
        let mut callers = Self::default();
        for ((world, namespace), place) in places {
            for workload in &place.workloads {
                for pod in &workload.pods {
                    let texts = pod.containers().flat_map(|it| texts(it.node));
                    for host in texts.take(TEXTS_MAX).flat_map(hosts) {
                        let mut parts = host.name.split('.');
                        let name = parts.next().unwrap_or_default();
                        let of = match parts.next() {
                            Some(of) => of,
                            None if host.is_address => namespace,
                            None => continue,
                        };
                        if services.contains(&(*world, of, name)) {
                            let caller = format!("{namespace}/{}", workload.object.name);
                            let key = (*world, of.to_owned(), name.to_owned());
                            callers.by_service.entry(key).or_default().insert(caller);
                        }
                    }
                }
            }
        }
        callers
    }

    /// The workloads that name a Service, for people; none if none does.
    pub(super) fn of(&self, world: WorldId, namespace: &str, service: &str) -> Option<String> {
        let callers = self.by_service.get(&(world, namespace.to_owned(), service.to_owned()))?;
        let shown: Vec<&str> = callers.iter().take(CALLERS_MAX).map(String::as_str).collect();
        let more = if callers.len() > CALLERS_MAX { ", …" } else { "" };
        Some(format!("{}{more}", shown.join(", ")))
    }
}

/// The texts of a container that may name a host. Credentials are none: they are redacted.
fn texts(container: Node<'_>) -> impl Iterator<Item = &str> {
    let env = container.list("env").filter_map(|variable| variable.str("value"));
    let arguments = ["command", "args"].into_iter().flat_map(move |key| container.list(key));
    env.chain(arguments.filter_map(Node::as_str)).filter(|text| text.len() <= TEXT_BYTES_MAX)
}

struct Host<'t> {
    name: &'t str,
    /// Whether it stands where only a host can: after `//` or before `:`.
    is_address: bool,
}

fn hosts(text: &str) -> impl Iterator<Item = Host<'_>> {
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| is_host(*byte))?;
        let length = bytes[start..].iter().position(|byte| !is_host(*byte));
        let end = length.map_or(bytes.len(), |length| start + length);
        at = end;
        let is_address = text[..start].ends_with("//") || text[end..].starts_with(':');
        Some(Host { name: &text[start..end], is_address })
    })
}
