//! What the pages say: each rule in words, and texts that it finds or does not.

use super::rule::Family;
use super::rules::FAMILIES;

/// A rule in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it finds, to stand in a sentence: `GitHub OAuth token`.
    pub title: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

/// A text of a page, with what stands for random parts in it: `⟨hex 32⟩`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The rule it is for.
    pub rule: &'static str,
    /// The text.
    pub text: &'static str,
}

/// The family of a rule.
pub fn family(rule: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| find(family, rule).is_some()).copied()
}

/// What a rule is called and what to do about what it finds.
pub fn row(rule: &str) -> Option<Row> {
    FAMILIES.iter().find_map(|family| find(family, rule))
}

fn find(family: &Family, rule: &str) -> Option<Row> {
    family.page.lines().find_map(|line| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let is_it = cells.next()? == rule;
        let row = Row { title: cells.next()?, advice: cells.next()? };
        is_it.then_some(row)
    })
}

/// The texts below the heading `## ⟨heading⟩` of a page.
pub fn examples(page: &'static str, heading: &str) -> impl Iterator<Item = Example> {
    let head = format!("## {heading}\n\n```text\n");
    let start = page.find(&head).map_or(page.len(), |at| at + head.len());
    let body = page.get(start..).unwrap_or_default();
    let body = body.split("```").next().unwrap_or_default();
    body.lines().filter_map(|line| line.split_once(": ")).map(|(rule, text)| Example { rule, text })
}
