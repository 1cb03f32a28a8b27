//! Reads groups and service tags from Azure's JSON.

use std::collections::{BTreeMap, BTreeSet};

use model::Node;

use super::{Access, Addresses, Direction, Rule, SecurityGroup, Surroundings};
use crate::network::address::{AddressSet, Prefix, parse_address};
use crate::network::ports::Protocol;

/// Most rules of a group (Azure takes 1,000), and prefixes or ports of a rule (Azure takes 4,000).
const RULES_MAX: usize = 4_000;
const ENTRIES_MAX: usize = 10_000;
/// Priorities of rules that people write.
const PRIORITIES: std::ops::RangeInclusive<i64> = 100..=4_096;
/// The address of the platform that probes of load balancers come from.
const PLATFORM: &str = "168.63.129.16";
/// Tags for what the platform offers at its own addresses.
const PLATFORM_TAGS: [(&str, &str); 2] =
    [("AzurePlatformDNS", PLATFORM), ("AzurePlatformIMDS", "169.254.169.254")];

/// Why a group cannot be read: Azure would refuse it, or it is not what Azure prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The group's name.
    pub group: String,
    /// What is wrong, with the rule's name.
    pub reason: String,
}

/// The groups of a document: one group, or a list of them as `az network nsg list` prints it.
pub fn groups(root: Node<'_>, surroundings: &Surroundings) -> Vec<Result<SecurityGroup, Refusal>> {
    if root.is_list() {
        return root.items().map(|node| group(node, surroundings)).collect();
    }
    // The REST interface wraps lists.
    match root.get("value").filter(|value| value.is_list()) {
        Some(list) => list.items().map(|node| group(node, surroundings)).collect(),
        None => vec![group(root, surroundings)],
    }
}

