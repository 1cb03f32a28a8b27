//! Ends of a connection as people write them: `shop/cart`, `shop/deployment/cart`,
//! `shop?app=cart`, `10.0.0.0/8`, `internet`; and ports: `443`, `443/UDP`, `8000-8080`, `https`.

use std::fmt;
use std::str::FromStr;

use engine::network::address::{AddressSet, Prefix, parse_address};
use engine::network::ports::Protocol;
use engine::network::{Endpoint, Network, Workload, WorkloadId};
use model::{Container, Pod, Snapshot};

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The workloads of a namespace, those of every namespace if none is named, that have a name,
    /// a kind or labels: all of these that are given.
    Workloads {
        /// Their namespace.
        namespace: Option<String>,
        /// Their kind, in whatever case, in singular or plural.
        kind: Option<String>,
        /// Their name.
        name: Option<String>,
        /// Labels they have.
        labels: Vec<(String, String)>,
    },
    /// Addresses, and what was written for them.
    Addresses(AddressSet, String),
}

impl End {
    /// The ends that it stands for. A template stands for the pods that were seen of it.
    pub fn find(&self, network: &Network, snapshot: &Snapshot) -> Vec<Endpoint> {
        match self {
            Self::Addresses(set, _) => vec![Endpoint::Addresses(set.clone())],
            Self::Workloads { .. } => network
                .workloads()
                .filter(|id| self.is(network, snapshot, *id))
                .map(Endpoint::Workload)
                .collect(),
        }
    }

    fn is(&self, network: &Network, snapshot: &Snapshot, id: WorkloadId) -> bool {
        let Self::Workloads { namespace, kind, name, labels } = self else { return false };
        let it = network.workload(id);
        namespace.as_ref().is_none_or(|wanted| network.namespace_of(id) == wanted)
            && kind.as_ref().is_none_or(|wanted| is_kind(wanted, &it.kind))
            && name.as_ref().is_none_or(|wanted| *wanted == *it.name)
            && (labels.is_empty()
                || with_pod(snapshot, it, |pod| {
                    let own = pod.root.field("metadata.labels");
                    let own = |key: &str| own.and_then(|own| own.str(key));
                    labels.iter().all(|(key, value)| own(key) == Some(value))
                })
                .unwrap_or(false))
    }
}

/// Calls `look` with the pod of a workload.
pub fn with_pod<T>(
    snapshot: &Snapshot,
    workload: &Workload,
    look: impl FnOnce(&Pod<'_>) -> T,
) -> Option<T> {
    snapshot.object(workload.object).pods().get(workload.template as usize).map(look)
}

fn is_kind(wanted: &str, kind: &str) -> bool {
    let (wanted, kind) = (wanted.to_ascii_lowercase(), kind.to_ascii_lowercase());
    wanted == kind || wanted.strip_suffix('s').is_some_and(|singular| singular == kind)
}

impl FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "internet" {
            return Ok(Self::Addresses(AddressSet::internet(), text.to_owned()));
        }
        if let Some(set) = addresses(text) {
            return Ok(Self::Addresses(set, text.to_owned()));
        }
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let labels = query.split(',').filter(|it| !it.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                format!("`{pair}` is no label: `KEY=VALUE` is wanted after the question mark")
            })?;
            Ok((key.to_owned(), value.to_owned()))
        });
        let labels = labels.collect::<Result<Vec<_>, String>>()?;
        let parts: Vec<&str> = place.split('/').collect();
        let (namespace, kind, name) = match parts[..] {
            [namespace, kind, name] => (namespace, kind, name),
            [namespace, name] => (namespace, "*", name),
            [namespace] if text.contains('?') => (namespace, "*", "*"),
            _ => {
                return Err(format!(
                    "`{text}` is no end of a connection: NAMESPACE/NAME, NAMESPACE/KIND/NAME, \
                     NAMESPACE?LABEL=VALUE, an address, a prefix or `internet` is wanted"
                ));
            }
        };
        let given = |part: &str| (!matches!(part, "" | "*")).then(|| part.to_owned());
        let [namespace, kind, name] = [namespace, kind, name].map(given);
        Ok(Self::Workloads { namespace, kind, name, labels })
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Workloads { namespace, kind, name, labels } = self else {
            let Self::Addresses(_, text) = self else { return Ok(()) };
            return formatter.write_str(text);
        };
        let shown = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        formatter.write_str(&shown(namespace))?;
        if kind.is_some() {
            write!(formatter, "/{}", shown(kind))?;
        }
        if name.is_some() || kind.is_some() || labels.is_empty() {
            write!(formatter, "/{}", shown(name))?;
        }
        for (number, (key, value)) in labels.iter().enumerate() {
            write!(formatter, "{}{key}={value}", if number == 0 { '?' } else { ',' })?;
        }
        Ok(())
    }
}

