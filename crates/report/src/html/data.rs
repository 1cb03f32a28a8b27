//! The findings as one block of JSON for the page's script: a table of columns whose texts are
//! numbers into lists, so that ten thousand findings take a megabyte.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use model::{Finding, Severity, Subject, cloud};
use serde::Serialize;

use super::frame::Lines;
use super::picture::Folders;
use crate::wording::{by_control, harmless};
use crate::{Report, json};

/// Most findings with their source lines in the page; they are the worst.
pub(super) const FRAMES_MAX: usize = 2_000;
/// For "none" in a column.
const NONE: i32 = -1;

/// A list of texts, each once.
#[derive(Default)]
struct Texts {
    list: Vec<String>,
    numbers: HashMap<String, i32>,
}

impl Texts {
    fn number(&mut self, text: &str) -> i32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = i32::try_from(self.list.len()).unwrap_or(NONE);
        self.list.push(harmless(text));
        self.numbers.insert(text.to_owned(), number);
        number
    }

    fn optional(&mut self, text: Option<&str>) -> i32 {
        text.map_or(NONE, |text| self.number(text))
    }
}

#[derive(Default, Serialize)]
struct Columns {
    severity: Vec<usize>,
    control: Vec<usize>,
    kind: Vec<i32>,
    namespace: Vec<i32>,
    name: Vec<i32>,
    file: Vec<i32>,
    line: Vec<u32>,
    path: Vec<i32>,
    message: Vec<i32>,
    fix: Vec<i32>,
    owner: Vec<i32>,
    fingerprint: Vec<String>,
}

#[derive(Serialize)]
struct Control {
    name: &'static str,
    id: &'static str,
    title: &'static str,
    family: &'static str,
}

#[derive(Serialize)]
struct Data {
    severities: Vec<&'static str>,
    controls: Vec<Control>,
    texts: Vec<String>,
    folders: Vec<String>,
    /// The folder of each file, by the number of the file's name.
    folder: BTreeMap<i32, usize>,
    rows: Columns,
    /// The source lines of the first rows.
    frames: Vec<Option<Lines>>,
}

pub(super) fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let controls: Vec<Control> = by_control(report)
        .into_iter()
        .map(|(rule, _)| Control {
            name: rule.name,
            id: rule.id,
            title: rule.title,
            family: rule.family,
        })
        .collect();
    let numbers: HashMap<&str, usize> = controls.iter().map(|it| it.name).zip(0..).collect();
    let folders = Folders::of(report);
    let (mut texts, mut rows) = (Texts::default(), Columns::default());
    let mut folder = BTreeMap::new();
    for finding in report.findings {
        rows.control.push(numbers.get(finding.control).copied().unwrap_or(0));
        rows.push(finding, &mut texts);
        if let (Some(place), Some(file)) = (&finding.location, rows.file.last()) {
            folder.entry(*file).or_insert_with(|| folders.number(&place.file));
        }
    }
    let lines = |finding: &Finding| {
        let (place, frame) = (finding.location.as_ref()?, finding.frame.as_ref()?);
        Some(Lines::new(place, frame))
    };
    let data = Data {
        severities: Severity::ALL.iter().map(|severity| severity.name()).collect(),
        controls,
        texts: texts.list,
        folders: folders.names,
        folder,
        rows,
        frames: report.findings.iter().take(FRAMES_MAX).map(lines).collect(),
    };
    let json = serde_json::to_string(&data)?;
    // Only texts hold a `<`; so escaped none can end the script element or begin a comment.
    out.write_all(json.replace('<', "\\u003c").as_bytes())
}

impl Columns {
    fn push(&mut self, finding: &Finding, texts: &mut Texts) {
        let severity = Severity::ALL.iter().position(|it| *it == finding.severity);
        self.severity.push(severity.unwrap_or(0));
        let (kind, namespace, name) = match &finding.subject {
            Subject::Object { kind, namespace, name, .. } => {
                (texts.number(kind), texts.optional(namespace.as_deref()), texts.number(name))
            }
            Subject::File(name) => (NONE, NONE, texts.number(name)),
            Subject::CloudResource { kind, name } => {
                (texts.number(kind), NONE, texts.number(&cloud::short_name(name)))
            }
        };
        self.kind.push(kind);
        self.namespace.push(namespace);
        self.name.push(name);
        let place = finding.location.as_ref();
        self.file.push(texts.optional(place.map(|place| json::file_name(&place.file))));
        self.line.push(place.map_or(0, |place| place.line));
        self.path.push(texts.number(&finding.path.to_string()));
        self.message.push(texts.number(&finding.message));
        self.fix.push(texts.optional(finding.fix.as_ref().map(|fix| fix.text.as_ref())));
        self.owner.push(texts.optional(finding.owner.as_deref()));
        let fingerprint = finding.fingerprint.as_str();
        self.fingerprint.push(fingerprint.trim_start_matches("f1:").to_owned());
    }
}
