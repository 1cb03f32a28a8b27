//! Exceptions, sessions and the audit log.

use jiff::civil::date;
use store::{Action, ActionFilter, NewException, PageRequest, Session};

use crate::at;
use crate::places::each;

#[test]
fn exceptions_are_added_and_ended() {
    each(|store| {
        let new = NewException {
            cluster: "west".to_owned(),
            control: "root".to_owned(),
            namespace: Some("shop-*".to_owned()),
            kind: None,
            name: Some("web".to_owned()),
            reason: "loads the driver".to_owned(),
            owner: Some("platform".to_owned()),
            until: Some(date(2027, 3, 31)),
        };
        let first = store.add_exception(&new, "eva", at(0)).unwrap();
        let second = store.add_exception(&NewException::default(), "eva", at(1)).unwrap();
        assert!(store.end_exception(first, "adam", at(2)).unwrap());
        assert!(!store.end_exception(first, "adam", at(3)).unwrap());
        assert!(!store.end_exception(99, "adam", at(3)).unwrap());
        let ended = store.exception(first).unwrap().unwrap();
        assert_eq!((ended.made, ended.made_by.as_str()), (new, "eva"));
        assert_eq!((ended.ended_by.as_deref(), ended.ended_at), (Some("adam"), Some(at(2))));
        let ids = |with_ended| {
            let page = store.exceptions(None, with_ended, &PageRequest::first(10)).unwrap();
            assert_eq!(page.total as usize, page.rows.len());
            page.rows.iter().map(|exception| exception.id).collect::<Vec<_>>()
        };
        assert_eq!((ids(false), ids(true)), (vec![second], vec![second, first]));
        let of = |clusters: &[&str]| {
            let clusters: Vec<String> = clusters.iter().map(|it| (*it).to_owned()).collect();
            let page = PageRequest::first(10);
            let page = store.exceptions(Some(&clusters), true, &page).unwrap();
            assert_eq!(page.total as usize, page.rows.len());
            page.rows.iter().map(|exception| exception.id).collect::<Vec<_>>()
        };
        assert_eq!((of(&["west"]), of(&["east"]), of(&[])), (vec![first], vec![], vec![]));
        assert_eq!(of(&["west", ""]), [second, first]);
    });
}

#[test]
fn sessions_end() {
    each(|store| {
        let session = |until| Session {
            user: "eva".to_owned(),
            groups: vec!["admins".to_owned(), "a\"b".to_owned()],
            cluster: (until == 20).then(|| "west".to_owned()),
            made_at: at(0),
            until: at(until),
        };
        store.create_session(&[1; 32], &session(10)).unwrap();
        store.create_session(&[2; 32], &session(20)).unwrap();
        assert!(store.create_session(&[2; 32], &session(20)).is_err());
        assert_eq!(store.session(&[1; 32], at(9)).unwrap(), Some(session(10)));
        assert_eq!(store.session(&[2; 32], at(9)).unwrap(), Some(session(20)));
        assert_eq!(store.session(&[1; 32], at(10)).unwrap(), None);
        assert_eq!(store.session(&[3; 32], at(0)).unwrap(), None);
        assert_eq!(store.sweep_sessions(at(10)).unwrap(), 1);
        assert!(store.end_session(&[2; 32]).unwrap());
        assert!(!store.end_session(&[2; 32]).unwrap());
        store.create_session(&[4; 32], &session(20)).unwrap();
        assert_eq!(store.end_sessions_of("adam").unwrap(), 0);
        assert_eq!(store.end_sessions_of("eva").unwrap(), 1);
        assert_eq!(store.session(&[4; 32], at(0)).unwrap(), None);
    });
}

#[test]
fn the_audit_log_is_listed() {
    each(|store| {
        let action = |second, user: &str, verb: &str| Action {
            at: at(second),
            user: user.to_owned(),
            verb: verb.to_owned(),
            target: "exception 1".to_owned(),
            cluster: if verb == "login" { String::new() } else { "west".to_owned() },
            outcome: "done".to_owned(),
        };
        let actions =
            [action(0, "eva", "login"), action(1, "eva", "end"), action(2, "adam", "end")];
        for action in &actions {
            store.record_action(action).unwrap();
        }
        let page = store.actions(&ActionFilter::default(), &PageRequest::first(2)).unwrap();
        assert_eq!((page.total, page.rows.len()), (3, 2));
        let next = PageRequest { after: page.next, limit: 2 };
        let rest = store.actions(&ActionFilter::default(), &next).unwrap();
        assert_eq!(rest.rows, actions[..1]);
        let filter = ActionFilter {
            user: Some("eva".to_owned()),
            verb: Some("end".to_owned()),
            since: Some(at(1)),
            clusters: None,
        };
        let found = store.actions(&filter, &PageRequest::first(9)).unwrap();
        assert_eq!(found.rows, actions[1..2]);
        let of = |cluster: &str| {
            let clusters = Some(vec![cluster.to_owned()]);
            let filter = ActionFilter { clusters, ..ActionFilter::default() };
            store.actions(&filter, &PageRequest::first(9)).unwrap().rows
        };
        assert_eq!((of("").as_slice(), of("west").len(), of("east").len()), (&actions[..1], 2, 0));
    });
}
