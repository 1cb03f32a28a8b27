//! Edits of one text, checked on the tree.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use model::{Edit, Path, Segment};
use serde_json::Value;
use yaml::edit::{Change, Refusal, Splice, Step, edit};

/// Edits of one object that are done together or not at all.
pub(super) struct Job<'e> {
    /// The object's document in the text.
    pub(super) document: usize,
    /// The object's place in the document.
    pub(super) item: &'e Path,
    /// What to do.
    pub(super) edits: &'e [Edit],
}

/// Most jobs done to one object: each takes a pass over its file.
const JOBS_MAX: usize = 500;

/// Most passes over a text that turned out to change more than they should.
const FAILURES_MAX: u32 = 64;

/// The text with all jobs done that can be done, and for each job whether it was, or why not.
///
/// Objects are apart in the text, so a pass does one job of every object at once, and reads the
/// result once. When something else changed, the pass is done again in halves.
pub(super) fn apply(text: &str, jobs: &[Job<'_>]) -> (String, Vec<Result<(), String>>) {
    let mut work = Work {
        jobs,
        text: text.to_owned(),
        results: jobs.iter().map(|_| Ok(())).collect(),
        done: HashSet::new(),
        failures: 0,
    };
    let mut by_object: BTreeMap<(usize, &Path), Vec<usize>> = BTreeMap::new();
    for (number, job) in jobs.iter().enumerate() {
        by_object.entry((job.document, job.item)).or_default().push(number);
    }
    for numbers in by_object.values_mut() {
        // From the last item of a list to the first: taking one out moves those behind it.
        numbers.sort_by_key(|number| Reverse(jobs[*number].edits.first().map(place)));
        for number in numbers.drain(JOBS_MAX.min(numbers.len())..) {
            work.results[number] = Err("there is too much to do in its object".to_owned());
        }
    }
    let passes = by_object.values().map(Vec::len).max().unwrap_or_default();
    for pass in 0..passes {
        let pass: Vec<usize> =
            by_object.values().filter_map(|numbers| numbers.get(pass).copied()).collect();
        work.run(&pass);
    }
    (work.text, work.results)
}

struct Work<'j> {
    jobs: &'j [Job<'j>],
    text: String,
    results: Vec<Result<(), String>>,
    /// What two jobs ask for is done once; a second removal would take another item.
    done: HashSet<(usize, &'j Path, &'j Edit)>,
    failures: u32,
}

/// Why a pass was not taken.
enum Failure {
    /// It would change more than its fields: some of its jobs may still be done.
    ChangesMore,
    /// The text cannot be edited at all.
    Text(String),
}

impl Work<'_> {
    fn run(&mut self, pass: &[usize]) {
        if pass.is_empty() {
            return;
        }
        if self.failures >= FAILURES_MAX {
            return self.refuse(pass, "too much of its file is written in an unusual way");
        }
        match self.attempt(pass) {
            Ok(()) => {}
            Err(Failure::Text(reason)) => self.refuse(pass, &reason),
            Err(Failure::ChangesMore) if pass.len() == 1 => {
                self.failures += 1;
                self.refuse(pass, "the text would change more than the field");
            }
            Err(Failure::ChangesMore) => {
                self.failures += 1;
                let (first, second) = pass.split_at(pass.len() / 2);
                self.run(first);
                self.run(second);
            }
        }
    }

    fn refuse(&mut self, pass: &[usize], reason: &str) {
        for number in pass {
            self.results[*number] = Err(reason.to_owned());
        }
    }

    fn attempt(&mut self, pass: &[usize]) -> Result<(), Failure> {
        let limits = yaml::Limits::default();
        let stream = collect::manifests::stream(&self.text, &limits);
        let mut expected = documents(&stream).map_err(Failure::Text)?;
        let roots: Vec<_> =
            stream.documents().map(|document| document.ok().map(yaml::Document::root)).collect();
        let (mut splices, mut edits) = (Vec::new(), Vec::new());
        for number in pass {
            let job = &self.jobs[*number];
            let fresh = |edit: &&Edit| !self.done.contains(&(job.document, job.item, *edit));
            let wanted: Vec<&Edit> = job.edits.iter().filter(fresh).collect();
            let root = roots.get(job.document).copied().flatten();
            match root.ok_or_else(|| "it moved".to_owned()).and_then(|root| {
                wanted.iter().map(|edit| one(&stream, root, job.item, edit)).collect()
            }) {
                Ok::<Vec<Option<Splice>>, _>(found) => {
                    splices.extend(found.into_iter().flatten());
                    edits.extend(wanted.into_iter().map(|edit| (job.document, job.item, edit)));
                }
                Err(reason) => self.results[*number] = Err(reason),
            }
        }
        for (document, item, edit) in &edits {
            let root = expected.get_mut(*document).ok_or(Failure::ChangesMore)?;
            let steps: Vec<Step<'_>> = steps(item, place(edit));
            change_value(root, &steps, edit).ok_or(Failure::ChangesMore)?;
        }
        let text = spliced(&self.text, splices).ok_or(Failure::ChangesMore)?;
        let after = documents(&collect::manifests::stream(&text, &limits));
        if after.is_ok_and(|after| after == expected) {
            drop(roots);
            self.text = text;
            self.done.extend(edits);
            return Ok(());
        }
        Err(Failure::ChangesMore)
    }
}

