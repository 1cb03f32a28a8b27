//! `bollwerk access who-can`: everybody who may do something, and by what.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use analyze::access::rights::Scope;
use analyze::access::subject::Subject;
use anyhow::Result;
use engine::rbac::{Grant, NodeGrant, Nodes, RoleId, Unknown};
use report::{cells, harmless};
use serde_json::{Value, json};

use super::wording::{BOLD, DIM, YELLOW, print_json, scope_as_json, scopes, shown};
use super::{Asked, UNKNOWN, World, can};
use crate::arguments::{AccessFormat, Question, WhoCan};

/// Rows shown on a terminal; all are in the JSON.
const ROWS_SHOWN_MAX: usize = 500;
/// Members of a group shown on a terminal.
const MEMBERS_SHOWN_MAX: usize = 50;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &WhoCan) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let asked = world.asked(&arguments.question)?;
    let found = Found::of(&world, &asked);
    match arguments.format {
        AccessFormat::Json => print_json(&found.as_json(&world, &asked))?,
        AccessFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            found.as_text(&world, &asked, arguments.all, &mut out)?;
            out.flush()?;
        }
    }
    let is_complete = found.unknown.is_empty() && world.gaps.is_empty();
    Ok(if is_complete { 0 } else { UNKNOWN })
}

/// Somebody who may do what was asked, for a page.
pub struct Holder {
    /// Who: `Group:devs`.
    pub subject: String,
    /// Where: `namespace shop`.
    pub place: String,
    /// By what: `RoleBinding shop/devs → ClusterRole edit`.
    pub grant: String,
    /// Whether every API server makes the grant for itself.
    pub is_built_in: bool,
}

/// Everybody who may `verb` a resource, in one namespace or in the whole cluster and each of its
/// namespaces; and what hangs on things not known.
///
/// # Errors
///
/// A verb or a resource that there cannot be.
pub(super) fn holders(
    world: &World,
    verb: &str,
    resource: &str,
    namespace: Option<&str>,
) -> Result<(Vec<Holder>, Vec<String>)> {
    let question = Question {
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        name: None,
        namespace: namespace.map(str::to_owned),
        all_namespaces: false,
    };
    let found = Found::of(world, &world.asked(&question)?);
    let holder = |((subject, role), holds): (&(Subject, RoleId), &Holds)| {
        let binding = world.binding_name(holds.grant.binding);
        Holder {
            subject: harmless(&subject.to_string()),
            place: scopes(&holds.scopes.iter().collect::<Vec<_>>()),
            grant: format!("{binding} → {}", world.role_name(*role)),
            is_built_in: holds.is_built_in,
        }
    };
    let holders = found.holders.iter().map(holder).collect();
    Ok((holders, found.unknown.into_keys().collect()))
}

/// Everybody, each by each role.
#[derive(Default)]
struct Found {
    holders: BTreeMap<(Subject, RoleId), Holds>,
    nodes: BTreeMap<String, NodeGrant>,
    every_node: Option<NodeGrant>,
    /// By its words, so that each is told once.
    unknown: BTreeMap<String, Unknown>,
}

/// Where a role holds, and one of the grants that give it.
struct Holds {
    scopes: BTreeSet<Scope>,
    grant: Grant,
    grants: usize,
    /// Whether every API server makes all of them for itself.
    is_built_in: bool,
}

impl Found {
    fn of(world: &World, asked: &Asked<'_>) -> Self {
        let mut found = Self::default();
        let namespace = asked.question.namespace.as_deref();
        found.ask(world, asked, namespace.unwrap_or_default(), false);
        if namespace.is_none() && !asked.question.all_namespaces && asked.is_namespaced() {
            let namespaces: BTreeSet<&str> =
                world.authorizer.bindings().filter_map(|binding| binding.namespace).collect();
            for namespace in namespaces {
                found.ask(world, asked, namespace, true);
            }
        }
        found
    }

    /// `is_part`: the whole cluster was asked already, only what the namespace adds is new.
    fn ask(&mut self, world: &World, asked: &Asked<'_>, namespace: &str, is_part: bool) {
        let answer = world.authorizer.who_can(&asked.request(namespace));
        for (holder, grant) in answer.holders {
            let scope = match world.authorizer.binding(grant.binding).namespace {
                Some(namespace) => Scope::Namespace(namespace.to_owned()),
                None if is_part => continue,
                None => Scope::Cluster,
            };
            let holds =
                self.holders.entry((Subject::from(holder), grant.role)).or_insert_with(|| Holds {
                    scopes: BTreeSet::new(),
                    grant,
                    grants: 0,
                    is_built_in: true,
                });
            holds.scopes.insert(scope);
            holds.grants += 1;
            holds.is_built_in = holds.is_built_in && world.is_built_in(&grant);
        }
        match answer.nodes {
            Nodes::All(grant) => self.every_node = Some(grant),
            Nodes::Some(nodes) => self.nodes.extend(nodes),
        }
        for unknown in answer.unknown {
            self.unknown.entry(world.unknown(&unknown)).or_insert(unknown);
        }
    }

