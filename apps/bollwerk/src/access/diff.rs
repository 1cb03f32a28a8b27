//! `bollwerk access diff`: what a change grants and revokes, subject by subject.

use std::collections::BTreeSet;
use std::io::Write;

use analyze::access::proposal::ByScope;
use analyze::access::rights::Holdings;
use analyze::access::subject::Subject;
use anyhow::Result;
use report::harmless;
use serde_json::{Value, json};

use super::groups::{by_scope_as_json, rights};
use super::matrix::subjects;
use super::wording::{BOLD, GREEN, RED, YELLOW, counted, print_json};
use super::{NO, UNKNOWN, World};
use crate::arguments::{AccessFormat, Revision};
use crate::cluster::choose;
use crate::config::Settings;
use crate::side::Sides;

/// Subjects shown on a terminal; all are in the JSON.
const SHOWN_MAX: usize = 200;

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &Revision) -> Result<u8> {
    let settings = Settings::load(&arguments.sides.reading, None)?;
    let sides = Sides::new(&arguments.sides);
    let read = |name: &str| -> Result<World> {
        let side = sides.read(name, &settings)?;
        let id = choose(&side.snapshot.worlds, None)?;
        let mut world = World::new(side.snapshot, side.sources, id, &arguments.assumed);
        world.gaps.retain(|gap| !settings.report.accepted_gaps.contains(&gap.kind));
        crate::cluster::tell_gaps(&world.gaps);
        Ok(world)
    };
    let (old, new) = (read(&arguments.sides.old)?, read(&arguments.sides.new)?);
    let difference = Difference::of(&old, &new);
    match arguments.format {
        AccessFormat::Json => print_json(&difference.as_json(&old, &new))?,
        AccessFormat::Terminal => {
            let mut out = std::io::BufWriter::new(anstream::stdout());
            difference.as_text(&mut out)?;
            out.flush()?;
        }
    }
    let grants = difference.changed.iter().any(|change| !change.granted.is_empty());
    let is_complete = difference.uncertain.is_empty() && old.gaps.is_empty() && new.gaps.is_empty();
    Ok(match (grants, is_complete) {
        (true, _) => NO,
        (false, false) => UNKNOWN,
        (false, true) => 0,
    })
}

/// What differs.
struct Difference {
    changed: Vec<Change>,
    /// Subjects of which not everything is known on one side.
    uncertain: Vec<Subject>,
}

struct Change {
    subject: Subject,
    granted: ByScope,
    revoked: ByScope,
}

impl Difference {
    fn of(old: &World, new: &World) -> Self {
        let all: BTreeSet<Subject> = subjects(old).into_iter().chain(subjects(new)).collect();
        let mut found = Self { changed: Vec::new(), uncertain: Vec::new() };
        for subject in all {
            let of = |world: &World| Holdings::of(&world.authorizer, &subject.alone(), |_| true);
            let (before, after) = (of(old), of(new));
            let is_known = |it: &Holdings| it.unknown.is_empty() && !it.is_cut();
            if !is_known(&before) || !is_known(&after) {
                found.uncertain.push(subject.clone());
            }
            let (granted, revoked) = (after.beyond(&before), before.beyond(&after));
            if !granted.is_empty() || !revoked.is_empty() {
                found.changed.push(Change { subject, granted, revoked });
            }
        }
        found
    }

    fn as_text(&self, out: &mut dyn Write) -> Result<()> {
        if self.changed.is_empty() {
            writeln!(out, "Nobody may do more or less than before.")?;
        }
        for (number, change) in self.changed.iter().take(SHOWN_MAX).enumerate() {
            let gap = if number == 0 { "" } else { "\n" };
            writeln!(out, "{gap}{BOLD}{}{BOLD:#}", harmless(&change.subject.to_string()))?;
            if !change.granted.is_empty() {
                writeln!(out, "  {RED}may now{RED:#}")?;
                rights(&change.granted, "    + ", out)?;
            }
            if !change.revoked.is_empty() {
                writeln!(out, "  {GREEN}may no longer{GREEN:#}")?;
                rights(&change.revoked, "    - ", out)?;
            }
        }
        if self.changed.len() > SHOWN_MAX {
            let more = self.changed.len() - SHOWN_MAX;
            writeln!(out, "\n… and {more} more subjects (`--format json` lists all)")?;
        }
        if !self.uncertain.is_empty() {
            let subjects = counted(self.uncertain.len(), "subject");
            writeln!(
                out,
                "\n{YELLOW}Not all is known of {subjects}{YELLOW:#}: a role bound to them \
                 was not seen or cannot be read"
            )?;
            for subject in self.uncertain.iter().take(10) {
                writeln!(out, "  - {}", harmless(&subject.to_string()))?;
            }
        }
        Ok(())
    }

    fn as_json(&self, old: &World, new: &World) -> Value {
        let changed = self.changed.iter().map(|change| {
            json!({
                "subject": change.subject.to_string(),
                "granted": by_scope_as_json(&change.granted),
                "revoked": by_scope_as_json(&change.revoked),
            })
        });
        json!({
            "schema": "bollwerk.access-diff/v1",
            "kubernetesVersion": new.authorizer.version().to_string(),
            "subjects": changed.collect::<Vec<_>>(),
            "uncertain": self.uncertain.iter().map(Subject::to_string).collect::<Vec<_>>(),
            "gaps": {"old": old.gaps.len(), "new": new.gaps.len()},
        })
    }
}
