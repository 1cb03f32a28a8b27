//! Fixes of one text, each edit checked on the tree.

use std::cmp::Reverse;

use model::{Edit, Finding, Path, Segment, Snapshot};
use serde_json::Value;
use yaml::edit::{Change, Step, edit};

/// The text with the fixes of some findings applied, and the findings of which an edit cannot be
/// done without changing anything else, with the reason.
pub(super) fn fix<'f>(
    text: &str,
    findings: &[&'f Finding],
    snapshot: &Snapshot,
) -> (String, Vec<(&'f Finding, String)>) {
    let mut edits: Vec<(&Finding, &Edit)> = Vec::new();
    for finding in findings {
        edits.extend(finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| (*finding, edit)));
    }
    // From the last item of a list to the first: taking one out moves those behind it.
    edits.sort_by_key(|(finding, edit)| Reverse((finding.object, place(edit))));
    // What two findings ask for is done once; the second removal would take another item.
    edits.dedup_by(|(a, one), (b, other)| a.object == b.object && one == other);
    let mut current = text.to_owned();
    let mut refused: Vec<(&Finding, String)> = Vec::new();
    for (finding, change) in edits {
        let repaired = match finding.object {
            Some(object) => {
                let origin = snapshot.origin(object);
                one(&current, origin.document as usize, &origin.item, change)
            }
            None => Err("it is about no object".to_owned()),
        };
        match repaired {
            Ok(repaired) => current = repaired,
            Err(_) if refused.iter().any(|(known, _)| known.fingerprint == finding.fingerprint) => {
            }
            Err(reason) => refused.push((finding, reason)),
        }
    }
    (current, refused)
}

fn place(edit: &Edit) -> &Path {
    match edit {
        Edit::Set { at, .. } | Edit::Remove { at } => at,
    }
}

fn one(text: &str, document: usize, item: &Path, change: &Edit) -> Result<String, String> {
    let at = place(change);
    let change = match change {
        Edit::Set { value, .. } => Change::Set(value),
        Edit::Remove { .. } => Change::Remove,
    };
    let steps: Vec<Step<'_>> = item.segments().iter().chain(at.segments()).map(step).collect();
    let limits = yaml::Limits::default();
    let stream = collect::manifests::stream(text, &limits);
    let before = documents(&stream)?;
    let root = stream.documents().nth(document).and_then(Result::ok).ok_or("it moved")?.root();
    let splice = match edit(&stream, root, &steps, change) {
        Ok(splice) => splice,
        // An earlier edit has taken it out.
        Err(yaml::edit::Refusal::Absent) => return Ok(text.to_owned()),
        Err(refusal) => return Err(refusal.to_string()),
    };
    let after_text = splice.apply(text);
    let after = documents(&collect::manifests::stream(&after_text, &limits))?;
    let mut expected = before;
    let place = expected.get_mut(document).ok_or("it moved")?;
    change_value(place, &steps, change).ok_or("its place holds something else")?;
    if after == expected {
        Ok(after_text)
    } else {
        Err("the text would change more than the field".to_owned())
    }
}

fn step(segment: &Segment) -> Step<'_> {
    match segment {
        Segment::Key(key) => Step::Key(key),
        Segment::Index(index) => Step::Index(*index as usize),
    }
}

/// The documents of a text as JSON values; a broken one is null.
fn documents(stream: &yaml::Stream<'_>) -> Result<Vec<Value>, String> {
    let value = |document: Result<yaml::Document<'_>, &yaml::Error>| {
        let Ok(document) = document else { return Ok(Value::Null) };
        let mut json = String::new();
        document.root().write_json(&mut json);
        serde_json::from_str(&json).map_err(|error| error.to_string())
    };
    stream.documents().map(value).collect()
}

/// The same change on the value, written independently of the text.
fn change_value(root: &mut Value, steps: &[Step<'_>], change: Change<'_>) -> Option<()> {
    let (last, way) = steps.split_last()?;
    let mut place = root;
    for step in way {
        place = match step {
            Step::Key(key) => {
                if place.is_null() {
                    *place = Value::Object(serde_json::Map::new());
                }
                place.as_object_mut()?.entry(*key).or_insert(Value::Null)
            }
            Step::Index(index) => place.as_array_mut()?.get_mut(*index)?,
        };
    }
    match (change, last) {
        (Change::Set(value), Step::Key(key)) => {
            if place.is_null() {
                *place = Value::Object(serde_json::Map::new());
            }
            let value = serde_json::from_str(value).ok()?;
            place.as_object_mut()?.insert((*key).to_owned(), value);
        }
        (Change::Set(value), Step::Index(index)) => {
            *place.as_array_mut()?.get_mut(*index)? = serde_json::from_str(value).ok()?;
        }
        (Change::Remove, Step::Key(key)) => {
            place.as_object_mut()?.remove(*key)?;
        }
        (Change::Remove, Step::Index(index)) => {
            let items = place.as_array_mut()?;
            (*index < items.len()).then(|| items.remove(*index))?;
        }
    }
    Some(())
}
