//! Findings, their history and their counts.

use model::Severity::{Critical, High, Low};
use store::{
    By, COUNTED_MAX, Filter, HistoryFilter, NewFinding, Old, Order, PageRequest, Sight, State,
    Unseen, What,
};

use crate::places::each;
use crate::{assessed, at, finding, record, record_unseen};

fn all_open(store: &store::Store) -> Vec<String> {
    let filter = Filter { states: vec![State::Open], ..Filter::default() };
    let page = store.findings(&Sight::All, &filter, Order::Worst, &PageRequest::first(100));
    page.unwrap().rows.into_iter().map(|finding| finding.fingerprint).collect()
}

#[test]
fn an_assessment_is_compared_with_the_last() {
    each(|store| {
        let (a, b) = (finding("a", "shop", "root", High), finding("b", "shop", "tag", Low));
        let first = record(store, 0, &[a.clone(), b.clone()]);
        assert_eq!(first.appeared, [0, 1]);
        assert_eq!(record(store, 1, &[b.clone(), a.clone()]), store::Recorded::default());
        let second = record(store, 2, std::slice::from_ref(&b));
        assert_eq!(second.fixed.len(), 1);
        assert_eq!(second.fixed[0].fingerprint, "a");
        assert_eq!(second.fixed[0].namespace.as_deref(), Some("shop"));
        assert_eq!(all_open(store), ["b"]);
        let worse = NewFinding { severity: Critical, ..b.clone() };
        let excepted = NewFinding { exception: Some("known".to_owned()), ..a.clone() };
        let third = record(store, 3, &[worse, excepted]);
        assert_eq!((third.changed, third.excepted), (vec![0], vec![1]));
        let fourth = record(store, 4, &[a]);
        assert_eq!(fourth.returned, [0]);
        let (found, events) = store.finding(&Sight::All, "a").unwrap().unwrap();
        assert_eq!((found.first_seen, found.changed_at), (at(0), at(4)));
        let what: Vec<What> = events.iter().map(|event| event.what).collect();
        assert_eq!(what, [What::Appeared, What::Fixed, What::Excepted, What::Returned]);
        let (found, _) = store.finding(&Sight::All, "b").unwrap().unwrap();
        assert_eq!((found.state, found.fixed_at), (State::Fixed, Some(at(4))));
        assert_eq!(store.assessed("prod").unwrap(), Some(assessed(4)));
        assert_eq!(store.assessed("other").unwrap(), None);
    });
}

#[test]
fn what_could_not_be_seen_is_not_fixed() {
    each(|store| {
        let (a, b) = (finding("a", "shop", "root", High), finding("b", "bank", "root", High));
        record(store, 0, &[a, b]);
        let unseen = Unseen { namespace: Some("shop".to_owned()), ..Unseen::default() };
        let recorded = record_unseen(store, 1, &[], &[unseen]);
        assert_eq!(recorded.fixed.len(), 1);
        assert_eq!(all_open(store), ["a"]);
        record_unseen(store, 2, &[], &[Unseen::default()]);
        assert_eq!(all_open(store), ["a"]);
    });
}

#[test]
fn a_cause_is_told_with_the_change() {
    each(|store| {
        let findings = [finding("a", "shop", "root", High)];
        let ledger = store.ledger("prod");
        let cause =
            |touched: &store::Touched<'_>| Some(format!("{} of {}", touched.control, touched.name));
        ledger.record(&assessed(0), &findings[..], &[], &cause).unwrap();
        ledger.record(&assessed(1), &[][..], &[], &|_| Some("eva applied web".to_owned())).unwrap();
        let (found, events) = store.finding(&Sight::All, "a").unwrap().unwrap();
        assert_eq!(found.cause.as_deref(), Some("eva applied web"));
        assert_eq!(events[0].cause.as_deref(), Some("root of web"));
    });
}

#[test]
fn a_clock_that_goes_back_does_not_take_the_history_along() {
    each(|store| {
        record(store, 100, &[finding("a", "shop", "root", High)]);
        record(store, 50, &[]);
        let (found, _) = store.finding(&Sight::All, "a").unwrap().unwrap();
        assert_eq!(found.fixed_at, Some(at(100)));
        assert_eq!(store.assessed("prod").unwrap().unwrap().at, at(100));
    });
}