fn group(node: Node<'_>, surroundings: &Surroundings) -> Result<SecurityGroup, Refusal> {
    let name = node.str("name").unwrap_or_default().to_owned();
    let refuse = |reason: String| Refusal { group: name.clone(), reason };
    // `az` prints the properties beside the name, templates and the REST interface below.
    let properties = node.get("properties").unwrap_or(node);
    let Some(own) = properties.get("securityRules").filter(|list| list.is_list()) else {
        return Err(refuse("it has no list `securityRules`".to_owned()));
    };
    let mut rules = Vec::new();
    for rule in own.items() {
        rules.push(read(rule, false, surroundings).map_err(refuse)?);
        if rules.len() > RULES_MAX {
            return Err(refuse(format!("it has more than {RULES_MAX} rules")));
        }
    }
    let mut taken = BTreeSet::new();
    for rule in &rules {
        if !taken.insert((rule.direction as u8, rule.priority)) {
            let reason = format!("two rules have the priority {} in one direction", rule.priority);
            return Err(refuse(reason));
        }
    }
    let mut written = BTreeSet::new();
    for rule in properties.list("defaultSecurityRules").take(RULES_MAX) {
        let rule = read(rule, true, surroundings).map_err(refuse)?;
        written.insert(rule.name.clone());
        rules.push(rule);
    }
    // What was not printed is there nevertheless: no group ends without a word.
    rules.extend(defaults(surroundings).into_iter().filter(|rule| !written.contains(&rule.name)));
    rules.sort_by_key(|rule| (rule.direction as u8, rule.priority));
    let of_id = || {
        let mut parts = node.str("id").unwrap_or_default().split('/');
        parts.find(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
        parts.next()
    };
    let resource_group = node.str("resourceGroup").or_else(of_id).unwrap_or_default();
    let resource_group = resource_group.to_owned();
    Ok(SecurityGroup { name, resource_group, rules })
}

fn read(node: Node<'_>, is_default: bool, surroundings: &Surroundings) -> Result<Rule, String> {
    let name = node.str("name").unwrap_or("without name").to_owned();
    let properties = node.get("properties").unwrap_or(node);
    let wrong = |what: &str| format!("rule `{name}`: {what}");
    let text = |key: &str| {
        properties.str(key).ok_or_else(|| wrong(&format!("`{key}` is missing or no text")))
    };
    let priority = properties.int("priority").ok_or_else(|| wrong("`priority` is no number"))?;
    if !is_default && !PRIORITIES.contains(&priority) {
        return Err(wrong("`priority` is not between 100 and 4096"));
    }
    let priority = u32::try_from(priority).map_err(|_| wrong("`priority` is out of range"))?;
    let direction = match text("direction")?.to_ascii_lowercase().as_str() {
        "inbound" => Direction::Inbound,
        "outbound" => Direction::Outbound,
        _ => return Err(wrong("`direction` is neither Inbound nor Outbound")),
    };
    let access = match text("access")?.to_ascii_lowercase().as_str() {
        "allow" => Access::Allow,
        "deny" => Access::Deny,
        _ => return Err(wrong("`access` is neither Allow nor Deny")),
    };
    let protocols = match text("protocol")?.to_ascii_lowercase().as_str() {
        "*" => vec![Protocol::Tcp, Protocol::Udp, Protocol::Sctp],
        "tcp" => vec![Protocol::Tcp],
        "udp" => vec![Protocol::Udp],
        "icmp" | "icmpv6" | "esp" | "ah" => Vec::new(),
        _ => return Err(wrong("`protocol` is none of Tcp, Udp, Icmp, Esp, Ah and *")),
    };
    let addresses = |side: &str| addresses(properties, side, surroundings).map_err(|it| wrong(&it));
    let ports = |side: &str| ports(properties, side).map_err(|it| wrong(&it));
    let sides = ["sourceAddressPrefix", "destinationAddressPrefix"];
    let named = sides.iter().filter_map(|key| properties.str(key));
    let lists = ["sourceAddressPrefixes", "destinationAddressPrefixes"];
    let listed = lists.iter().flat_map(|key| properties.list(key)).filter_map(Node::as_str);
    let is_platform = |text: &str| PLATFORM_TAGS.iter().any(|it| it.0.eq_ignore_ascii_case(text));
    let names_platform = named.chain(listed).any(is_platform);
    Ok(Rule {
        names_platform,
        priority,
        direction,
        access,
        protocols,
        source: addresses("source")?,
        source_ports: ports("source")?,
        destination: addresses("destination")?,
        destination_ports: ports("destination")?,
        is_default,
        name,
    })
}

/// One entry and a list: `sourcePortRange` and `sourcePortRanges`.
fn entries<'a>(node: Node<'a>, one: &str, many: &str) -> Result<Vec<&'a str>, String> {
    let mut found = Vec::new();
    if let Some(text) = node.str(one).filter(|text| !text.is_empty()) {
        found.push(text);
    }
    for item in node.list(many) {
        found.push(item.as_str().ok_or_else(|| format!("`{many}` holds what is no text"))?);
        if found.len() > ENTRIES_MAX {
            return Err(format!("`{many}` has more than {ENTRIES_MAX} entries"));
        }
    }
    Ok(found)
}

fn addresses(node: Node<'_>, side: &str, surroundings: &Surroundings) -> Result<Addresses, String> {
    let (one, many) = (format!("{side}AddressPrefix"), format!("{side}AddressPrefixes"));
    let found = entries(node, &one, &many)?;
    let groups = format!("{side}ApplicationSecurityGroups");
    let has_groups = node.list(&groups).next().is_some();
    if found.is_empty() && !has_groups {
        return Err(format!("it has neither `{one}` nor `{groups}`"));
    }
    let mut all = if has_groups { Addresses::unknown() } else { Addresses::default() };
    for text in found {
        let part = prefix(text, surroundings)?;
        all.certain = all.certain.union(&part.certain);
        all.possible = all.possible.union(&part.possible);
    }
    Ok(all)
}

fn prefix(text: &str, surroundings: &Surroundings) -> Result<Addresses, String> {
    if matches!(text, "*" | "Any" | "any") {
        return Ok(Addresses::known(AddressSet::all()));
    }
    let set = Prefix::parse(text).map(AddressSet::prefix);
    if let Some(set) = set.or_else(|| parse_address(text).map(AddressSet::one)) {
        return Ok(Addresses::known(set));
    }
    if text.contains(['/', ':']) || text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(format!("`{text}` is neither a prefix nor a tag"));
    }
    Ok(surroundings.tag(text))
}

