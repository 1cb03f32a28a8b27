//! Images and where they run.

use jiff::civil::date;
use model::Severity::{self, Critical, High, Info, Low};
use store::{
    AssessedGap, Image, ImageFilter, ImageFinding, KnownImage, Old, PageRequest, Running, Sight,
    Store, Tag, VulnerabilityFilter,
};

use crate::at;
use crate::places::each;

fn image(digest: &str) -> Image {
    Image {
        digest: digest.to_owned(),
        os: Some("debian 12".to_owned()),
        packages: 80,
        scanned_at: at(0),
        database_date: Some(date(2026, 11, 30)),
        built_at: Some(at(-1_000)),
        act_now: Some(1),
        worst: Some("CVE-1".to_owned()),
        gaps: vec![AssessedGap {
            kind: "no-advisory-data".to_owned(),
            subject: "a package".to_owned(),
            reason: "nobody \"speaks\" of it".to_owned(),
        }],
    }
}

fn vulnerable(
    name: &str,
    severity: impl Into<Option<Severity>>,
    fixed: Option<&str>,
) -> ImageFinding {
    ImageFinding {
        vulnerability: name.to_owned(),
        package: "openssl".to_owned(),
        version: "3.0.1".to_owned(),
        fixed: fixed.map(str::to_owned),
        severity: severity.into(),
        known_exploited: name == "CVE-1",
        epss_millionths: Some(1_234),
        title: format!("{name} in a title"),
        purl: "pkg:deb/debian/openssl@3.0.1".to_owned(),
    }
}

fn running(namespace: &str, workload: &str, digest: &str, exposed: Option<bool>) -> Running {
    Running {
        namespace: namespace.to_owned(),
        workload_group: "apps".to_owned(),
        workload_kind: "Deployment".to_owned(),
        workload: workload.to_owned(),
        container: "app".to_owned(),
        reference: format!("registry/{workload}:1"),
        digest: Some(digest.to_owned()),
        pods: 2,
        owner: Some("pay".to_owned()),
        exposed,
    }
}

/// Three images, of which two run: one in `shop`, exposed, and in `bank`; one in `bank`.
fn fill(store: &Store) -> Sight {
    let cases = [
        (
            "sha256:a",
            vec![vulnerable("CVE-1", High, Some("3.0.2")), vulnerable("CVE-2", Low, None)],
        ),
        ("sha256:b", vec![vulnerable("CVE-1", Critical, None), vulnerable("CVE-3", High, None)]),
        ("sha256:c", vec![vulnerable("CVE-4", High, Some("9"))]),
    ];
    for (digest, findings) in cases {
        store.record_image(&image(digest), &findings).unwrap();
    }
    let rows = [
        running("shop", "web", "sha256:a", Some(true)),
        running("bank", "web", "sha256:a", Some(false)),
        running("bank", "ledger", "sha256:b", None),
    ];
    store.record_running("prod", at(0), &rows).unwrap();
    let shop = store.scopes("prod").unwrap().into_iter();
    let shop = shop.filter(|scope| scope.namespace.as_deref() == Some("shop"));
    Sight::Scopes(shop.map(|scope| scope.id).collect())
}

#[test]
fn where_a_vulnerability_runs_is_one_question() {
    each(|store| {
        let shop = fill(store);
        let page = store.where_is(&Sight::All, "CVE-1", &PageRequest::first(2)).unwrap();
        assert_eq!((page.total, page.rows.len()), (3, 2));
        let first = &page.rows[0];
        assert_eq!((first.cluster.as_str(), first.since), ("prod", at(0)));
        assert_eq!(first.running, running("shop", "web", "sha256:a", Some(true)));
        assert_eq!(first.finding, vulnerable("CVE-1", High, Some("3.0.2")));
        assert_eq!(page.rows[1].running.workload, "ledger");
        let next = PageRequest { after: page.next, limit: 2 };
        let rest = store.where_is(&Sight::All, "CVE-1", &next).unwrap();
        assert_eq!(rest.rows[0].running, running("bank", "web", "sha256:a", Some(false)));
        assert_eq!(rest.next, None);
        assert_eq!(store.where_is(&shop, "CVE-1", &PageRequest::first(9)).unwrap().total, 1);
        assert_eq!(store.where_is(&shop, "CVE-3", &PageRequest::first(9)).unwrap().total, 0);
        assert_eq!(store.where_is(&Sight::All, "CVE-9", &PageRequest::first(9)).unwrap().total, 0);
    });
}

