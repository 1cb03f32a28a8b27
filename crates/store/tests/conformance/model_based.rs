//! Random operations on a store and on a plain model of it, which must agree on everything.

use std::collections::{BTreeMap, BTreeSet};

use model::Severity;
use store::{By, Filter, NewFinding, Old, Order, PageRequest, Sight, State, Store, Unseen};

use crate::places::each;
use crate::{at, finding, record_unseen};

/// Seeds that are tried on each store: more under `BOLLWERK_PROVE`.
fn seeds() -> u64 {
    if std::env::var_os("BOLLWERK_PROVE").is_some() { 200 } else { 6 }
}

/// A small generator of random numbers: the tests need no good ones, only the same ones again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 8) % limit
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }
}

const NAMESPACES: &[&str] = &["shop", "bank", "mail"];
const CONTROLS: &[&str] = &["root", "tag", "limits"];

/// A finding as the model has it.
#[derive(Clone, Debug)]
struct Kept {
    finding: NewFinding,
    state: State,
    first_seen: i64,
    changed_at: i64,
    events: usize,
}

#[derive(Default)]
struct Model {
    findings: BTreeMap<String, Kept>,
    opened: u64,
    closed: u64,
}

impl Model {
    fn record(&mut self, now: i64, findings: &[NewFinding], unseen: Option<&str>) {
        let named: BTreeSet<&str> =
            findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        for (fingerprint, kept) in &mut self.findings {
            let is_unseen = kept.finding.namespace.as_deref() == unseen && unseen.is_some();
            if named.contains(fingerprint.as_str()) || kept.state == State::Fixed || is_unseen {
                continue;
            }
            self.closed += u64::from(kept.state == State::Open);
            kept.state = State::Fixed;
            kept.changed_at = now;
            kept.events += 1;
        }
        for finding in findings {
            let state = if finding.exception.is_some() { State::Excepted } else { State::Open };
            let known = self.findings.get(&finding.fingerprint).cloned();
            let same = known
                .as_ref()
                .is_some_and(|known| known.state == state && known.finding == *finding);
            if same {
                continue;
            }
            let was_open = known.as_ref().is_some_and(|known| known.state == State::Open);
            self.opened += u64::from(!was_open && state == State::Open);
            self.closed += u64::from(was_open && state != State::Open);
            let kept = Kept {
                finding: finding.clone(),
                state,
                first_seen: known.as_ref().map_or(now, |known| known.first_seen),
                changed_at: now,
                events: known.map_or(0, |known| known.events) + 1,
            };
            self.findings.insert(finding.fingerprint.clone(), kept);
        }
    }

    fn forget(&mut self, before: i64) {
        self.findings.retain(|_, kept| kept.state != State::Fixed || kept.changed_at >= before);
    }

    fn seen(&self, filter: &Filter, namespaces: Option<&[&str]>) -> Vec<&Kept> {
        let any = |set: &[String], text: &str| set.is_empty() || set.iter().any(|it| it == text);
        let all = self.findings.values().filter(|kept| {
            let finding = &kept.finding;
            let namespace = finding.namespace.as_deref().unwrap_or_default();
            let text = filter.text.as_deref().unwrap_or_default();
            namespaces.is_none_or(|seen| seen.contains(&namespace))
                && any(&filter.namespaces, namespace)
                && any(&filter.controls, &finding.control)
                && (filter.severities.is_empty() || filter.severities.contains(&finding.severity))
                && (filter.states.is_empty() || filter.states.contains(&kept.state))
                && filter
                    .owner
                    .as_ref()
                    .is_none_or(|owner| finding.owner.as_deref().unwrap_or_default() == owner)
                && (finding.message.to_lowercase().contains(text)
                    || finding.name.contains(text)
                    || finding.control.contains(text))
        });
        all.collect()
    }
}

fn new_finding(random: &mut Random, number: u64) -> NewFinding {
    // Where it is follows from the fingerprint, as in life.
    let namespace = NAMESPACES[number as usize % NAMESPACES.len()];
    let control = CONTROLS[number as usize / 3 % CONTROLS.len()];
    let severity = *random.of(&[Severity::High, Severity::High, Severity::High, Severity::Low]);
    let mut finding = finding(&format!("f{number}"), namespace, control, severity);
    finding.name = format!("web-{}", number % 5);
    if number.is_multiple_of(4) {
        finding.owner = Some("pay".to_owned());
    }
    if random.below(6) == 0 {
        finding.exception = Some("known".to_owned());
    }
    if random.below(9) == 0 {
        "Other words".clone_into(&mut finding.message);
    }
    finding
}