fn ports(node: Node<'_>, side: &str) -> Result<Vec<(u16, u16)>, String> {
    let (one, many) = (format!("{side}PortRange"), format!("{side}PortRanges"));
    let found = entries(node, &one, &many)?;
    if found.is_empty() {
        return Err(format!("it has no `{one}`"));
    }
    let range = |text: &str| {
        if text == "*" {
            return Some((0, u16::MAX));
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (range.0 <= range.1).then_some(range)
    };
    let ranges = found.into_iter().map(|text| {
        range(text).ok_or_else(|| format!("`{text}` is no port and no range of ports"))
    });
    ranges.collect()
}

impl Surroundings {
    /// What a service tag stands for.
    fn tag(&self, name: &str) -> Addresses {
        let platform = || parse_address(PLATFORM).map(AddressSet::one).unwrap_or_default();
        let virtual_network = || match &self.virtual_network {
            Some(set) => Addresses::known(set.union(&platform())),
            None => Addresses { certain: platform(), possible: AddressSet::all() },
        };
        if let Some((_, set)) = self.tags.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)) {
            return Addresses::known(set.clone());
        }
        let is_it = |(tag, _): &&(&str, &str)| tag.eq_ignore_ascii_case(name);
        if let Some((_, address)) = PLATFORM_TAGS.iter().find(is_it) {
            let address = parse_address(address).map(AddressSet::one);
            return Addresses::known(address.unwrap_or_default());
        }
        match name.to_ascii_lowercase().as_str() {
            "virtualnetwork" => virtual_network(),
            "azureloadbalancer" => Addresses::known(platform()),
            // "The IP address space that's outside the virtual network and reachable by the
            // public internet."
            "internet" => {
                let network = virtual_network();
                let public = AddressSet::internet();
                Addresses {
                    certain: public.difference(&network.possible),
                    possible: public.difference(&network.certain),
                }
            }
            _ => Addresses::unknown(),
        }
    }
}

/// The rules Azure adds to every group.
fn defaults(surroundings: &Surroundings) -> Vec<Rule> {
    use Access::{Allow, Deny};
    use Direction::{Inbound, Outbound};
    let table = [
        ("AllowVnetInBound", 65_000, Inbound, Allow, "VirtualNetwork", "VirtualNetwork"),
        ("AllowAzureLoadBalancerInBound", 65_001, Inbound, Allow, "AzureLoadBalancer", "*"),
        ("DenyAllInBound", 65_500, Inbound, Deny, "*", "*"),
        ("AllowVnetOutBound", 65_000, Outbound, Allow, "VirtualNetwork", "VirtualNetwork"),
        ("AllowInternetOutBound", 65_001, Outbound, Allow, "*", "Internet"),
        ("DenyAllOutBound", 65_500, Outbound, Deny, "*", "*"),
    ];
    let addresses = |text: &str| match text {
        "*" => Addresses::known(AddressSet::all()),
        tag => surroundings.tag(tag),
    };
    let rule =
        |(name, priority, direction, access, source, destination): (&str, _, _, _, _, _)| Rule {
            name: name.to_owned(),
            priority,
            direction,
            access,
            protocols: vec![Protocol::Tcp, Protocol::Udp, Protocol::Sctp],
            source: addresses(source),
            source_ports: vec![(0, u16::MAX)],
            destination: addresses(destination),
            destination_ports: vec![(0, u16::MAX)],
            is_default: true,
            names_platform: false,
        };
    table.into_iter().map(rule).collect()
}

/// The tags of Azure's published file "Azure IP Ranges and Service Tags".
pub fn service_tags(root: Node<'_>) -> BTreeMap<String, AddressSet> {
    let mut tags = BTreeMap::new();
    for value in root.list("values") {
        let (Some(name), Some(properties)) = (value.str("name"), value.get("properties")) else {
            continue;
        };
        let prefixes = properties.list("addressPrefixes").filter_map(Node::as_str);
        let prefixes = prefixes.filter_map(Prefix::parse);
        tags.insert(name.to_owned(), AddressSet::of_prefixes(prefixes));
    }
    tags
}
