//! The interface: pages and JSON say the same, forms are ours alone, hostile texts stay texts.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod demo_server;

use std::collections::BTreeSet;

use demo_server::{Demo, shop};
use reqwest::StatusCode;
use reqwest::blocking::Response;
use serde_json::{Value, json};

/// Every page without parameters, as links of the navigation name them.
const PAGES: &[&str] = &[
    "/",
    "/findings",
    "/workloads",
    "/images",
    "/vulnerabilities",
    "/access",
    "/network",
    "/compliance",
    "/decisions",
    "/exceptions",
    "/health",
];

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |it| it.to_str().unwrap())
}

/// The values of an attribute in a page.
fn attributes<'p>(page: &'p str, name: &str) -> BTreeSet<&'p str> {
    let mark = format!(" {name}=\"");
    page.split(mark.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn pages_and_json_say_the_same() {
    let demo = Demo::start(&shop(), &[]);
    let data = demo.data("/findings?limit=500");
    let findings = data["findings"].as_array().unwrap();
    assert_eq!(data["schema"], "bollwerk.findings/v1");
    assert_eq!(data["total"], findings.len());
    assert!(findings.len() > 60);
    let page = demo.page("/findings?limit=500");
    for finding in findings {
        let fingerprint = finding["fingerprint"].as_str().unwrap();
        assert!(page.contains(&format!("/findings/{fingerprint}")));
    }
    // The same address gives either form.
    let request = demo.client.get(format!("{}/findings", demo.address));
    let answer = request.header("accept", "application/json").send().unwrap();
    assert_eq!(header(&answer, "content-type"), "application/json");
    // Pages follow each other without a finding lost or shown twice.
    let mut seen = BTreeSet::new();
    let mut place = "/findings?limit=7".to_owned();
    loop {
        let part = demo.data(&place);
        for finding in part["findings"].as_array().unwrap() {
            assert!(seen.insert(finding["fingerprint"].as_str().unwrap().to_owned()));
        }
        let Some(next) = part["next"].as_str() else { break };
        place = format!("/findings?limit=7&after={next}");
    }
    assert_eq!(seen.len(), findings.len());
}

#[test]
fn filters_hold_together_and_stay_in_the_address() {
    let demo = Demo::start(&shop(), &[]);
    let all = demo.data("/findings?limit=500");
    let all = all["findings"].as_array().unwrap();
    let count = |is_wanted: &dyn Fn(&Value) -> bool| all.iter().filter(|it| is_wanted(it)).count();
    let cases: &[(&str, usize)] = &[
        ("namespace=ops", count(&|it| it["namespace"] == "ops")),
        (
            "severity=critical,high&namespace=ops",
            count(&|it| {
                it["namespace"] == "ops"
                    && matches!(it["severity"].as_str(), Some("critical" | "high"))
            }),
        ),
        ("control=privileged-container", count(&|it| it["control"] == "privileged-container")),
        ("kind=DaemonSet&namespace=ops&name=node-agent", {
            count(&|it| it["kind"] == "DaemonSet" && it["name"] == "node-agent")
        }),
        ("owner=payments", count(&|it| it["owner"] == "payments")),
        ("q=no+such+text", 0),
        ("state=fixed", 0),
    ];
    for (query, wanted) in cases {
        assert_eq!(demo.data(&format!("/findings?{query}"))["total"], *wanted, "{query}");
    }
    assert!(cases[..5].iter().all(|(_, count)| *count > 0), "{cases:?}");
    let page = demo.page("/findings?namespace=ops&q=node");
    let links = attributes(&page, "href");
    assert!(links.contains("/workloads?namespace=ops"), "the namespace is lost: {links:?}");
    assert!(links.iter().any(|it| it.contains("severity=high") && it.contains("q=node")));
}

#[test]
fn what_cannot_be_asked_is_told() {
    let demo = Demo::start(&shop(), &[]);
    let long = format!("/findings?q={}", "q".repeat(5_000));
    let cases = [
        ("/findings?colour=red", 400),
        ("/findings?severity=worst", 400),
        ("/findings?limit=100000", 400),
        ("/findings?after=nonsense", 400),
        (long.as_str(), 400),
        ("/findings/f1:00000000000000000000000000000000", 404),
        ("/images/sha256:00", 404),
        ("/vulnerabilities/CVE-1", 404),
        ("/compliance/none", 404),
        ("/controls/none", 404),
        ("/nowhere", 404),
    ];
    for (path, status) in cases {
        let answer = demo.get(&format!("/api/v1{path}"));
        assert_eq!(answer.status(), status, "{path}");
        if path != "/nowhere" {
            assert_eq!(header(&answer, "content-type"), "application/problem+json", "{path}");
        }
        let page = demo.client.get(format!("{}{path}", demo.address));
        let page = page.header("accept", "text/html").send().unwrap();
        assert_eq!(page.status(), status, "{path}");
    }
}

#[test]
fn every_answer_binds_the_browser() {
    let demo = Demo::start(&shop(), &[]);
    for path in PAGES {
        let request = demo.client.get(format!("{}{path}", demo.address));
        let answer = request.header("accept", "text/html").send().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let policy = header(&answer, "content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(&answer, "cache-control"), "no-store");
        let page = answer.text().unwrap();
        // Nothing is loaded from elsewhere, no script or style stands in the page itself.
        for link in attributes(&page, "href").iter().chain(&attributes(&page, "src")) {
            let is_ours = link.is_empty() || link.starts_with('/') || link.starts_with(['#', '?']);
            assert!(is_ours, "{path}: {link}");
        }
        assert_eq!(page.matches("<script").count(), 1, "{path}");
        assert!(!page.contains(" style=\"") && !page.contains(" onclick"), "{path}");
        assert!(page.contains("<main id=\"main\"") && page.contains("<h1>"), "{path}");
    }
    let page = demo.page("/");
    let script = attributes(&page, "src").into_iter().find(|it| it.contains("/script-")).unwrap();
    let script = demo.get(script);
    assert!(header(&script, "cache-control").contains("immutable"));
    assert!(script.text().unwrap().len() < 60 << 10);
}

#[test]
fn another_name_of_this_machine_is_turned_away() {
    let demo = Demo::start(&shop(), &[]);
    let port = demo.address.rsplit(':').next().unwrap();
    let asked = |host: &str| {
        demo.client.get(format!("{}/findings", demo.address)).header("host", host).send().unwrap()
    };
    assert_eq!(asked(&format!("localhost:{port}")).status(), 200);
    assert_eq!(asked(&format!("[::1]:{port}")).status(), 200);
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"] {
        assert_eq!(asked(host).status(), 403, "{host}");
    }
}

/// The form that makes an exception for a finding.
fn exception(finding: &Value, key: &str) -> String {
    let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    let until = jiff::tz::Offset::UTC.to_datetime(until).date().to_string();
    form_urlencoded::Serializer::new(String::new())
        .append_pair("key", key)
        .append_pair("control", &text("control"))
        .append_pair("kind", &text("kind"))
        .append_pair("namespace", &text("namespace"))
        .append_pair("name", &text("name"))
        .append_pair("reason", "known, and watched")
        .append_pair("owner", "platform")
        .append_pair("until", &until)
        .finish()
}

fn send(demo: &Demo, path: &str, body: String, headers: &[(&str, &str)]) -> Response {
    let request = demo.client.post(format!("{}{path}", demo.address)).body(body);
    let mut request = request.header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().unwrap()
}

#[test]
fn forms_are_taken_from_our_own_pages_alone() {
    let demo = Demo::start(&shop(), &[]);
    let finding = demo.data("/findings?control=privileged-container")["findings"][0].clone();
    let page = format!("/findings/{}", finding["fingerprint"].as_str().unwrap());
    let key = demo.form_key(&page);
    let good = exception(&finding, &key);
    let refused: &[(&str, &[(&str, &str)])] = &[
        (&exception(&finding, ""), &[]),
        (&exception(&finding, &"0".repeat(64)), &[]),
        (&good, &[("sec-fetch-site", "cross-site")]),
        (&good, &[("sec-fetch-site", "same-site")]),
        (&good, &[("origin", "https://evil.example")]),
        (&good, &[("origin", "null")]),
    ];
    for (body, headers) in refused {
        let answer = send(&demo, "/exceptions", (*body).to_owned(), headers);
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(demo.data("/exceptions")["total"], 0);
    let own = [("origin", demo.address.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(send(&demo, "/exceptions", good, &own).status(), StatusCode::SEE_OTHER);
    assert_eq!(demo.data("/exceptions")["total"], 1);
    // The finding goes, its history stays.
    let path = format!("/findings/{}", finding["fingerprint"].as_str().unwrap());
    let began = std::time::Instant::now();
    while demo.data(&path)["finding"]["state"] != "excepted" {
        assert!(began.elapsed().as_secs() < 60, "it is still open");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let one = demo.data(&path);
    let what: Vec<&str> =
        one["history"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["excepted", "appeared"]);
    assert_eq!(one["finding"]["exception"], "known, and watched");
    // Ended, it is open again.
    let key = demo.form_key("/exceptions");
    let body = format!("key={key}");
    assert_eq!(send(&demo, "/exceptions/1/end", body, &own).status(), StatusCode::SEE_OTHER);
    while demo.data(&path)["finding"]["state"] != "open" {
        assert!(began.elapsed().as_secs() < 60, "it is still excepted");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let actions = demo.data("/health")["actions"].clone();
    let verbs: Vec<&str> =
        actions.as_array().unwrap().iter().map(|it| it["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["end-exception", "create-exception"]);
}

#[test]
fn exceptions_say_who_and_until_when() {
    let demo = Demo::start(&shop(), &[]);
    let finding = demo.data("/findings?control=privileged-container")["findings"][0].clone();
    let page = format!("/findings/{}", finding["fingerprint"].as_str().unwrap());
    let good = exception(&finding, &demo.form_key(&page));
    let parts: Vec<&str> = good.split('&').collect();
    let changed = |name: &str, value: &str| {
        let part = |it: &&str| match it.split_once('=') {
            Some((key, _)) if key == name => format!("{name}={value}"),
            _ => (*it).to_owned(),
        };
        parts.iter().map(part).collect::<Vec<_>>().join("&")
    };
    let long = "x".repeat(501);
    let cases = [
        ("control", "no-such-control"),
        ("kind", ""),
        ("name", "+"),
        ("reason", ""),
        ("reason", long.as_str()),
        ("owner", ""),
        ("until", ""),
        ("until", "soon"),
        ("until", "2020-01-01"),
        ("until", "2999-01-01"),
    ];
    for (name, value) in cases {
        let answer = send(&demo, "/exceptions", changed(name, value), &[]);
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name}={value}");
    }
    let unknown = format!("{good}&colour=red");
    assert_eq!(send(&demo, "/exceptions", unknown, &[]).status(), StatusCode::BAD_REQUEST);
    let huge = format!("{good}&reason={}", "x".repeat(20 << 10));
    assert_eq!(send(&demo, "/exceptions", huge, &[]).status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(demo.data("/exceptions")["total"], 0);
}

/// An object whose texts want to be markup, headers and terminals.
fn hostile() -> String {
    let markup = "\\\"><script>alert(1)</script><img src=x onerror=alert(2)>";
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "it", "namespace": "shop",
            "labels": {"app.kubernetes.io/part-of": "x"},
            "annotations": {"bollwerk.io/owner": "<b onmouseover=alert(3)>owner\r\nSet-Cookie: a=b"},
        },
        "spec": {"containers": [{
            "name": "'><svg onload=alert(4)>",
            "image": format!("registry.example.com/{markup}:1"),
            "securityContext": {"privileged": true},
        }]},
    })
    .to_string()
}

#[test]
fn hostile_texts_stay_texts() {
    let folder = std::env::temp_dir().join(format!("bollwerk-hostile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("it.json"), hostile()).unwrap();
    let demo = Demo::start(&folder, &[]);
    let mut pages: Vec<String> = PAGES.iter().map(|it| (*it).to_owned()).collect();
    for finding in demo.data("/findings?limit=500")["findings"].as_array().unwrap() {
        pages.push(format!("/findings/{}", finding["fingerprint"].as_str().unwrap()));
    }
    let evil = "%22%3E%3Cscript%3Ealert(5)%3C/script%3E";
    for query in ["/findings?q=", "/workloads?q=", "/access?from=", "/network?namespace="] {
        pages.push(format!("{query}{evil}"));
    }
    for path in &pages {
        let request = demo.client.get(format!("{}{path}", demo.address));
        let answer = request.header("accept", "text/html").send().unwrap();
        assert!(header(&answer, "set-cookie").is_empty(), "{path}");
        let page = answer.text().unwrap().to_lowercase();
        assert_eq!(page.matches("<script").count(), 1, "{path}");
        for tag in ["<img", "<b onmouse", "<svg onload"] {
            assert!(!page.contains(tag), "{path}: {tag}");
        }
    }
    let answer = demo.get("/login?next=%2F%0d%0aSet-Cookie:%20a=b");
    assert!(header(&answer, "set-cookie").is_empty());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_token_opens_a_session_that_nobody_had_before() {
    let folder = std::env::temp_dir().join(format!("bollwerk-token-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("token");
    std::fs::write(&file, "a-token-that-is-long-enough\n").unwrap();
    let demo = Demo::start(&shop(), &["--token-file", file.to_str().unwrap()]);
    // Pages lead to the login, and from there back; JSON says what is missing.
    let request = demo.client.get(format!("{}/findings?namespace=ops", demo.address));
    let answer = request.header("accept", "text/html").send().unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&answer, "location"), "/login?next=%2Ffindings%3Fnamespace%3Dops");
    let answer = demo.get("/api/v1/findings");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(header(&answer, "www-authenticate").starts_with("Bearer"));
    let login = |token: &str, cookie: &str| {
        let body = format!("token={token}&next=//evil.example");
        send(&demo, "/login", body, &[("cookie", cookie), ("accept", "text/html")])
    };
    assert_eq!(login("a-token-that-is-wrong-enough", "").status(), StatusCode::UNAUTHORIZED);
    // A cookie that was planted before is not the session.
    let planted = format!("bollwerk={}", "0".repeat(64));
    let answer = login("a-token-that-is-long-enough", &planted);
    assert_eq!((answer.status(), header(&answer, "location")), (StatusCode::SEE_OTHER, "/"));
    let line = header(&answer, "set-cookie").to_owned();
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
    let cookie = line.split(';').next().unwrap().to_owned();
    assert_ne!(cookie, planted);
    let with = |cookie: &str| {
        let request = demo.client.get(format!("{}/api/v1/findings", demo.address));
        request.header("cookie", cookie).send().unwrap().status()
    };
    assert_eq!(with(&cookie), StatusCode::OK);
    assert_eq!(with(&planted), StatusCode::UNAUTHORIZED);
    let second = login("a-token-that-is-long-enough", &cookie);
    assert_ne!(header(&second, "set-cookie").split(';').next().unwrap(), cookie);
    // Logging out ends it, by a form of ours alone.
    let page = demo.client.get(format!("{}/health", demo.address)).header("cookie", &cookie);
    let page = page.header("accept", "text/html").send().unwrap().text().unwrap();
    let (_, rest) = page.split_once("name=\"key\" value=\"").unwrap();
    let key = rest.split('"').next().unwrap();
    let out = |key: &str| send(&demo, "/logout", format!("key={key}"), &[("cookie", &cookie)]);
    assert_eq!(out("wrong").status(), StatusCode::FORBIDDEN);
    assert_eq!(with(&cookie), StatusCode::OK);
    assert_eq!(out(key).status(), StatusCode::SEE_OTHER);
    assert_eq!(with(&cookie), StatusCode::UNAUTHORIZED);
    // A token by itself needs no session, and no form's key.
    let request = demo.client.get(format!("{}/api/v1/findings", demo.address));
    assert_eq!(
        request.bearer_auth("a-token-that-is-long-enough").send().unwrap().status(),
        StatusCode::OK
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_demonstration_for_others_needs_a_token() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_bollwerk-server"))
        .args(["demo", "--listen", "0.0.0.0:0", "--manifests"])
        .arg(shop())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--token-file"), "{error}");
}