#[test]
fn vulnerabilities_are_listed_once() {
    each(|store| {
        let shop = fill(store);
        let names = |sight: &Sight, filter: &VulnerabilityFilter| {
            let page = store.vulnerabilities(sight, filter, &PageRequest::first(9)).unwrap();
            assert_eq!(page.total as usize, page.rows.len());
            page.rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        let some = VulnerabilityFilter::default;
        assert_eq!(names(&Sight::All, &some()), ["CVE-1", "CVE-4", "CVE-3", "CVE-2"]);
        assert_eq!(names(&shop, &some()), ["CVE-1", "CVE-2"]);
        let cases = [
            (VulnerabilityFilter { text: Some("cve-2".to_owned()), ..some() }, vec!["CVE-2"]),
            (VulnerabilityFilter { severities: vec![High], ..some() }, vec!["CVE-4", "CVE-3"]),
            (VulnerabilityFilter { known_exploited: true, ..some() }, vec!["CVE-1"]),
            (VulnerabilityFilter { fixable: true, ..some() }, vec!["CVE-1", "CVE-4"]),
            (VulnerabilityFilter { running: true, fixable: true, ..some() }, vec!["CVE-1"]),
            (VulnerabilityFilter { exposed: true, ..some() }, vec!["CVE-1", "CVE-2"]),
        ];
        for (filter, expected) in cases {
            assert_eq!(names(&Sight::All, &filter), expected, "{filter:?}");
        }
        let first = PageRequest::first(1);
        let page = store.vulnerabilities(&Sight::All, &some(), &first).unwrap();
        let row = &page.rows[0];
        assert_eq!((row.severity, row.images, row.workloads), (Some(Critical), 2, 3));
        assert_eq!((row.exposed, row.fixable, row.known_exploited), (1, 1, true));
        let row = &store.vulnerabilities(&shop, &some(), &first).unwrap().rows[0];
        assert_eq!((row.images, row.workloads, row.exposed), (1, 1, 1));
    });
}

#[test]
fn images_are_seen_by_those_who_see_what_runs_them() {
    each(|store| {
        let shop = fill(store);
        let digests = |sight: &Sight, filter: &ImageFilter| {
            let page = store.images(sight, filter, &PageRequest::first(9)).unwrap();
            assert_eq!(page.total as usize, page.rows.len());
            page.rows.into_iter().map(|row| row.image.digest).collect::<Vec<_>>()
        };
        let some = ImageFilter::default;
        assert_eq!(digests(&Sight::All, &some()), ["sha256:b", "sha256:c", "sha256:a"]);
        assert_eq!(digests(&shop, &some()), ["sha256:a"]);
        let running = ImageFilter { running: true, ..some() };
        assert_eq!(digests(&Sight::All, &running), ["sha256:b", "sha256:a"]);
        let exposed = ImageFilter { exposed: true, ..some() };
        assert_eq!(digests(&Sight::All, &exposed), ["sha256:a"]);
        let text = ImageFilter { text: Some("ledger:1".to_owned()), ..some() };
        assert_eq!(digests(&Sight::All, &text), ["sha256:b"]);
        let vulnerability = ImageFilter { vulnerability: Some("CVE-1".to_owned()), ..some() };
        assert_eq!(digests(&Sight::All, &vulnerability), ["sha256:b", "sha256:a"]);
        assert!(store.image(&shop, "sha256:b").unwrap().is_none());
        let detail = store.image(&shop, "sha256:a").unwrap().unwrap();
        assert_eq!((detail.image, detail.findings.len()), (image("sha256:a"), 2));
        assert_eq!(detail.running.len(), 1);
        let row = &store.images(&shop, &some(), &PageRequest::first(1)).unwrap().rows[0];
        assert_eq!((row.workloads, row.exposed, row.findings.high), (1, 1, 1));
        assert_eq!(row.reference.as_deref(), Some("registry/web:1"));
    });
}

#[test]
fn a_later_scan_replaces_an_earlier_one() {
    each(|store| {
        fill(store);
        store.record_image(&image("sha256:b"), &[vulnerable("CVE-5", Low, None)]).unwrap();
        let filter = VulnerabilityFilter::default();
        let page = store.vulnerabilities(&Sight::All, &filter, &PageRequest::first(9)).unwrap();
        let rows: Vec<_> = page.rows.iter().map(|row| (row.name.as_str(), row.severity)).collect();
        let expected = [("CVE-1", High), ("CVE-4", High), ("CVE-5", Low), ("CVE-2", Low)];
        let expected = expected.map(|(name, severity)| (name, Some(severity)));
        assert_eq!(rows, expected);
        assert!(store.forget_image("sha256:b").unwrap());
        assert!(!store.forget_image("sha256:b").unwrap());
        let page = store.vulnerabilities(&Sight::All, &filter, &PageRequest::first(9)).unwrap();
        assert_eq!(page.total, 3);
    });
}

#[test]
fn what_nobody_rated_stands_behind_all_that_is() {
    each(|store| {
        fill(store);
        let findings = [vulnerable("CVE-7", None, None), vulnerable("CVE-8", Info, Some("9"))];
        store.record_image(&image("sha256:d"), &findings).unwrap();
        let names = |filter: &VulnerabilityFilter, page: &PageRequest| {
            let page = store.vulnerabilities(&Sight::All, filter, page).unwrap();
            let names: Vec<_> =
                page.rows.iter().map(|row| (row.name.clone(), row.severity)).collect();
            (names, page.next)
        };
        let all = VulnerabilityFilter::default();
        let (found, next) = names(&all, &PageRequest::first(4));
        assert_eq!(found.last().unwrap().0, "CVE-2");
        let (rest, _) = names(&all, &PageRequest { after: next, limit: 4 });
        assert_eq!(rest, [("CVE-8".to_owned(), Some(Info)), ("CVE-7".to_owned(), None)]);
        let unrated = VulnerabilityFilter { unrated: true, ..all.clone() };
        assert_eq!(names(&unrated, &PageRequest::first(9)).0, rest[1..]);
        let also = VulnerabilityFilter { severities: vec![Info], ..unrated };
        assert_eq!(names(&also, &PageRequest::first(9)).0, rest);
        let rows = store.images(&Sight::All, &ImageFilter::default(), &PageRequest::first(9));
        let row = rows.unwrap().rows.pop().unwrap();
        assert_eq!((row.image.digest.as_str(), row.unrated), ("sha256:d", 1));
        // Somebody rates it, in another image.
        store.record_image(&image("sha256:c"), &[vulnerable("CVE-7", Low, None)]).unwrap();
        let low = VulnerabilityFilter { severities: vec![Low], ..all };
        let found = names(&low, &PageRequest::first(9)).0;
        assert!(found.contains(&("CVE-7".to_owned(), Some(Low))), "{found:?}");
    });
}

#[test]
fn tags_that_name_another_image_and_old_images_are_found() {
    each(|store| {
        let shop = fill(store);
        let tag = |workload: &str, digest: &str| Tag {
            reference: format!("registry/{workload}:1"),
            digest: digest.to_owned(),
            looked_at: at(5),
        };
        let found = |sight: &Sight, filter: &ImageFilter| {
            let page = store.images(sight, filter, &PageRequest::first(9)).unwrap();
            assert_eq!(page.total as usize, page.rows.len());
            page.rows.into_iter().map(|row| (row.image.digest, row.drift)).collect::<Vec<_>>()
        };
        let drifted = ImageFilter { drifted: true, ..ImageFilter::default() };
        store.record_tag(&tag("web", "sha256:a")).unwrap();
        assert_eq!(found(&Sight::All, &drifted), []);
        store.record_tag(&tag("ledger", "sha256:z")).unwrap();
        let expected = [("sha256:b".to_owned(), Some(tag("ledger", "sha256:z")))];
        assert_eq!(found(&Sight::All, &drifted), expected);
        assert_eq!(found(&shop, &drifted), []);
        let detail = store.image(&Sight::All, "sha256:b").unwrap().unwrap();
        assert_eq!(detail.tags, [tag("ledger", "sha256:z")]);
        // What has no pod runs nothing that could differ.
        let idle = Running { pods: 0, ..running("bank", "ledger", "sha256:b", None) };
        store.record_running("prod", at(6), &[idle]).unwrap();
        assert_eq!(found(&Sight::All, &drifted), []);
        let built = |second| ImageFilter { built_before: Some(at(second)), ..Default::default() };
        assert_eq!(found(&Sight::All, &built(-1_001)), []);
        assert_eq!(found(&Sight::All, &built(-1_000)).len(), 3);
    });
}

#[test]
fn what_is_known_of_images_is_told_at_once() {
    each(|store| {
        fill(store);
        let later = Image { scanned_at: at(9), act_now: None, ..image("sha256:b") };
        let findings = [vulnerable("CVE-7", None, None), vulnerable("CVE-8", High, Some("9"))];
        store.record_image(&later, &findings).unwrap();
        let known = store.known_images().unwrap();
        let expected = KnownImage {
            digest: "sha256:b".to_owned(),
            act_now: None,
            findings: 2,
            critical: 0,
            high: 1,
            fixable: 1,
            worst: Some("CVE-1".to_owned()),
            gap: Some("nobody \"speaks\" of it".to_owned()),
            scanned_at: at(9),
            database_date: Some(date(2026, 11, 30)),
        };
        assert_eq!((known.len(), &known[0]), (3, &expected));
        let digest = "sha256:z".to_owned();
        let tag = Tag { reference: "registry/web:1".to_owned(), digest, looked_at: at(1) };
        store.record_tag(&tag).unwrap();
        let named = store.named_images().unwrap();
        let named: Vec<_> = named
            .iter()
            .map(|it| (it.reference.as_str(), it.digest.as_str(), it.is_looked_up))
            .collect();
        let expected = [
            ("registry/web:1", "sha256:z", true),
            ("registry/ledger:1", "sha256:b", false),
            ("registry/web:1", "sha256:a", false),
        ];
        assert_eq!(named, expected);
    });
}

#[test]
fn images_that_do_not_run_are_forgotten() {
    each(|store| {
        fill(store);
        for (reference, digest) in [("registry/web:1", "sha256:a"), ("registry/gone:1", "x")] {
            let (reference, digest) = (reference.to_owned(), digest.to_owned());
            store.record_tag(&Tag { reference, digest, looked_at: at(0) }).unwrap();
        }
        assert_eq!(store.forget(Old::Images, at(0)).unwrap(), 0);
        // The image, and the tag.
        assert_eq!(store.forget(Old::Images, at(1)).unwrap(), 2);
        assert_eq!(store.forget(Old::Images, at(1)).unwrap(), 0);
        let left = store.known_images().unwrap().into_iter().map(|it| it.digest);
        assert_eq!(left.collect::<Vec<_>>(), ["sha256:a", "sha256:b"]);
        let all = VulnerabilityFilter::default();
        let page = store.vulnerabilities(&Sight::All, &all, &PageRequest::first(9)).unwrap();
        assert!(page.rows.iter().all(|row| row.name != "CVE-4"));
    });
}

#[test]
fn what_stays_keeps_since_when_it_runs() {
    each(|store| {
        fill(store);
        let mut rows = vec![
            Running { pods: 5, ..running("shop", "web", "sha256:a", None) },
            running("bank", "ledger", "sha256:a", None),
        ];
        rows.push(rows[0].clone());
        store.record_running("prod", at(7), &rows).unwrap();
        let page = store.where_is(&Sight::All, "CVE-1", &PageRequest::first(9)).unwrap();
        let told: Vec<_> = page.rows.iter().map(|row| (row.running.clone(), row.since)).collect();
        assert_eq!(told, [(rows[0].clone(), at(0)), (rows[1].clone(), at(7))]);
        store.record_running("test", at(8), &rows).unwrap();
        store.record_running("test", at(9), &[]).unwrap();
        assert_eq!(store.where_is(&Sight::All, "CVE-1", &PageRequest::first(9)).unwrap().total, 2);
    });
}

#[test]
fn tags_are_kept_as_last_looked_at() {
    each(|store| {
        let tag = |digest: &str, second| Tag {
            reference: "registry/web:1".to_owned(),
            digest: digest.to_owned(),
            looked_at: at(second),
        };
        store.record_tag(&tag("sha256:a", 0)).unwrap();
        store.record_tag(&tag("sha256:b", 1)).unwrap();
        assert_eq!(store.tags().unwrap(), [tag("sha256:b", 1)]);
    });
}