#[test]
fn the_first_of_equal_fingerprints_counts() {
    each(|store| {
        let (a, b) = (finding("a", "shop", "root", High), finding("a", "shop", "root", Low));
        let recorded = record(store, 0, &[a, b.clone()]);
        assert_eq!(recorded.appeared, [0]);
        assert_eq!(record(store, 1, &[b]).changed, [0]);
    });
}

#[test]
fn pages_follow_each_other() {
    each(|store| {
        let findings: Vec<NewFinding> = (0..25)
            .map(|number| {
                let severity = if number % 3 == 0 { High } else { Low };
                finding(&format!("f{number}"), "shop", "root", severity)
            })
            .collect();
        record(store, 0, &findings[..20]);
        record(store, 1, &findings);
        for order in [Order::Worst, Order::Newest, Order::Oldest] {
            let filter = Filter::default();
            let whole =
                store.findings(&Sight::All, &filter, order, &PageRequest::first(100)).unwrap();
            assert_eq!((whole.total, whole.rows.len(), &whole.next), (25, 25, &None));
            let mut rows = Vec::new();
            let mut page = PageRequest::first(7);
            loop {
                let part = store.findings(&Sight::All, &filter, order, &page).unwrap();
                assert_eq!(part.total, 25);
                rows.extend(part.rows);
                let Some(next) = part.next else { break };
                page.after = Some(next.to_string().parse().unwrap());
            }
            assert_eq!(rows, whole.rows, "{order:?}");
        }
        let foreign = PageRequest { after: Some("x.1.2.3".parse().unwrap()), limit: 5 };
        let error = store.findings(&Sight::All, &Filter::default(), Order::Worst, &foreign);
        assert_eq!(error.err(), Some(store::StoreError::Cursor));
    });
}

#[test]
fn filters_and_sight_hold_for_lists_and_counts_alike() {
    each(|store| {
        let mut findings = vec![
            finding("a", "shop", "root", High),
            finding("b", "shop", "tag", Low),
            finding("c", "bank", "root", Critical),
            NewFinding { owner: Some("pay".to_owned()), ..finding("d", "bank", "100%_tag", Low) },
        ];
        let node = finding("e", "", "kernel", High);
        findings.push(NewFinding { namespace: None, kind: "Node".to_owned(), ..node });
        record(store, 0, &findings);
        record(store, 1, &findings[..4]);
        let shop = store.scopes("prod").unwrap().into_iter();
        let shop = shop.filter(|scope| scope.namespace.as_deref() == Some("shop"));
        let shop = Sight::Scopes(shop.map(|scope| scope.id).collect());
        let some = Filter::default;
        let text = |text: &str| Filter { text: Some(text.to_owned()), ..some() };
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let cases = [
            (Sight::All, some(), "abcde"),
            (Sight::All, Filter { states: vec![State::Open], ..some() }, "abcd"),
            (Sight::All, Filter { namespaces: list(&["bank", "no"]), ..some() }, "cd"),
            (Sight::All, Filter { namespaces: list(&[""]), ..some() }, "e"),
            (Sight::All, Filter { kinds: list(&["Node"]), ..some() }, "e"),
            (Sight::All, Filter { controls: list(&["root"]), ..some() }, "ac"),
            (Sight::All, Filter { controls: list(&["none"]), ..some() }, ""),
            (Sight::All, Filter { severities: vec![Critical, Low], ..some() }, "bcd"),
            (Sight::All, Filter { owner: Some("pay".to_owned()), ..some() }, "d"),
            (Sight::All, Filter { owner: Some("nobody".to_owned()), ..some() }, ""),
            (Sight::All, Filter { owner: Some(String::new()), ..some() }, "abce"),
            (Sight::All, Filter { since: Some(at(1)), ..some() }, "e"),
            (Sight::All, Filter { cluster: Some("prod".to_owned()), ..some() }, "abcde"),
            (Sight::All, Filter { cluster: Some("test".to_owned()), ..some() }, ""),
            (Sight::All, text("100%_T"), "d"),
            (Sight::All, text("1%"), ""),
            (Sight::All, text("fails Root"), "ac"),
            (shop.clone(), some(), "ab"),
            (shop.clone(), Filter { controls: list(&["root"]), ..some() }, "a"),
            (shop.clone(), Filter { namespaces: list(&["bank"]), ..some() }, ""),
            (shop.clone(), text("root"), "a"),
            (Sight::Scopes([].into()), some(), ""),
        ];
        for (sight, filter, expected) in cases {
            let page =
                store.findings(&sight, &filter, Order::Oldest, &PageRequest::first(9)).unwrap();
            let found: String = page.rows.iter().map(|row| row.fingerprint.as_str()).collect();
            assert_eq!(found, expected, "{filter:?}");
            assert_eq!(page.total as usize, expected.len(), "{filter:?}");
            for by in [By::Severity, By::Control, By::Namespace, By::Kind, By::Owner, By::State] {
                let counts = store.counts(&sight, &filter, by).unwrap().unwrap();
                let sum: u64 = counts.iter().map(store::Count::all).sum();
                assert_eq!(sum as usize, expected.len(), "{filter:?} {by:?}");
            }
        }
        assert!(store.finding(&shop, "a").unwrap().is_some());
        assert!(store.finding(&shop, "c").unwrap().is_none());
        let history = store.history(&shop, &HistoryFilter::default(), 50).unwrap();
        let numbers: Vec<i64> = history.iter().map(|event| event.seq).collect();
        assert_eq!(numbers.len(), 2);
        assert!(numbers[0] > numbers[1]);
        assert_eq!(store.history(&Sight::All, &HistoryFilter::default(), 4).unwrap().len(), 4);
        assert_eq!(store.history_after(&shop, 0, 50).unwrap().len(), 2);
        assert_eq!(store.last_event().unwrap(), 6);
        let by = store.counts(&Sight::All, &Filter::default(), By::Control).unwrap().unwrap();
        let keys: Vec<&str> = by.iter().map(|count| count.key.as_str()).collect();
        assert_eq!(keys, ["100%_tag", "kernel", "root", "tag"]);
        assert_eq!((by[2].critical, by[2].high), (1, 1));
    });
}

