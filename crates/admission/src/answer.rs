//! The answer to a review.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::decide::{Decision, Told};

/// Findings that a refusal spells out; the rest is counted.
const REFUSALS_SHOWN_MAX: usize = 10;

/// Warnings of one answer. The API server passes on 4 KiB of them in all
/// (`k8s.io/apiserver/pkg/endpoints/filters/warning.go`).
const WARNINGS_MAX: usize = 12;

/// Bytes of one warning.
const WARNING_BYTES_MAX: usize = 250;

/// Bytes of one annotation of the audit log.
const ANNOTATION_BYTES_MAX: usize = 2 << 10;

/// What is sent back.
pub struct Answer {
    /// Whether the object goes in.
    pub is_allowed: bool,
    /// The `AdmissionReview`, as JSON.
    pub json: String,
}

/// Words a decision for the API server.
pub fn answer(uid: &str, decision: &Decision) -> Answer {
    let mut annotations = Map::new();
    let lists = [
        ("refused", &decision.refused),
        ("warned", &decision.warned),
        ("audited", &decision.audited),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            annotations.insert(name.to_owned(), listed(list).into());
        }
    }
    if !decision.undecided.is_empty() {
        let reasons: Vec<&str> = decision.undecided.iter().map(|gap| gap.reason.as_str()).collect();
        annotations
            .insert("undecided".to_owned(), cut(&reasons.join("; "), ANNOTATION_BYTES_MAX).into());
    }
    if !decision.annotations.is_empty() {
        let all: Vec<String> =
            decision.annotations.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        annotations
            .insert("policies".to_owned(), cut(&all.join("; "), ANNOTATION_BYTES_MAX).into());
    }
    if decision.is_exempt && !annotations.is_empty() {
        annotations.insert("exempt".to_owned(), "true".into());
    }
    let is_allowed = decision.is_allowed();
    let mut response = json!({"uid": uid, "allowed": is_allowed});
    if !annotations.is_empty() {
        response["auditAnnotations"] = Value::Object(annotations);
    }
    let warnings = warnings(decision);
    if !warnings.is_empty() {
        response["warnings"] = warnings.into();
    }
    if !is_allowed {
        response["status"] = json!({
            "status": "Failure", "code": 403, "reason": "Forbidden",
            "message": refusal(decision),
        });
    }
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response,
    });
    Answer { is_allowed, json: review.to_string() }
}

/// The control and the field of each.
fn listed(list: &[Told]) -> String {
    let one = |told: &Told| format!("{} at {}", told.finding.control, told.finding.path);
    cut(&list.iter().map(one).collect::<Vec<_>>().join("; "), ANNOTATION_BYTES_MAX)
}

/// Why, as whoever applied the object reads it.
fn refusal(decision: &Decision) -> String {
    let mut text = format!("bollwerk refuses {}:", decision.subject);
    for told in decision.refused.iter().take(REFUSALS_SHOWN_MAX) {
        let finding = &told.finding;
        let value = told.value.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        let _ = write!(
            text,
            "\n- {} [{}] at {}{value}: {}",
            finding.control, finding.severity, finding.path, finding.message
        );
        if let Some(fix) = &finding.fix {
            let _ = write!(text, "; to mend it: {}", fix.text);
        }
        let _ = write!(text, " (decided by {})", told.place);
    }
    if decision.refused.len() > REFUSALS_SHOWN_MAX {
        let _ = write!(text, "\n- and {} more", decision.refused.len() - REFUSALS_SHOWN_MAX);
    }
    if decision.is_refused_undecided {
        for gap in decision.undecided.iter().take(REFUSALS_SHOWN_MAX) {
            let _ = write!(text, "\n- not judged: {} (decided by admission.undecided)", gap.reason);
        }
    }
    text
}

fn warnings(decision: &Decision) -> Vec<String> {
    let told = decision.warned.iter().map(|told| {
        let (finding, before) = (&told.finding, if told.is_old { " (as before)" } else { "" });
        let text = format!(
            "bollwerk: {} at {}: {}{before}",
            finding.control, finding.path, finding.message
        );
        cut(&text, WARNING_BYTES_MAX)
    });
    let undecided = decision.undecided.iter().filter(|_| decision.is_warned_undecided);
    let undecided = undecided
        .map(|gap| cut(&format!("bollwerk: not judged: {}", gap.reason), WARNING_BYTES_MAX));
    let mut all: Vec<String> = undecided.chain(told).collect();
    if all.len() > WARNINGS_MAX {
        let more = all.len() - WARNINGS_MAX;
        all.truncate(WARNINGS_MAX);
        all.push(format!("bollwerk: and {more} more"));
    }
    all
}

/// A text of at most so many bytes, on one line.
fn cut(text: &str, bytes: usize) -> String {
    let text = text.replace(char::is_control, " ");
    if text.len() <= bytes {
        return text;
    }
    let end = text.floor_char_boundary(bytes - '…'.len_utf8());
    format!("{}…", &text[..end])
}
