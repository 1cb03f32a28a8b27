//! `bollwerk access groups`: bindings to single users, and the groups they could become.

use std::io::Write;

use analyze::access::proposal::{self, ByScope, Equals, Proposals};
use analyze::access::rights::Scope;
use analyze::access::subject::Subject;
use anyhow::Result;
use report::harmless;
use serde_json::{Value, json};

use super::wording::{
    BOLD, DIM, YELLOW, listed, print_json, rights_as_json, rows, scope_as_json, scopes, shown,
};
use super::{UNKNOWN, World};
use crate::arguments::{AccessFormat, Groups};

/// Entries of each part on a terminal; all are in the JSON.
const SHOWN_MAX: usize = 50;
/// Rows of rights for each proposal on a terminal.
const ROWS_SHOWN_MAX: usize = 12;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Groups) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let proposals = proposal::of(&world.authorizer);
    match arguments.format {
        AccessFormat::Json => print_json(&as_json(&world, &proposals))?,
        AccessFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            as_text(&world, &proposals, &mut out)?;
            out.flush()?;
        }
    }
    let is_complete = proposals.left_out.is_empty() && world.gaps.is_empty();
    Ok(if is_complete { 0 } else { UNKNOWN })
}

fn as_text(world: &World, proposals: &Proposals, out: &mut dyn Write) -> Result<()> {
    let number = proposals.to_users.len();
    writeln!(out, "{BOLD}Bindings to single users: {number}{BOLD:#}")?;
    for (binding, users) in proposals.to_users.iter().take(SHOWN_MAX) {
        let users: Vec<String> = users.iter().map(|user| harmless(user)).collect();
        let place = shown(world.origin(world.authorizer.binding(*binding).source).as_ref());
        let (name, role) = (world.binding_name(*binding), world.bound_role_name(*binding));
        writeln!(out, "  {}  {DIM}{name} → {role}  {place}{DIM:#}", listed(&users))?;
    }
    more(number, out)?;
    let shared = || proposals.equals.iter().filter(|equals| equals.members.len() > 1);
    let number = shared().count();
    writeln!(out, "\n{BOLD}May do exactly the same: {number}{BOLD:#}")?;
    for equals in shared().take(SHOWN_MAX) {
        writeln!(out, "  {}", members(equals))?;
        writeln!(out, "    {DIM}one group with these rights: nobody gains or loses{DIM:#}")?;
        rights(&equals.rights, "      ", out)?;
    }
    more(number, out)?;
    let number = proposals.similar.len();
    writeln!(out, "\n{BOLD}Nearly the same: {number}{BOLD:#}")?;
    for similar in proposals.similar.iter().take(SHOWN_MAX) {
        let [a, b] = similar.sets.map(|set| &proposals.equals[set]);
        writeln!(out, "  {} and {}: {} % in common", members(a), members(b), similar.percent)?;
        for (set, gain, loss) in
            [(a, &similar.gains[0], &similar.gains[1]), (b, &similar.gains[1], &similar.gains[0])]
        {
            if !gain.is_empty() {
                let name = members(set);
                writeln!(out, "    {YELLOW}{name}{YELLOW:#} would gain, by the rights of both:")?;
                rights(gain, "      ", out)?;
            }
            if !loss.is_empty() {
                writeln!(out, "    {} would lose, by what is common:", members(set))?;
                rights(loss, "      ", out)?;
            }
        }
    }
    more(number, out)?;
    if proposals.not_compared > 0 {
        let number = proposals.not_compared;
        writeln!(out, "\n{number} smaller sets were not compared with the others.")?;
    }
    if !proposals.left_out.is_empty() {
        let names: Vec<String> =
            proposals.left_out.iter().map(|it| harmless(&it.to_string())).collect();
        writeln!(
            out,
            "\n{YELLOW}Left out{YELLOW:#}, because a role bound to them was not seen or cannot be \
             read: {}",
            listed(&names)
        )?;
    }
    Ok(())
}

fn more(number: usize, out: &mut dyn Write) -> Result<()> {
    if number > SHOWN_MAX {
        writeln!(out, "  … and {} more (`--format json` lists all)", number - SHOWN_MAX)?;
    }
    Ok(())
}

fn members(equals: &Equals) -> String {
    let names: Vec<String> = equals.members.iter().map(|it| harmless(&it.to_string())).collect();
    listed(&names)
}

/// Rights by scope, indented.
pub(super) fn rights(by_scope: &ByScope, indent: &str, out: &mut dyn Write) -> Result<()> {
    let mut left = ROWS_SHOWN_MAX;
    let mut unshown = 0;
    for (scope, rights) in by_scope {
        for row in rows(rights) {
            if left == 0 {
                unshown += 1;
                continue;
            }
            left -= 1;
            let place = match scope {
                Scope::Cluster => " in the whole cluster".to_owned(),
                Scope::Namespace(_) => format!(" in {}", scopes(&[scope])),
            };
            let gain = row.gain.map(|gain| format!("  ! {gain}")).unwrap_or_default();
            writeln!(
                out,
                "{indent}{} {}{DIM}{place}{gain}{DIM:#}",
                row.verbs,
                listed(&row.targets)
            )?;
        }
    }
    if unshown > 0 {
        writeln!(out, "{indent}{DIM}and {unshown} more{DIM:#}")?;
    }
    Ok(())
}

pub(super) fn by_scope_as_json(rights: &ByScope) -> Vec<Value> {
    let entry = |(scope, rights): (&Scope, _)| {
        json!({
            "namespace": scope_as_json(scope),
            "rights": rights_as_json(rights),
        })
    };
    rights.iter().map(entry).collect()
}

fn as_json(world: &World, proposals: &Proposals) -> Value {
    let names = |members: &[Subject]| members.iter().map(Subject::to_string).collect::<Vec<_>>();
    let to_users = proposals.to_users.iter().map(|(binding, users)| {
        let role = world.bound_role_name(*binding);
        json!({"binding": world.binding_as_json(*binding), "role": role, "users": users})
    });
    let equals = proposals.equals.iter().map(|equals| {
        json!({"members": names(&equals.members), "scopes": by_scope_as_json(&equals.rights)})
    });
    let similar = proposals.similar.iter().map(|similar| {
        let side = |number: usize| {
            json!({
                "members": names(&proposals.equals[similar.sets[number]].members),
                "wouldGain": by_scope_as_json(&similar.gains[number]),
                "wouldLose": by_scope_as_json(&similar.gains[1 - number]),
            })
        };
        json!({"percentInCommon": similar.percent, "sides": [side(0), side(1)]})
    });
    json!({
        "schema": "bollwerk.access-groups/v1",
        "kubernetesVersion": world.authorizer.version().to_string(),
        "bindingsToUsers": to_users.collect::<Vec<_>>(),
        "equals": equals.collect::<Vec<_>>(),
        "similar": similar.collect::<Vec<_>>(),
        "notCompared": proposals.not_compared,
        "leftOut": names(&proposals.left_out),
        "gaps": world.gaps.len(),
    })
}