/// More findings than are counted of a search.
const MANY: usize = 5_400;

fn many() -> Vec<NewFinding> {
    let one = |number: usize| NewFinding {
        name: format!("Node-{number}"),
        message: ["Something else", "A common word"][number % 2].to_owned(),
        ..finding(
            &format!("f{number}"),
            &format!("team-{}", number % 1_000),
            ["root", "tag"][number % 2],
            if number < 7 { Critical } else { Low },
        )
    };
    (0..MANY).map(one).collect()
}

#[test]
fn a_search_that_finds_very_many_says_so() {
    each(|store| {
        record(store, 0, &many());
        let search = |text: &str, filter: Filter| {
            let filter = Filter { text: Some(text.to_owned()), ..filter };
            let page = PageRequest::first(5);
            let found = store.findings(&Sight::All, &filter, Order::Worst, &page).unwrap();
            let counts = store.counts(&Sight::All, &filter, By::Control).unwrap();
            assert_eq!(counts.is_none(), found.is_least, "{text}");
            let counted = counts.map(|counts| counts.iter().map(store::Count::all).sum::<u64>());
            assert!(counted.is_none_or(|counted| counted == found.total), "{text}");
            (found.total as usize, found.is_least, found.rows.len())
        };
        let team = || Filter { namespaces: vec!["team-7".to_owned()], ..Filter::default() };
        assert_eq!(search("node", Filter::default()), (COUNTED_MAX, true, 5));
        assert_eq!(search("node-1", Filter::default()), (1_111, false, 5));
        assert_eq!(search("NODE", team()), (6, false, 5));
        assert_eq!(search("common", Filter::default()), (MANY / 2, false, 5));
        assert_eq!(search("common", team()), (6, false, 5));
        assert_eq!(search("something", team()), (0, false, 0));
        assert_eq!(search("node-5399", Filter::default()), (1, false, 1));
    });
}

#[test]
fn a_search_keeps_the_order_of_the_list_on_all_pages() {
    each(|store| {
        record(store, 0, &many());
        let list = |text: Option<&str>, order| {
            let filter = Filter { text: text.map(str::to_owned), ..Filter::default() };
            let mut page = PageRequest::first(900);
            let mut all = Vec::new();
            // Enough for the end of what is read at once to be somewhere within.
            for _ in 0..4 {
                let part = store.findings(&Sight::All, &filter, order, &page).unwrap();
                all.extend(part.rows.into_iter().map(|row| row.name));
                let Some(next) = part.next else { break };
                page.after = Some(next);
            }
            all
        };
        for order in [Order::Worst, Order::Newest, Order::Oldest] {
            let mut all = list(None, order);
            assert!(list(Some("node"), order) == all, "{order:?}");
            all.retain(|name| name.starts_with("Node-1"));
            let found = list(Some("node-1"), order);
            assert!(found.len() > 1_000 && found.starts_with(&all), "{order:?}: {}", found.len());
        }
    });
}

