//! `cargo xtask new control FAMILY/NAME`: the two files and the two lines of a control.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

/// Makes a control to fill in.
#[expect(clippy::print_stderr, reason = "tells what to do next")]
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [what, place] = arguments else { bail!("usage: cargo xtask new control FAMILY/NAME") };
    ensure!(what == "control", "only a `control` can be made so far");
    let (family, name) = place.split_once('/').context("name it FAMILY/NAME")?;
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure!(!name.is_empty() && name.bytes().all(word), "a name is lower case with hyphens");
    let folder = crate::root().join("crates/analyze/src/controls");
    let list = folder.join(format!("{family}.rs"));
    let text = fs::read_to_string(&list)
        .with_context(|| format!("there is no family `{family}`: {}", list.display()))?;
    let module = name.replace('-', "_");
    let code = folder.join(family).join(format!("{module}.rs"));
    ensure!(!code.exists(), "{} is there already", code.display());
    let id = format!("BW-{}-{:03}", family.to_uppercase(), next_number(&folder.join(family))?);
    fs::write(
        &code,
        CODE.replace("{id}", &id).replace("{name}", name).replace("{module}", &module),
    )?;
    fs::write(folder.join(family).join(format!("{module}.md")), PAGE.replace("{name}", name))?;
    fs::write(&list, with_lines(&text, &module)?)?;
    eprintln!(
        "made {}\nnow: the check, its page, `cargo xtask gen`, `cargo xtask test`",
        code.display()
    );
    Ok(())
}

/// One more than the highest number in the family.
fn next_number(folder: &std::path::Path) -> Result<u32> {
    let mut highest = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let line = text.lines().find_map(|line| line.trim().strip_prefix("id: \"BW-"));
        let number = line.and_then(|line| line.trim_end_matches("\",").rsplit('-').next());
        highest = highest.max(number.and_then(|number| number.parse().ok()).unwrap_or(0));
    }
    Ok(highest + 1)
}

/// The family's list with its two new lines: the module, in the order of the alphabet, and the
/// entry, at the end.
fn with_lines(text: &str, module: &str) -> Result<String> {
    let line = format!("mod {module};");
    let mut lines: Vec<&str> = text.lines().collect();
    let is_module = |text: &&str| text.starts_with("mod ");
    let last = lines.iter().rposition(is_module).context("the family declares no module")?;
    let after = lines.iter().position(|other| is_module(other) && *other > line.as_str());
    lines.insert(after.unwrap_or(last + 1), &line);
    let end = lines.iter().rposition(|line| line.trim() == "];").context("no list of controls")?;
    let entry = format!("    &{module}::CONTROL,");
    lines.insert(end, &entry);
    Ok(lines.join("\n") + "\n")
}

const CODE: &str = r#"//! What is wrong, in one sentence.

use model::{Fix, Pod};

use crate::{Check, Control, Impact, Reach, Report};

pub(super) const CONTROL: Control = Control {
    id: "{id}",
    name: "{name}",
    title: "What is wrong",
    impact: Impact::Node,
    reach: Reach::SecondFault,
    page: include_str!("{module}.md"),
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.containers().filter(|container| container.image().is_empty()) {
        let because = format!("container `{}` …: name the consequence", container.name());
        report.finding(container.at("image"), because, Fix::advice("what to do"));
    }
}
"#;

const PAGE: &str = "# What is wrong

What an attacker gains, for `{name}`.

When it is legitimate, and the narrower setting to use instead.

## Bad

## Good

## Mapping
";