fn filter(random: &mut Random) -> Filter {
    let mut filter = Filter::default();
    if random.below(2) == 0 {
        filter.states = vec![*random.of(State::ALL)];
    }
    match random.below(7) {
        0 => filter.namespaces = vec![(*random.of(NAMESPACES)).to_owned()],
        1 => filter.controls = vec![(*random.of(CONTROLS)).to_owned()],
        2 => filter.severities = vec![*random.of(Severity::ALL)],
        3 => filter.owner = Some((*random.of(&["pay", "", "nobody"])).to_owned()),
        4 => filter.text = Some((*random.of(&["web-2", "other", "tag", "xyz"])).to_owned()),
        _ => {}
    }
    filter
}

#[test]
fn a_store_does_what_a_model_does() {
    for seed in 1..=seeds() {
        let start = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        each(|store| run(store, &mut Random(start)));
    }
}

fn run(store: &Store, random: &mut Random) {
    let mut model = Model::default();
    let mut now = 0;
    for _ in 0..25 {
        now += i64::try_from(random.below(40_000)).unwrap();
        if random.below(6) == 0 {
            store.forget(Old::Fixed, at(now)).unwrap();
            model.forget(now);
        } else {
            let share = random.below(10) + 1;
            let numbers: Vec<u64> = (0..40).filter(|_| random.below(10) < share).collect();
            let findings: Vec<NewFinding> =
                numbers.into_iter().map(|number| new_finding(random, number)).collect();
            let unseen = (random.below(4) == 0).then(|| *random.of(NAMESPACES));
            let of = |namespace: &str| Unseen {
                namespace: Some(namespace.to_owned()),
                ..Unseen::default()
            };
            record_unseen(store, now, &findings, unseen.map(of).as_slice());
            model.record(now, &findings, unseen);
        }
        for _ in 0..4 {
            compare(store, &model, random);
        }
    }
    let today = jiff::tz::Offset::UTC.to_datetime(at(now)).date();
    let trend = store.trend(&Sight::All, None, today, 30).unwrap();
    assert_eq!(trend.iter().map(|day| day.opened).sum::<u64>(), model.opened);
    assert_eq!(trend.iter().map(|day| day.fixed + day.excepted).sum::<u64>(), model.closed);
    assert_eq!(trend.last().unwrap().open, model.opened - model.closed);
    for (fingerprint, kept) in &model.findings {
        let (_, events) = store.finding(&Sight::All, fingerprint).unwrap().unwrap();
        assert_eq!(events.len(), kept.events, "{fingerprint}");
    }
}

fn compare(store: &Store, model: &Model, random: &mut Random) {
    let filter = filter(random);
    let seen = (random.below(2) == 0).then(|| &NAMESPACES[..random.below(3) as usize]);
    let sight = match seen {
        None => Sight::All,
        Some(seen) => {
            let scopes = store.scopes("prod").unwrap().into_iter();
            let scopes = scopes.filter(|scope| {
                scope.namespace.as_deref().is_some_and(|name| seen.contains(&name))
            });
            Sight::Scopes(scopes.map(|scope| scope.id).collect())
        }
    };
    let expected = model.seen(&filter, seen);
    let order = *random.of(&[Order::Worst, Order::Newest, Order::Oldest]);
    let mut page = PageRequest::first(7);
    let mut found = BTreeMap::new();
    loop {
        let part = store.findings(&sight, &filter, order, &page).unwrap();
        assert_eq!(part.total as usize, expected.len(), "{filter:?} {seen:?}");
        for row in part.rows {
            let kept = &model.findings[&row.fingerprint];
            assert_eq!((row.state, row.first_seen), (kept.state, at(kept.first_seen)));
            assert_eq!(
                (row.changed_at, &row.message),
                (at(kept.changed_at), &kept.finding.message)
            );
            assert!(found.insert(row.fingerprint.clone(), row).is_none(), "a row comes twice");
        }
        match part.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let names: Vec<&String> = found.keys().collect();
    let expected_names: Vec<&String> =
        expected.iter().map(|kept| &kept.finding.fingerprint).collect();
    assert_eq!(names, expected_names, "{filter:?} {seen:?}");
    for by in [By::Severity, By::Control, By::Namespace, By::Kind, By::Owner, By::State] {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for kept in &expected {
            let finding = &kept.finding;
            let key = match by {
                By::Severity => finding.severity.name(),
                By::Control => &finding.control,
                By::Namespace => finding.namespace.as_deref().unwrap(),
                By::Kind => &finding.kind,
                By::Owner => finding.owner.as_deref().unwrap_or_default(),
                By::State => kept.state.name(),
            };
            *counts.entry(key.to_owned()).or_default() += 1;
        }
        let told = store.counts(&sight, &filter, by).unwrap().unwrap();
        let told: BTreeMap<String, u64> =
            told.iter().map(|count| (count.key.clone(), count.all())).collect();
        assert_eq!(told, counts, "{by:?} {filter:?} {seen:?}");
    }
}