#[test]
fn texts_that_nobody_has_any_more_are_forgotten() {
    each(|store| {
        let day = |left: u32| NewFinding {
            message: format!("the certificate ends in {left} days"),
            ..finding("a", "shop", "certificate", High)
        };
        let found = |text: &str| {
            let filter = Filter { text: Some(text.to_owned()), ..Filter::default() };
            let page = PageRequest::first(5);
            store.findings(&Sight::All, &filter, Order::Worst, &page).unwrap().total
        };
        for left in (20..30).rev() {
            record(store, 30 - i64::from(left), &[day(left)]);
            assert_eq!(found(&format!("in {left} days")), 1);
            assert_eq!(found(&format!("in {} days", left + 1)), 0);
        }
        assert_eq!(store.forget(Old::Texts, at(0)).unwrap(), 9);
        assert_eq!(store.forget(Old::Texts, at(0)).unwrap(), 0);
        assert_eq!((found("in 20 days"), found("in 21 days")), (1, 0));
        record(store, 99, &[day(29)]);
        assert_eq!((found("in 20 days"), found("in 29 days")), (0, 1));
    });
}

#[test]
fn a_trend_goes_back_from_today() {
    const DAY: i64 = 86_400;
    each(|store| {
        let (a, b) = (finding("a", "shop", "root", High), finding("b", "bank", "tag", Low));
        record(store, 0, &[a.clone(), b.clone()]);
        let excepted = NewFinding { exception: Some("known".to_owned()), ..a.clone() };
        record(store, DAY, &[excepted, b]);
        record(store, 3 * DAY, &[a]);
        let today = jiff::tz::Offset::UTC.to_datetime(at(4 * DAY)).date();
        let trend = store.trend(&Sight::All, Some("prod"), today, 6).unwrap();
        let told: Vec<[u64; 4]> =
            trend.iter().map(|day| [day.opened, day.fixed, day.excepted, day.open]).collect();
        let expected =
            [[0; 4], [2, 0, 0, 2], [0, 0, 1, 1], [0, 0, 0, 1], [1, 1, 0, 1], [0, 0, 0, 1]];
        assert_eq!(told, expected);
        assert_eq!(trend[5].date, today);
        let yesterday = store.trend(&Sight::All, None, trend[2].date, 1).unwrap();
        assert_eq!(yesterday[0].open, 1);
        let nothing = store.trend(&Sight::Scopes([].into()), None, today, 3).unwrap();
        assert!(nothing.iter().all(|day| day.open == 0 && day.opened == 0));
    });
}

#[test]
fn hostile_texts_are_kept_harmless() {
    each(|store| {
        let long = NewFinding {
            message: "x\0".repeat(100_000),
            detail: "y".repeat(1_000_000),
            name: "'; DROP TABLE findings; --".to_owned(),
            ..finding("a", "sh\0op", "root", High)
        };
        record(store, 0, std::slice::from_ref(&long));
        let (found, _) = store.finding(&Sight::All, "a").unwrap().unwrap();
        assert_eq!(found.name, long.name);
        assert!(found.message.len() < 10_000 && !found.message.contains('\0'));
        assert!(found.detail.starts_with("{\"withheld\""));
        assert_eq!(record(store, 1, &[long]), store::Recorded::default());
    });
}

#[test]
fn what_an_assessment_could_not_see_is_kept() {
    each(|store| {
        let gap = |number: u32| store::AssessedGap {
            kind: "forbidden".to_owned(),
            subject: format!("secrets {number}"),
            reason: "the account may not list them".to_owned(),
        };
        let mut assessed = assessed(0);
        assessed.gaps = (0..30).map(gap).collect();
        store.ledger("prod").record(&assessed, &[][..], &[], &|_| None).unwrap();
        assert_eq!(store.assessed("prod").unwrap(), Some(assessed));
        assert_eq!(store.clusters().unwrap(), ["prod"]);
    });
}
