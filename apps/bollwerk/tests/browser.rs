//! The page in a real browser: its filter, its keys, its policy, and how fast it opens.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod program;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use program::{Folder, bollwerk, corpus, examples, hostile};
use serde_json::Value;

/// Times the page of the corpus is opened; the median is told.
const OPENED: usize = 5;

/// The browser that `BOLLWERK_BROWSER` names; without one nothing is tested, which CI does not
/// let pass.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn browser() -> Option<OsString> {
    let found = std::env::var_os("BOLLWERK_BROWSER");
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "BOLLWERK_BROWSER is not set");
        println!("skipped: BOLLWERK_BROWSER names no browser");
    }
    found
}

/// The document that a page has become when it is loaded.
fn opened(browser: &OsString, page: &Path, fragment: &str) -> String {
    let profile = Folder::new(&[]);
    let mut chromium = Command::new(browser);
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--no-first-run"]);
    chromium.arg(format!("--user-data-dir={}", profile.path().display()));
    chromium.arg(format!("file://{}#{fragment}", page.display()));
    let output = chromium.output().unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    assert!(dom.contains("</html>"), "{}", String::from_utf8_lossy(&output.stderr));
    dom
}

/// The page of a folder, and its JSON report.
fn reports(folder: &Folder, input: &str) -> (std::path::PathBuf, Value) {
    let run = |format: &str, output: &str| {
        let arguments = ["scan", input, "--no-config", "--format", format, "--output", output];
        let (code, _, error) = bollwerk(folder.path(), &arguments, "");
        assert_ne!(code, 2, "{error}");
        std::fs::read_to_string(folder.path().join(output)).unwrap()
    };
    run("html", "page.html");
    let json = serde_json::from_str(&run("json", "report.json")).unwrap();
    (folder.path().join("page.html"), json)
}

/// A number that the script leaves at the root of the document.
fn told(dom: &str, name: &str) -> usize {
    let (_, rest) = dom.split_once(&format!("data-{name}=\"")).expect("the script has run");
    rest.split('"').next().unwrap().parse().unwrap()
}

fn drawn(dom: &str) -> usize {
    dom.matches("<li class=\"row\">").count()
}

fn count(report: &Value, is_wanted: impl Fn(&Value) -> bool) -> usize {
    report["findings"].as_array().unwrap().iter().filter(|finding| is_wanted(finding)).count()
}

#[test]
fn the_filter_in_the_address_shows_what_it_says() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new(&[]);
    let shop = examples().canonicalize().unwrap();
    let (page, report) = reports(&folder, shop.to_str().unwrap());
    let file = |finding: &Value| finding["location"]["file"].as_str().unwrap_or("").to_owned();
    let cases: [(&str, usize); 8] = [
        ("", count(&report, |_| true)),
        (
            "severity=critical,high",
            count(&report, |it| it["severity"] == "critical" || it["severity"] == "high"),
        ),
        ("control=host-pid", count(&report, |it| it["control"] == "host-pid")),
        (
            "namespace=ops&severity=high",
            count(&report, |it| it["object"]["namespace"] == "ops" && it["severity"] == "high"),
        ),
        ("kind=DaemonSet", count(&report, |it| it["object"]["kind"] == "DaemonSet")),
        ("folder=data", count(&report, |it| file(it).contains("/data/"))),
        ("q=NODE-AGENT.yaml", count(&report, |it| file(it).ends_with("node-agent.yaml"))),
        ("q=no%20such%20text", 0),
    ];
    for (fragment, expected) in cases {
        let dom = opened(&browser, &page, fragment);
        assert_eq!(told(&dom, "shown"), expected, "{fragment}");
        // Few matches are drawn at once.
        assert!(expected > 60 || drawn(&dom) == expected, "{fragment}: {} drawn", drawn(&dom));
        assert!(!dom.contains("id=\"static\""), "the table for readers without scripts is left");
    }
    assert!(cases[..7].iter().all(|(_, expected)| *expected > 0), "a case without findings");
}

