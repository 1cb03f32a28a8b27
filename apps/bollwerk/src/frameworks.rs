//! `bollwerk frameworks`: what can be asked with `scan --framework`, and how much of each is seen.

use std::io::Write;

use analyze::framework::{Coverage, Framework};
use analyze::frameworks;
use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::{Frameworks, ListFormat};

/// Lists every framework.
pub(crate) fn list(arguments: &Frameworks) -> Result<u8> {
    let mut out = anstream::stdout();
    match arguments.format {
        ListFormat::Json => {
            let all: Vec<Value> = frameworks::all().iter().map(|it| as_json(it)).collect();
            let list = json!({ "schema": "bollwerk.frameworks/v1", "frameworks": all });
            serde_json::to_writer_pretty(&mut out, &list)?;
            writeln!(out)?;
        }
        ListFormat::Terminal => as_text(&mut out)?,
    }
    Ok(0)
}

fn as_text(out: &mut impl Write) -> Result<()> {
    const BOLD: anstyle::Style = anstyle::Style::new().bold();
    const DIM: anstyle::Style = anstyle::Style::new().dimmed();
    writeln!(out, "{DIM}  items  seen  in part  name{DIM:#}")?;
    for framework in frameworks::all() {
        let count =
            |is: fn(Coverage) -> bool| framework.items().filter(|item| is(item.coverage)).count();
        let (all, seen) = (count(|_| true), count(|it| it == Coverage::Controls));
        let part = count(|it| matches!(it, Coverage::Partly(_)));
        let Framework { name, title, .. } = framework;
        writeln!(
            out,
            "  {all:>5}  {seen:>4}  {part:>7}  {BOLD}{name:<24}{BOLD:#} {DIM}{title}{DIM:#}"
        )?;
    }
    writeln!(out, "\n{DIM}bollwerk scan PATH --framework NAME answers one item by item{DIM:#}")?;
    Ok(())
}

fn as_json(framework: &'static Framework) -> Value {
    let items = framework.sections.iter().flat_map(|section| {
        section.items.iter().map(|item| {
            let controls: Vec<&str> = framework.controls(item).map(|it| it.name).collect();
            json!({
                "section": section.title,
                "id": item.id,
                "title": item.title,
                "answeredBy": item.coverage.to_string(),
                "controls": controls,
            })
        })
    });
    json!({
        "name": framework.name,
        "title": framework.title,
        "source": framework.source,
        "items": items.collect::<Vec<_>>(),
    })
}
