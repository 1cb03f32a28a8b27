//! Decisions, alerts, terms, what is forgotten, copies.

use model::Severity::{High, Low};
use store::{
    Action, ActionFilter, Address, By, Count, Decision, DecisionFilter, Filter, HistoryFilter, Log,
    NewException, Old, Order, PageRequest, Sight, State, Store, StoreError,
};

use crate::places::{Folder, each, server};
use crate::{assessed, at, finding, record};

fn decision(second: i64, namespace: Option<&str>, allowed: bool) -> Decision {
    Decision {
        at: at(second),
        uid: format!("uid-{second}"),
        group: "apps".to_owned(),
        kind: "Deployment".to_owned(),
        namespace: namespace.map(str::to_owned),
        name: "web".to_owned(),
        user: "eva".to_owned(),
        webhook: "pods".to_owned(),
        allowed,
        dry_run: second == 1,
        controls: vec!["root".to_owned(), "a \"quoted\" one".to_owned()],
    }
}

#[test]
fn decisions_are_listed() {
    each(|store| {
        let made = [
            decision(0, Some("shop"), true),
            decision(1, Some("bank"), false),
            decision(2, None, false),
        ];
        store.record_decisions("prod", &made).unwrap();
        store.record_decisions("prod", &[]).unwrap();
        let page = PageRequest::first(2);
        let all = store.decisions(&Sight::All, &DecisionFilter::default(), &page).unwrap();
        assert_eq!((all.total, &all.rows[..]), (3, &[made[2].clone(), made[1].clone()][..]));
        let next = PageRequest { after: all.next, limit: 2 };
        let rest = store.decisions(&Sight::All, &DecisionFilter::default(), &next).unwrap();
        assert_eq!(rest.rows, made[..1]);
        let shop = store.scopes("prod").unwrap().into_iter();
        let shop = shop.filter(|scope| scope.namespace.as_deref() == Some("shop"));
        let shop = Sight::Scopes(shop.map(|scope| scope.id).collect());
        let seen = store.decisions(&shop, &DecisionFilter::default(), &page).unwrap();
        assert_eq!((seen.total, &seen.rows[..]), (1, &made[..1]));
        let filter = DecisionFilter {
            namespace: Some("bank".to_owned()),
            user: Some("eva".to_owned()),
            allowed: Some(false),
            control: Some("a \"quoted\" one".to_owned()),
            since: Some(at(1)),
        };
        let found = store.decisions(&Sight::All, &filter, &page).unwrap();
        assert_eq!(found.rows, made[1..2]);
        for (control, total) in [("root", 3), ("roo", 0), ("quoted", 0), ("%", 0)] {
            let filter =
                DecisionFilter { control: Some(control.to_owned()), ..DecisionFilter::default() };
            let found = store.decisions(&Sight::All, &filter, &page).unwrap();
            assert_eq!(found.total, total, "{control}");
        }
        assert_eq!(store.forget(Old::Decisions, at(2)).unwrap(), 2);
        assert_eq!(store.forget(Old::Decisions, at(2)).unwrap(), 0);
    });
}

#[test]
fn alerts_wait_until_they_are_sent() {
    each(|store| {
        let first = store.add_alert("ops", "{\"text\": 1}", at(0)).unwrap();
        let second = store.add_alert("ops", "b\0", at(1)).unwrap();
        let due = |second| {
            let alerts = store.due_alerts(10, at(second)).unwrap();
            alerts.iter().map(|alert| (alert.id, alert.attempts)).collect::<Vec<_>>()
        };
        assert_eq!(due(0), [(first, 0)]);
        assert_eq!(due(1), [(first, 0), (second, 0)]);
        assert_eq!(store.waiting_alerts().unwrap(), [("ops".to_owned(), 2)]);
        assert!(store.alert_failed(first, at(60)).unwrap());
        assert_eq!(due(59), [(second, 0)]);
        assert!(store.alert_done(second).unwrap());
        assert!(!store.alert_done(second).unwrap());
        assert!(!store.alert_failed(second, at(0)).unwrap());
        assert_eq!(due(60), [(first, 1)]);
        let alert = &store.due_alerts(1, at(60)).unwrap()[0];
        assert_eq!((alert.receiver.as_str(), alert.made_at), ("ops", at(0)));
    });
}