#[test]
fn the_controls_of_an_item_lead_to_their_findings() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new(&[]);
    let shop = examples().canonicalize().unwrap();
    let run = |format: &str| {
        let arguments = ["scan", shop.to_str().unwrap(), "--no-config", "--framework=cis-1.12"];
        bollwerk(folder.path(), &[&arguments[..], &["--format", format]].concat(), "").1
    };
    folder.write("page.html", &run("html"));
    let report: Value = serde_json::from_str(&run("json")).unwrap();
    let page = folder.path().join("page.html");
    let dom = opened(&browser, &page, "control=privileged-container");
    let expected = count(&report, |it| it["control"] == "privileged-container");
    assert!(expected > 0);
    assert_eq!((told(&dom, "shown"), drawn(&dom)), (expected, expected));
    let framework = dom.split("id=\"framework\"").nth(1).unwrap().split("</section>").next();
    let framework = framework.unwrap();
    let controls: Vec<&str> = framework
        .split("href=\"#control=")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(controls.contains(&"privileged-container"));
    for control in controls {
        assert!(count(&report, |it| it["control"] == control) > 0, "{control} leads nowhere");
    }
    // The bar says in words what it shows.
    let fails = report["framework"]["summary"]["fail"].as_u64().unwrap();
    assert!(framework.contains(&format!("aria-label=\"{fails} fail, ")));
}

/// Presses keys and leaves in the title what has the focus after each.
const PRESS: &str = "<script>addEventListener('load', () => {
const told = [];
for (const key of ['/', 'Escape', 'j', 'j', 'k']) {
  const target = document.activeElement;
  target.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  told.push(document.activeElement.className || document.activeElement.type || 'page');
}
document.querySelector('.group-head').click();
document.querySelector('.group-head').click();
document.querySelector('.row-head').click();
told.push(document.querySelectorAll('.detail').length);
document.querySelector('#filter input[type=search]').value = 'privileged';
document.querySelector('#filter input[type=search]').dispatchEvent(new Event('input'));
told.push(location.hash);
document.title = told.join(' ');
});</script></body>";

#[test]
fn keys_and_clicks_lead_through_the_findings() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new(&[]);
    let shop = examples().canonicalize().unwrap();
    let (page, _) = reports(&folder, shop.to_str().unwrap());
    // The policy lets no other script run: it is taken out of this copy.
    let text = std::fs::read_to_string(page).unwrap();
    let text = text.replacen("Content-Security-Policy", "none", 1);
    folder.write("pressed.html", &text.replace("</body>", PRESS));
    let dom = opened(&browser, &folder.path().join("pressed.html"), "severity=high");
    let title = dom.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert_eq!(
        title,
        "search page group-head row-head group-head 1 #severity=high&amp;q=privileged"
    );
    // With the policy the same script does not run.
    folder.write(
        "policy.html",
        &std::fs::read_to_string(folder.path().join("page.html"))
            .unwrap()
            .replace("</body>", PRESS),
    );
    let dom = opened(&browser, &folder.path().join("policy.html"), "");
    assert!(dom.contains("<title>failed: "), "another script ran");
    assert!(told(&dom, "shown") > 0);
}

#[test]
fn hostile_names_stay_text() {
    let Some(browser) = browser() else { return };
    let (folder, input) = (Folder::new(&[]), hostile::folder());
    let (page, report) = reports(&folder, input.path().to_str().unwrap());
    let dom = opened(&browser, &page, "severity=critical");
    assert_eq!(told(&dom, "shown"), count(&report, |it| it["severity"] == "critical"));
    assert!(drawn(&dom) > 0);
    assert!(!dom.contains("<title>owned"), "a name ran as a script");
    for bad in ["<img", "<b>x", "<svg onload", "<script>document"] {
        assert!(!dom.contains(bad), "{bad}");
    }
}

#[test]
fn the_page_of_the_corpus_opens() {
    let (Some(browser), Some(corpus)) = (browser(), corpus()) else { return };
    let folder = Folder::new(&[]);
    let (page, report) = reports(&folder, corpus.to_str().unwrap());
    let mut times = Vec::new();
    for _ in 0..OPENED {
        let dom = opened(&browser, &page, "severity=high&q=hostpath");
        let expected = count(&report, |it| {
            let text = format!("{} {} {}", it["message"], it["path"], it["location"]["file"]);
            let text = format!("{text} {} {}", it["control"], it["subject"]["name"]);
            it["severity"] == "high" && text.to_lowercase().contains("hostpath")
        });
        assert!(expected > 0);
        assert_eq!(told(&dom, "shown"), expected);
        times.push(told(&dom, "ready"));
    }
    times.sort_unstable();
    println!(
        "{} findings, {} bytes: drawn {} ms after the address was opened, the median of {OPENED}",
        count(&report, |_| true),
        std::fs::metadata(page).unwrap().len(),
        times[OPENED / 2]
    );
}