    fn as_text(
        &self,
        world: &World,
        asked: &Asked<'_>,
        all: bool,
        out: &mut dyn Write,
    ) -> Result<()> {
        let rows: Vec<_> =
            self.holders.iter().filter(|(_, holds)| all || !holds.is_built_in).collect();
        let built_in = self.holders.len() - rows.len();
        let place = match &asked.question.namespace {
            None if !asked.question.all_namespaces && asked.is_namespaced() => {
                " in the cluster or in a namespace".to_owned()
            }
            _ => asked.place(),
        };
        let subjects: BTreeSet<&Subject> = rows.iter().map(|((subject, _), _)| subject).collect();
        let (number, action) = (subjects.len(), asked.action());
        let who = match number {
            0 if built_in > 0 || self.every_node.is_some() => {
                "Nobody but Kubernetes itself".to_owned()
            }
            0 => "Nobody".to_owned(),
            1 => "1 subject".to_owned(),
            number => format!("{number} subjects"),
        };
        writeln!(out, "{BOLD}{who} may {action}{place}{BOLD:#}\n")?;
        let name = |subject: &Subject| harmless(&subject.to_string());
        let width = rows.iter().map(|((subject, _), _)| cells(&name(subject))).max();
        let width = width.unwrap_or_default().min(48);
        for ((subject, role), holds) in rows.iter().take(ROWS_SHOWN_MAX) {
            let name = name(subject);
            let pad = " ".repeat(width.saturating_sub(cells(&name)));
            let in_scopes: Vec<&Scope> = holds.scopes.iter().collect();
            writeln!(out, "{name}{pad}  {}", scopes(&in_scopes))?;
            through(world, *role, holds, out)?;
            members(world, subject, out)?;
        }
        if rows.len() > ROWS_SHOWN_MAX {
            let more = rows.len() - ROWS_SHOWN_MAX;
            writeln!(out, "… and {more} more (`--format json` lists all)")?;
        }
        if built_in > 0 {
            writeln!(
                out,
                "{DIM}{built_in} of Kubernetes' own subjects by built-in bindings (`--all` lists \
                 them){DIM:#}"
            )?;
        }
        if let Some(grant) = self.every_node {
            writeln!(out, "Every node  {DIM}Node authorizer: {}{DIM:#}", can::node(grant))?;
        }
        for (node, grant) in self.nodes.iter().take(ROWS_SHOWN_MAX) {
            let (node, why) = (harmless(node), can::node(*grant));
            writeln!(out, "Node {node}  {DIM}Node authorizer: {why}{DIM:#}")?;
        }
        writeln!(out, "\n{DIM}Members of system:masters may too, whatever RBAC says.{DIM:#}")?;
        self.incomplete(world, out)
    }

    fn incomplete(&self, world: &World, out: &mut dyn Write) -> Result<()> {
        if self.unknown.is_empty() && world.gaps.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{YELLOW}There may be more:{YELLOW:#}")?;
        for text in self.unknown.keys().take(ROWS_SHOWN_MAX) {
            writeln!(out, "  - {text}")?;
        }
        if !world.gaps.is_empty() {
            writeln!(out, "  - {} things could not be read", world.gaps.len())?;
        }
        Ok(())
    }

    fn as_json(&self, world: &World, asked: &Asked<'_>) -> Value {
        let question = asked.question;
        let resource = asked.resource.as_ref();
        let holders = self.holders.iter().map(|((subject, _), holds)| {
            let members: Option<Vec<&str>> = match (subject, &world.memberships) {
                (Subject::Group(group), Some(known)) => Some(known.members_of(group).collect()),
                _ => None,
            };
            json!({
                "kind": subject.kind(),
                "subject": subject.to_string(),
                "cluster": holds.scopes.contains(&Scope::Cluster),
                "namespaces": holds.scopes.iter().filter(|it| **it != Scope::Cluster)
                    .map(scope_as_json).collect::<Vec<_>>(),
                "grant": world.grant_as_json(&holds.grant),
                "grants": holds.grants,
                "members": members,
            })
        });
        let nodes = self
            .nodes
            .iter()
            .map(|(node, grant)| json!({"node": node, "reason": can::node(*grant)}));
        json!({
            "schema": "bollwerk.access-who-can/v1",
            "kubernetesVersion": world.authorizer.version().to_string(),
            "verb": question.verb,
            "resource": resource.map(|it| it.resource.as_str()),
            "apiGroup": resource.map(|it| it.api_group.as_str()),
            "subresource": resource.map(|it| it.subresource.as_str()).filter(|it| !it.is_empty()),
            "path": resource.is_none().then_some(question.resource.as_str()),
            "name": question.name,
            "namespace": question.namespace,
            "holders": holders.collect::<Vec<_>>(),
            "everyNode": self.every_node.map(can::node),
            "nodes": nodes.collect::<Vec<_>>(),
            "unknown": self.unknown.values().map(|it| world.unknown_as_json(it))
                .collect::<Vec<_>>(),
            "gaps": world.gaps.len(),
            "warning": resource.and_then(|it| it.warning.as_deref()),
        })
    }
}

fn through(world: &World, role: RoleId, holds: &Holds, out: &mut dyn Write) -> Result<()> {
    let place = shown(world.place_of_binding(&holds.grant).as_ref());
    let more = match holds.grants {
        1 => String::new(),
        2 => " and another binding".to_owned(),
        grants => format!(" and {} more bindings", grants - 1),
    };
    let (binding, role) = (world.binding_name(holds.grant.binding), world.role_name(role));
    writeln!(out, "  {DIM}{binding} → {role}  {place}{more}{DIM:#}")?;
    Ok(())
}

/// The members of a group, if memberships were given.
fn members(world: &World, subject: &Subject, out: &mut dyn Write) -> Result<()> {
    let (Subject::Group(group), Some(known)) = (subject, &world.memberships) else {
        return Ok(());
    };
    let mut number = 0;
    for member in known.members_of(group) {
        number += 1;
        if number <= MEMBERS_SHOWN_MAX {
            writeln!(out, "  └─ User:{}", harmless(member))?;
        }
    }
    if number > MEMBERS_SHOWN_MAX {
        writeln!(out, "  └─ and {} more", number - MEMBERS_SHOWN_MAX)?;
    }
    if number == 0 && !group.starts_with("system:") {
        writeln!(out, "  {DIM}└─ nobody, by the memberships given{DIM:#}")?;
    }
    Ok(())
}