fn addresses(text: &str) -> Option<AddressSet> {
    let prefix = Prefix::parse(text).map(AddressSet::prefix);
    prefix.or_else(|| parse_address(text).map(AddressSet::one))
}

/// An end with the port that is asked for, if any: `data/postgres:5432`, `[fd00::1]:443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The end.
    pub end: End,
    /// The port; all of them if none.
    pub port: Option<Port>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = rest.split_once(']').ok_or("`]` is missing")?;
            let port = match rest.strip_prefix(':') {
                Some(port) => Some(port.parse()?),
                None if rest.is_empty() => None,
                None => return Err(format!("`{rest}` is no port: `:PORT` is wanted after `]`")),
            };
            return Ok(Self { end: address.parse()?, port });
        }
        match text.rsplit_once(':') {
            // An address of IPv6 has colons of its own.
            Some((end, port)) if addresses(text).is_none() => {
                Ok(Self { end: end.parse()?, port: Some(port.parse()?) })
            }
            _ => Ok(Self { end: text.parse()?, port: None }),
        }
    }
}

/// A port as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// Numbers, first and last.
    Numbers(Protocol, u16, u16),
    /// The name of a container's port, which each pod may give another number.
    Name(String),
}

impl Port {
    /// The numbers it has at an end; none where nothing there has this name.
    pub fn numbers(
        &self,
        end: &Endpoint,
        network: &Network,
        snapshot: &Snapshot,
    ) -> Vec<(Protocol, u16, u16)> {
        match (self, end) {
            (Self::Numbers(protocol, first, last), _) => vec![(*protocol, *first, *last)],
            (Self::Name(_), Endpoint::Addresses(_)) => Vec::new(),
            (Self::Name(name), Endpoint::Workload(id)) => {
                with_pod(snapshot, network.workload(*id), |pod| named(pod, name))
                    .unwrap_or_default()
            }
        }
    }
}

fn named(pod: &Pod<'_>, name: &str) -> Vec<(Protocol, u16, u16)> {
    let is_named = |container: Container<'_>| {
        let ports = container.ports().filter(|port| port.node.str("name") == Some(name));
        let ports = ports.filter_map(|port| {
            let protocol = Protocol::of(port.node.str("protocol").unwrap_or("TCP"))?;
            let number = u16::try_from(port.node.int("containerPort")?).ok()?;
            (number > 0).then_some((protocol, number, number))
        });
        ports.collect::<Vec<_>>()
    };
    pod.containers().flat_map(is_named).collect()
}

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (numbers, protocol) = text.split_once('/').unwrap_or((text, "TCP"));
        let protocol = Protocol::of(&protocol.to_ascii_uppercase())
            .ok_or_else(|| format!("`{protocol}` is no protocol: TCP, UDP or SCTP is wanted"))?;
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self::Numbers(protocol, first, last)),
            // IANA service names, as Kubernetes' validation wants them (RFC 6335, section 5.1).
            _ if !text.contains('/')
                && text.len() <= 15
                && text.bytes().any(|byte| byte.is_ascii_alphabetic())
                && text
                    .bytes()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-') =>
            {
                Ok(Self::Name(text.to_owned()))
            }
            _ => Err(format!(
                "`{text}` is no port: `443`, `443/UDP`, `8000-8080` or the name of a port is wanted"
            )),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => formatter.write_str(name),
            Self::Numbers(protocol, first, last) if first == last => {
                write!(formatter, "{} {first}", protocol.name())
            }
            Self::Numbers(protocol, first, last) => {
                write!(formatter, "{} {first}-{last}", protocol.name())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> String {
        match text.parse::<Target>() {
            Ok(Target { end, port }) => {
                format!("{end} {}", port.map(|port| port.to_string()).unwrap_or_default())
            }
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn ends_are_read_as_people_write_them() {
        for (text, expected) in [
            ("shop/cart", "shop/cart "),
            ("shop/deployment/cart:8080", "shop/deployment/cart TCP 8080"),
            ("shop?app=cart,tier=web:https", "shop?app=cart,tier=web https"),
            ("?app=cart:53/udp", "*?app=cart UDP 53"),
            ("shop/*:8000-8080", "shop/* TCP 8000-8080"),
            ("internet", "internet "),
            ("10.0.0.0/8:443", "10.0.0.0/8 TCP 443"),
            ("169.254.169.254", "169.254.169.254 "),
            ("fd00:ec2::254", "fd00:ec2::254 "),
            ("[fd00:ec2::254]:80", "fd00:ec2::254 TCP 80"),
            ("2001:db8::/32", "2001:db8::/32 "),
        ] {
            assert_eq!(target(text), expected, "{text}");
        }
        for text in
            ["", "cart", "a/b/c/d", "shop?app", "shop/cart:0", "shop/cart:70000", "[::1", "a/b:x/y"]
        {
            assert!(target(text).starts_with("error: "), "{text}: {}", target(text));
        }
    }
}
