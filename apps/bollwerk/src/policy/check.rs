//! `bollwerk policy check`: whether the expressions of policies compile.

use std::io::Write;

use anyhow::Result;
use engine::admission_policy::Policy;
use report::harmless;
use serde_json::{Value, json};

use super::{GROUP, Read, code, read};
use crate::arguments::{ListFormat, PolicyArguments};
use crate::cluster::place;

/// A policy, and where each of its faults stands.
struct Checked {
    policy: Policy,
    places: Vec<Option<(String, u32)>>,
}

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &PolicyArguments) -> Result<u8> {
    let read = read(arguments)?;
    let Read { snapshot, sources, is_whole } = &read;
    let mut all = Vec::new();
    for id in snapshot.ids() {
        let object = snapshot.object(id);
        if !object.is(GROUP, "ValidatingAdmissionPolicy") {
            continue;
        }
        let Some(policy) = Policy::read(&object) else { continue };
        let at =
            |fault: &engine::admission_policy::Fault| place(snapshot, sources, id, &fault.path);
        let places = policy.faults().iter().map(at).collect();
        all.push(Checked { policy, places });
    }
    let mut out = anstream::stdout();
    match arguments.format {
        ListFormat::Json => {
            let policies: Vec<Value> = all.iter().map(as_json).collect();
            let answer = json!({"schema": "bollwerk.policy-check/v1", "policies": policies});
            serde_json::to_writer_pretty(&mut out, &answer)?;
            writeln!(out)?;
        }
        ListFormat::Terminal => as_text(&all, &mut out)?,
    }
    let is_wrong = all.iter().any(|checked| !checked.policy.faults().is_empty());
    if all.is_empty() {
        anstream::eprintln!("no ValidatingAdmissionPolicy was read; name other paths");
    }
    Ok(code(is_wrong, *is_whole && !all.is_empty()))
}

fn as_text(all: &[Checked], out: &mut impl Write) -> Result<()> {
    for Checked { policy, places } in all {
        let (name, count) = (harmless(&policy.name), policy.expressions());
        if policy.faults().is_empty() {
            writeln!(out, "{name}: {count} expressions compile")?;
            continue;
        }
        writeln!(out, "{name}: {} problems in {count} expressions", policy.faults().len())?;
        for (fault, place) in policy.faults().iter().zip(places) {
            let shown = place.as_ref().map(|(file, line)| format!("{}:{line}: ", harmless(file)));
            let shown = shown.unwrap_or_default();
            let (path, problem) = (fault.path.to_string(), fault.problem.to_string());
            writeln!(out, "  {shown}{}: {}", harmless(&path), harmless(&problem))?;
        }
    }
    Ok(())
}

fn as_json(Checked { policy, places }: &Checked) -> Value {
    let problems = policy.faults().iter().zip(places).map(|(fault, place)| {
        json!({
            "path": fault.path.to_string(),
            "line": fault.problem.line,
            "column": fault.problem.column,
            "reason": fault.problem.reason,
            "file": place.as_ref().map(|(file, _)| file),
            "fileLine": place.as_ref().map(|(_, line)| line),
        })
    });
    json!({
        "name": policy.name,
        "expressions": policy.expressions(),
        "problems": problems.collect::<Vec<_>>(),
    })
}