/// The text with all splices; none when two of them are about the same bytes.
fn spliced(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|splice| (splice.span.start, splice.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for splice in splices {
        out.push_str(text.get(at..splice.span.start as usize)?);
        out.push_str(&splice.text);
        at = splice.span.end as usize;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

fn place(edit: &Edit) -> &Path {
    match edit {
        Edit::Set { at, .. } | Edit::Remove { at } => at,
    }
}

/// The splice of one edit; none when an earlier one has done it.
fn one(
    stream: &yaml::Stream<'_>,
    root: yaml::Node<'_>,
    item: &Path,
    change: &Edit,
) -> Result<Option<Splice>, String> {
    let steps = steps(item, place(change));
    let change = match change {
        Edit::Set { value, .. } => Change::Set(value),
        Edit::Remove { .. } => Change::Remove,
    };
    match edit(stream, root, &steps, change) {
        Ok(splice) => Ok(Some(splice)),
        Err(Refusal::Absent) => Ok(None),
        Err(refusal) => Err(refusal.to_string()),
    }
}

fn steps<'p>(item: &'p Path, at: &'p Path) -> Vec<Step<'p>> {
    let step = |segment: &'p Segment| match segment {
        Segment::Key(key) => Step::Key(key),
        Segment::Index(index) => Step::Index(*index as usize),
    };
    item.segments().iter().chain(at.segments()).map(step).collect()
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

/// The same change on the value, written independently of the text. Removing what is not there
/// changes nothing.
fn change_value(root: &mut Value, steps: &[Step<'_>], change: &Edit) -> Option<()> {
    let (last, way) = steps.split_last()?;
    let mut place = root;
    for step in way {
        place = match (step, change) {
            (Step::Key(key), Edit::Set { .. }) => {
                if place.is_null() {
                    *place = Value::Object(serde_json::Map::new());
                }
                place.as_object_mut()?.entry(*key).or_insert(Value::Null)
            }
            (Step::Key(key), Edit::Remove { .. }) => match place.get_mut(key) {
                Some(below) => below,
                None => return Some(()),
            },
            (Step::Index(index), _) => place.as_array_mut()?.get_mut(*index)?,
        };
    }
    match (change, last) {
        (Edit::Set { value, .. }, Step::Key(key)) => {
            if place.is_null() {
                *place = Value::Object(serde_json::Map::new());
            }
            let value = serde_json::from_str(value).ok()?;
            place.as_object_mut()?.insert((*key).to_owned(), value);
        }
        (Edit::Set { value, .. }, Step::Index(index)) => {
            *place.as_array_mut()?.get_mut(*index)? = serde_json::from_str(value).ok()?;
        }
        (Edit::Remove { .. }, Step::Key(key)) => {
            if let Some(map) = place.as_object_mut() {
                map.remove(*key);
            }
        }
        (Edit::Remove { .. }, Step::Index(index)) => {
            let items = place.as_array_mut()?;
            (*index < items.len()).then(|| items.remove(*index))?;
        }
    }
    Some(())
}
