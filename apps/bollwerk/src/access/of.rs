//! `bollwerk access of`: everything a subject may do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use analyze::access::rights::{Holdings, Right, Scope};
use analyze::access::subject::Subject;
use anyhow::Result;
use engine::rbac::{BindingId, Grant, Groups, SubjectKind};
use report::{cells, harmless};
use serde_json::{Value, json};

use super::wording::{
    BOLD, DIM, RED, YELLOW, listed, print_json, rights_as_json, rows, scope_as_json, scopes, shown,
};
use super::{UNKNOWN, World};
use crate::arguments::{AccessFormat, Of};

/// Bindings named for a scope; the rest is counted.
const BINDINGS_SHOWN_MAX: usize = 6;
/// Rows of a scope on a terminal; all are in the JSON.
const ROWS_SHOWN_MAX: usize = 300;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Of) -> Result<u8> {
    let world = World::load(&arguments.inputs)?;
    let subject = &arguments.subject;
    let identity = subject.identity(world.memberships.as_ref());
    // What everybody has would hide what is special; it is all made by Kubernetes itself.
    let counts = |grant: &Grant| arguments.all || !is_common(&world, subject, grant);
    let mut told = Told {
        world: &world,
        subject,
        holdings: Holdings::of(&world.authorizer, &identity, counts),
        bindings: BTreeMap::new(),
        common: BTreeSet::new(),
        are_groups_known: matches!(identity.groups, Groups::Known(_)),
    };
    for permission in world.authorizer.permissions_of(&identity).permissions {
        let grant = permission.grant;
        if counts(&grant) {
            let namespace = world.authorizer.binding(grant.binding).namespace;
            let scope = namespace.map_or(Scope::Cluster, |it| Scope::Namespace(it.to_owned()));
            told.bindings.entry(scope).or_default().entry(grant.binding).or_insert(grant);
        } else {
            told.common.insert(grant.binding);
        }
    }
    match arguments.format {
        AccessFormat::Json => print_json(&told.as_json())?,
        AccessFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            told.as_text(&mut out)?;
            out.flush()?;
        }
    }
    Ok(if told.is_complete() { 0 } else { UNKNOWN })
}

/// Whether a grant comes by a group Kubernetes puts everybody into, from a binding it made.
fn is_common(world: &World, subject: &Subject, grant: &Grant) -> bool {
    let named = world.authorizer.subjects(grant.binding).nth(grant.subject as usize);
    !matches!(subject, Subject::Group(_))
        && world.is_built_in(grant)
        && named.is_some_and(|it| it.kind == SubjectKind::Group && it.name.starts_with("system:"))
}

struct Told<'a> {
    world: &'a World,
    subject: &'a Subject,
    holdings: Holdings,
    bindings: BTreeMap<Scope, BTreeMap<BindingId, Grant>>,
    common: BTreeSet<BindingId>,
    are_groups_known: bool,
}

