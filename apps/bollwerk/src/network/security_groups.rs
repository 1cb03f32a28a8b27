//! `bollwerk network security-groups`: what Azure's groups let in, and what they cut.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use engine::network::address::AddressSet;
use engine::network::security_group::{
    Access, Direction, Need, Opening, SecurityGroup, Surroundings, edits_of_managed, groups,
    managed_needs, opening, service_tags,
};
use model::{Node, Redactions};
use report::harmless;
use serde_json::{Value, json};

use super::{NO, UNKNOWN};
use crate::arguments::{AroundGroups, NetworkFormat, SecurityGroups};
use crate::console::{BOLD, DIM, GREEN, RED, YELLOW, print_json};

/// Largest file of groups or tags, in bytes.
const BYTES_MAX: usize = 256 << 20;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &SecurityGroups) -> Result<u8> {
    let read = read(&arguments.files, &arguments.around)?;
    let all: Vec<&SecurityGroup> = read.iter().collect();
    let nodes = nodes(&arguments.around);
    let internet = AddressSet::internet();
    let open = opening(&all, Direction::Inbound, &internet, &nodes);
    let needs = managed_needs(&all, &nodes, None);
    match arguments.format {
        NetworkFormat::Json => print_json(&as_json(&all, open.as_ref(), &needs))?,
        NetworkFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            as_text(&all, open.as_ref(), &needs, &mut out)?;
            out.flush()?;
        }
    }
    let is_cut = needs.iter().any(|need| !need.closed.is_empty())
        || all.iter().any(|group| edits_of_managed(group).next().is_some());
    let is_unknown = !needs.is_empty() || open.is_none_or(|it| it.somewhere != it.possible);
    Ok(match () {
        () if is_cut => NO,
        () if is_unknown => UNKNOWN,
        () => 0,
    })
}

/// The groups of files, in their order.
pub(super) fn read(files: &[PathBuf], around: &AroundGroups) -> Result<Vec<SecurityGroup>> {
    let tags = match &around.service_tags {
        Some(path) => parsed(path, service_tags)?,
        None => std::collections::BTreeMap::new(),
    };
    let network = AddressSet::of_prefixes(around.virtual_network.iter().copied());
    let virtual_network = (!network.is_empty()).then_some(network);
    let surroundings = Surroundings { tags, virtual_network };
    let mut found = Vec::new();
    for path in files {
        for group in parsed(path, |root| groups(root, &surroundings))? {
            match group {
                Ok(group) => found.push(group),
                Err(refusal) => bail!(
                    "{}: the security group `{}` cannot be read: {}",
                    path.display(),
                    harmless(&refusal.group),
                    harmless(&refusal.reason)
                ),
            }
        }
    }
    Ok(found)
}

/// Where the nodes are: as given, else in the virtual network, else at any private address.
pub(super) fn nodes(around: &AroundGroups) -> AddressSet {
    let given = if around.nodes.is_empty() { &around.virtual_network } else { &around.nodes };
    let set = AddressSet::of_prefixes(given.iter().copied());
    if set.is_empty() { AddressSet::private() } else { set }
}

fn parsed<T>(path: &Path, read: impl FnOnce(Node<'_>) -> T) -> Result<T> {
    let shown = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut text = String::new();
    let limit = BYTES_MAX as u64 + 1;
    file.take(limit).read_to_string(&mut text).with_context(|| format!("cannot read {shown}"))?;
    if text.len() > BYTES_MAX {
        bail!("{shown} is larger than {BYTES_MAX} bytes");
    }
    let limits = yaml::Limits { bytes: BYTES_MAX, ..yaml::Limits::default() };
    let stream = yaml::Stream::json(&text, &limits);
    match stream.documents().next() {
        Some(Ok(document)) => Ok(read(Node::tree(document.root(), &Redactions::default()))),
        Some(Err(error)) => bail!("{shown} is no JSON: {}", harmless(&error.message)),
        None => bail!("{shown} is empty"),
    }
}

fn as_text(
    groups: &[&SecurityGroup],
    open: Option<&Opening>,
    needs: &[Need],
    out: &mut dyn Write,
) -> Result<()> {
    for group in groups {
        let place = if group.resource_group.is_empty() {
            String::new()
        } else {
            format!("  {DIM}{}{DIM:#}", harmless(&group.resource_group))
        };
        writeln!(out, "{BOLD}{}{BOLD:#}{place}", harmless(&group.name))?;
        for rule in &group.rules {
            let (color, access) = match rule.access {
                Access::Allow => (GREEN, "allow"),
                Access::Deny => (RED, "deny"),
            };
            let direction = direction(rule.direction);
            let name = harmless(&rule.name);
            let note = if rule.is_default { "  by default" } else { "" };
            writeln!(
                out,
                "  {:>5} {direction:<8} {color}{access:<5}{color:#} {name}{DIM}{note}{DIM:#}",
                rule.priority
            )?;
        }
        for rule in edits_of_managed(group) {
            writeln!(
                out,
                "  {YELLOW}{} was written by hand into the group that the platform keeps{YELLOW:#}",
                harmless(&rule.name)
            )?;
        }
    }
    writeln!(out, "\n{BOLD}From the internet to the nodes{BOLD:#}")?;
    match open {
        None => writeln!(out, "  {YELLOW}not known{YELLOW:#}: too many prefixes")?,
        Some(open) => {
            writeln!(out, "  open to all of it   {}", open.everywhere)?;
            let some = open.somewhere.difference(&open.everywhere);
            writeln!(out, "  open to some of it  {some}")?;
            let unknown = open.possible.difference(&open.somewhere);
            writeln!(out, "  not known           {unknown}")?;
        }
    }
    writeln!(out, "\n{BOLD}What AKS needs{BOLD:#}")?;
    if needs.is_empty() {
        writeln!(out, "  {GREEN}nothing of it is cut{GREEN:#}")?;
    }
    for need in needs {
        let by = match &need.rule {
            Some((group, rule)) => format!("  by {} of {}", harmless(rule), harmless(group)),
            None => String::new(),
        };
        if !need.closed.is_empty() {
            writeln!(out, "  {RED}cut{RED:#}        {}: {}{by}", need.what, need.closed)?;
        }
        if !need.unknown.is_empty() {
            writeln!(out, "  {YELLOW}not known{YELLOW:#}  {}: {}", need.what, need.unknown)?;
        }
    }
    Ok(())
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

fn as_json(groups: &[&SecurityGroup], open: Option<&Opening>, needs: &[Need]) -> Value {
    let group = |group: &&SecurityGroup| {
        let edits: Vec<&str> = edits_of_managed(group).map(|rule| rule.name.as_str()).collect();
        json!({
            "name": group.name,
            "resourceGroup": group.resource_group,
            "rules": group.rules.len(),
            "editsOfManaged": edits,
        })
    };
    let need = |need: &Need| {
        json!({
            "what": need.what,
            "direction": direction(need.direction),
            "closed": need.closed.to_string(),
            "unknown": need.unknown.to_string(),
            "group": need.rule.as_ref().map(|(group, _)| group),
            "rule": need.rule.as_ref().map(|(_, rule)| rule),
        })
    };
    json!({
        "schema": "bollwerk.network-security-groups/v1",
        "groups": groups.iter().map(group).collect::<Vec<_>>(),
        "fromInternet": open.map(|open| json!({
            "everywhere": open.everywhere.to_string(),
            "somewhere": open.somewhere.to_string(),
            "possible": open.possible.to_string(),
        })),
        "needs": needs.iter().map(need).collect::<Vec<_>>(),
    })
}