#[test]
fn a_term_that_is_over_writes_nothing() {
    each(|store| {
        let old = store.take_term("server-a").unwrap();
        let leader = store.in_term(old);
        record(&leader, 0, &[finding("a", "shop", "root", High)]);
        let new = store.take_term("server-b").unwrap();
        assert!(new > old);
        let refused = leader.ledger("prod").record(&assessed(1), &[][..], &[], &|_| None);
        let expected = StoreError::Fenced {
            term: old.number(),
            current: new.number(),
            holder: "server-b".to_owned(),
        };
        assert_eq!(refused.err(), Some(expected.clone()));
        let refused = leader.record_running("prod", at(1), &[]);
        assert_eq!(refused.err(), Some(expected));
        let open = Filter { states: vec![State::Open], ..Filter::default() };
        let page = PageRequest::first(9);
        assert_eq!(store.findings(&Sight::All, &open, Order::Worst, &page).unwrap().total, 1);
        record(&store.in_term(new), 2, &[]);
        assert_eq!(store.findings(&Sight::All, &open, Order::Worst, &page).unwrap().total, 0);
    });
}

#[test]
fn what_is_old_is_forgotten_and_the_counts_stay_right() {
    each(|store| {
        let (a, b) = (finding("a", "shop", "root", High), finding("b", "shop", "tag", Low));
        record(store, 0, &[a.clone(), b.clone()]);
        record(store, 10, std::slice::from_ref(&b));
        assert_eq!(store.forget(Old::Fixed, at(10)).unwrap(), 0);
        assert_eq!(store.forget(Old::Fixed, at(11)).unwrap(), 1);
        assert!(store.finding(&Sight::All, "a").unwrap().is_none());
        for by in [By::Severity, By::Control, By::State] {
            let counts = store.counts(&Sight::All, &Filter::default(), by).unwrap().unwrap();
            assert_eq!(counts.iter().map(Count::all).sum::<u64>(), 1, "{by:?}");
        }
        let page = PageRequest::first(9);
        let events =
            |store: &Store| store.history(&Sight::All, &HistoryFilter::default(), 1_000).unwrap();
        assert_eq!(events(store).len(), 1);
        // What comes back is new, and no number comes twice.
        assert_eq!(record(store, 20, &[a, b]).appeared, [0]);
        assert_eq!(events(store)[0].seq, 4);
        assert_eq!(store.forget(Old::History, at(21)).unwrap(), 2);
        assert_eq!(store.last_event().unwrap(), 4);
        assert_eq!(store.forget(Old::Days, at(0)).unwrap(), 0);
        assert_eq!(store.forget(Old::Days, at(200_000)).unwrap(), 1);
        let action = Action {
            at: at(0),
            user: "eva".to_owned(),
            verb: "login".to_owned(),
            target: String::new(),
            cluster: "prod".to_owned(),
            outcome: "done".to_owned(),
        };
        store.record_action(&action).unwrap();
        assert_eq!(store.forget(Old::Actions, at(1)).unwrap(), 1);
        assert_eq!(store.actions(&ActionFilter::default(), &page).unwrap().total, 0);
    });
}

/// Fills a store with some of all that is precious.
fn fill(store: &Store) {
    let a = finding("a", "shop", "root", High);
    record(store, 0, &[a.clone(), finding("b", "bank", "tag", Low)]);
    record(store, 1, &[a]);
    let new = NewException {
        cluster: "prod".to_owned(),
        control: "root".to_owned(),
        ..NewException::default()
    };
    let id = store.add_exception(&new, "eva", at(0)).unwrap();
    store.end_exception(id, "eva", at(1)).unwrap();
    store.record_decisions("prod", &[decision(0, Some("shop"), false)]).unwrap();
}

/// All that is precious, as far as a user reads it.
fn told(store: &Store) -> String {
    let (page, all) = (PageRequest::first(100), Sight::All);
    let findings = store.findings(&all, &Filter::default(), Order::Oldest, &page).unwrap();
    let history = store.history(&all, &HistoryFilter::default(), 1_000).unwrap();
    let counts = store.counts(&all, &Filter::default(), By::Control).unwrap().unwrap();
    let exceptions = store.exceptions(None, true, &page).unwrap();
    let decisions = store.decisions(&all, &DecisionFilter::default(), &page).unwrap();
    format!("{findings:#?} {history:#?} {counts:#?} {exceptions:#?} {decisions:#?}")
}

#[test]
fn a_dump_goes_into_every_kind_of_store() {
    each(|from| {
        fill(from);
        let mut dump = Vec::new();
        from.dump(&mut dump).unwrap();
        each(|to| {
            to.restore(&mut dump.as_slice()).unwrap();
            assert_eq!(told(to), told(from));
            assert!(matches!(to.restore(&mut dump.as_slice()), Err(StoreError::Dump(_))));
            let recorded = record(to, 2, &[finding("a", "shop", "root", High)]);
            assert_eq!(recorded, store::Recorded::default());
            record(to, 3, &[finding("c", "shop", "root", High)]);
        });
    });
}