impl Told<'_> {
    fn is_complete(&self) -> bool {
        self.holdings.unknown.is_empty()
            && !self.holdings.is_cut()
            && self.are_groups_known
            && self.world.gaps.is_empty()
    }

    fn as_text(&self, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "{BOLD}{}{BOLD:#}", harmless(&self.subject.to_string()))?;
        if self.holdings.is_master {
            writeln!(out, "\nIs in system:masters: may do everything, whatever RBAC says.")?;
        }
        let mut by_rights: BTreeMap<BTreeSet<Right>, Vec<Scope>> = BTreeMap::new();
        for (scope, rights) in self.holdings.essence() {
            by_rights.entry(rights).or_default().push(scope);
        }
        let mut sections: Vec<_> =
            by_rights.into_iter().map(|(rights, scopes)| (scopes, rights)).collect();
        sections.sort();
        for (in_scopes, rights) in &sections {
            let named: Vec<&Scope> = in_scopes.iter().collect();
            writeln!(out, "\n{BOLD}In {}{BOLD:#}", scopes(&named))?;
            self.through(&in_scopes[0], out)?;
            let rows = rows(rights);
            let width = rows.iter().map(|row| cells(&row.verbs)).max().unwrap_or_default().min(34);
            for row in rows.iter().take(ROWS_SHOWN_MAX) {
                let pad = " ".repeat(width.saturating_sub(cells(&row.verbs)));
                let (verbs, targets) = (&row.verbs, listed(&row.targets));
                match row.gain {
                    Some(gain) => {
                        writeln!(out, "{RED}!{RED:#} {verbs}{pad}  {targets}  {RED}{gain}{RED:#}")?;
                    }
                    None => writeln!(out, "  {verbs}{pad}  {targets}")?,
                }
            }
            if rows.len() > ROWS_SHOWN_MAX {
                writeln!(out, "  … and {} more rows", rows.len() - ROWS_SHOWN_MAX)?;
            }
        }
        if sections.is_empty() && !self.holdings.is_master {
            writeln!(out, "\nNothing that was read gives it any right of its own.")?;
        }
        if !self.common.is_empty() {
            let number = self.common.len();
            writeln!(
                out,
                "\n{DIM}And what {number} built-in bindings give to everybody like it: version, \
                 health, discovery (`--all` shows it).{DIM:#}"
            )?;
        }
        self.incomplete(out)
    }

    fn through(&self, scope: &Scope, out: &mut dyn Write) -> Result<()> {
        let Some(bindings) = self.bindings.get(scope) else { return Ok(()) };
        for (binding, grant) in bindings.iter().take(BINDINGS_SHOWN_MAX) {
            let (name, role) =
                (self.world.binding_name(*binding), self.world.role_name(grant.role));
            let named = self.world.subject_name(*binding, grant.subject);
            let by = if named == harmless(&self.subject.to_string()) {
                String::new()
            } else {
                format!("  as {named}")
            };
            let place = shown(self.world.place_of_binding(grant).as_ref());
            writeln!(out, "  {DIM}{name} → {role}{by}  {place}{DIM:#}")?;
        }
        if bindings.len() > BINDINGS_SHOWN_MAX {
            let more = bindings.len() - BINDINGS_SHOWN_MAX;
            writeln!(out, "  {DIM}and {more} more bindings{DIM:#}")?;
        }
        Ok(())
    }

    fn incomplete(&self, out: &mut dyn Write) -> Result<()> {
        if self.is_complete() {
            return Ok(());
        }
        writeln!(out, "\n{YELLOW}There may be more:{YELLOW:#}")?;
        if !self.are_groups_known {
            writeln!(
                out,
                "  - its groups are decided outside of Kubernetes and not known (`--groups` tells)"
            )?;
        }
        let unknown: BTreeSet<String> =
            self.holdings.unknown.iter().map(|it| self.world.unknown(it)).collect();
        for text in unknown.iter().take(ROWS_SHOWN_MAX) {
            writeln!(out, "  - {text}")?;
        }
        if self.holdings.is_cut() {
            writeln!(out, "  - there are more rights than can be compared")?;
        }
        if !self.world.gaps.is_empty() {
            writeln!(out, "  - {} things could not be read", self.world.gaps.len())?;
        }
        Ok(())
    }

    fn as_json(&self) -> Value {
        let scopes = self.holdings.essence().into_iter().map(|(scope, rights)| {
            let bindings = self.bindings.get(&scope).into_iter().flatten();
            let bindings = bindings.map(|(binding, grant)| {
                json!({
                    "binding": self.world.binding_as_json(*binding),
                    "role": self.world.role_as_json(grant.role),
                    "subject": self.world.subject_name(*binding, grant.subject),
                })
            });
            json!({
                "namespace": scope_as_json(&scope),
                "bindings": bindings.collect::<Vec<_>>(),
                "rights": rights_as_json(&rights),
            })
        });
        json!({
            "schema": "bollwerk.access-of/v1",
            "kubernetesVersion": self.world.authorizer.version().to_string(),
            "subject": self.subject.to_string(),
            "isMaster": self.holdings.is_master,
            "areGroupsKnown": self.are_groups_known,
            "isComplete": self.is_complete(),
            "scopes": scopes.collect::<Vec<_>>(),
            "commonBindings": self.common.len(),
            "unknown": self.holdings.unknown.iter().map(|it| self.world.unknown_as_json(it))
                .collect::<Vec<_>>(),
            "gaps": self.world.gaps.len(),
        })
    }
}