#[test]
fn a_dump_that_is_none_restores_nothing() {
    each(|from| {
        fill(from);
        let mut dump = Vec::new();
        from.dump(&mut dump).unwrap();
        let dump = String::from_utf8(dump).unwrap();
        let lines: Vec<&str> = dump.lines().collect();
        let cut = lines[..lines.len() - 1].join("\n");
        let cases = [
            String::new(),
            "no json".to_owned(),
            "{}".to_owned(),
            cut,
            dump.replace("\"sequences\"", "\"sqlite_master\""),
            dump.replace("\"row\":[\"findings\",", "\"row\":[\"findings\",7,"),
            dump.replace("\"row\":[\"findings\",", "\"row\":[7,"),
        ];
        let store = Store::open(&Address::Memory).unwrap();
        for case in cases {
            let error = store.restore(&mut case.as_bytes()).err();
            assert!(matches!(error, Some(StoreError::Dump(_))), "{error:?}");
        }
        let newer = dump.replacen("\"schema\":4", "\"schema\":99", 1);
        let error = store.restore(&mut newer.as_bytes()).err();
        assert!(matches!(error, Some(StoreError::Newer { found: 99, .. })), "{error:?}");
        // Tables were others then.
        let earlier = dump.replacen("\"schema\":4", "\"schema\":3", 1);
        let error = store.restore(&mut earlier.as_bytes()).err();
        assert!(matches!(error, Some(StoreError::Dump(_))), "{error:?}");
        store.restore(&mut dump.as_bytes()).unwrap();
    });
}

#[test]
fn what_only_grows_is_kept_to_a_number_of_rows() {
    each(|store| {
        for second in 0..6 {
            let found = finding("a", "shop", "root", High);
            record(store, second, if second % 2 == 0 { std::slice::from_ref(&found) } else { &[] });
        }
        let made: Vec<Decision> = (0..5).map(|at| decision(at, Some("shop"), true)).collect();
        store.record_decisions("prod", &made).unwrap();
        let page = PageRequest::first(9);
        assert_eq!(store.forget_beyond(Log::History, 4).unwrap(), 2);
        assert_eq!(store.forget_beyond(Log::History, 4).unwrap(), 0);
        let events = store.history(&Sight::All, &HistoryFilter::default(), 1_000).unwrap();
        assert_eq!((events.len(), events[0].seq), (4, 6));
        assert_eq!(store.forget_beyond(Log::Decisions, 2).unwrap(), 3);
        let kept = store.decisions(&Sight::All, &DecisionFilter::default(), &page).unwrap();
        assert_eq!(kept.rows, [made[4].clone(), made[3].clone()]);
        assert_eq!(store.forget_beyond(Log::Actions, 0).unwrap(), 0);
    });
}

#[test]
fn a_store_that_is_in_use_is_dumped_as_it_is() {
    let folder = Folder::new();
    let path = folder.0.join("store.db");
    let dumped = |address: &Address| {
        let mut dump = Vec::new();
        Store::open_beside(address).unwrap().dump(&mut dump).unwrap();
        let copy = Store::open(&Address::Memory).unwrap();
        copy.restore(&mut dump.as_slice()).unwrap();
        told(&copy)
    };
    let server = server();
    let of_server = server.as_ref().map(|server| Address::Postgres(server.database()));
    for address in [Some(Address::Sqlite(path.clone())), of_server].into_iter().flatten() {
        if let Address::Postgres(_) = &address {
            assert_eq!(Store::open_beside(&address).err(), Some(StoreError::Empty));
        }
        let store = Store::open(&address).unwrap();
        fill(&store);
        assert_eq!(dumped(&address), told(&store));
        // What is read beside does not keep the server from going on.
        record(&store, 2, &[finding("c", "mail", "root", High)]);
        assert_eq!(dumped(&address), told(&store));
        let beside = Store::open_beside(&address).unwrap();
        assert_eq!(told(&beside), told(&store));
    }
    let none = folder.0.join("none.db");
    let error = Store::open_beside(&Address::Sqlite(none.clone())).err();
    assert!(matches!(error, Some(StoreError::Open { .. })) && !none.exists(), "{error:?}");
    std::fs::write(&none, "no database, but long enough to be taken for one".repeat(100)).unwrap();
    let error = Store::open_beside(&Address::Sqlite(none)).err();
    assert!(matches!(error, Some(StoreError::Foreign(_))), "{error:?}");
}
