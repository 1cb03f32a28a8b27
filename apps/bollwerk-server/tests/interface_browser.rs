//! The interface in a real browser: the way from a vulnerability to the pods that have it, the
//! picture of a way to cluster-admin, an exception that makes a finding go. `BOLLWERK_BLESS=1`
//! takes the pictures of the documentation.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod browser_driver;
mod demo_server;

use std::path::{Path, PathBuf};

use browser_driver::Browser;
use demo_server::{Demo, shop};

/// Takes a picture for the documentation, where that is wanted.
fn picture(browser: &mut Browser, name: &str) {
    if std::env::var_os("BOLLWERK_BLESS").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures/interface");
        std::fs::create_dir_all(&folder).unwrap();
        let file: PathBuf = folder.join(format!("{name}.png"));
        browser.picture(&file);
    }
}

#[test]
fn a_reader_finds_their_way() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&shop(), &[]);
    let at = |path: &str| format!("{}{path}", demo.address);
    browser.open(&at("/"));
    assert!(browser.text().contains("What needs somebody"));
    picture(&mut browser, "overview");

    // From the worst finding to what it is, how it is mended, and an exception.
    browser.open(&at("/findings?namespace=ops"));
    picture(&mut browser, "findings");
    browser.click("a.row", "agent runs privileged");
    let text = browser.text();
    assert!(text.contains("How to mend it") && text.contains("privileged: false"), "{text}");
    picture(&mut browser, "finding");
    let finding = browser.value("location.pathname").as_str().unwrap().to_owned();
    let before = demo.data("/findings?namespace=ops")["total"].as_u64().unwrap();
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30);
    browser.fill("textarea[name=reason]", "the driver needs it");
    browser.fill("input[name=owner]", "platform");
    let day = jiff::tz::Offset::UTC.to_datetime(until).date().to_string();
    browser.fill("input[name=until]", &day);
    browser.click("button", "Make an exception");
    let text = browser.text();
    assert!(text.contains("the driver needs it") && text.contains(&day), "{text}");
    // The finding goes.
    let text = browser.until(&at(&finding), |text| text.contains("excepted"));
    assert!(text.contains("the driver needs it"), "{text}");
    browser.open(&at("/findings?namespace=ops"));
    assert!(!browser.text().contains("agent runs privileged"));
    assert_eq!(demo.data("/findings?namespace=ops")["total"], before - 1);

    // A filter is chosen, and the page follows.
    browser.open(&at("/findings"));
    browser.click("a.pill", "critical");
    assert_eq!(browser.value("location.search"), "?severity=critical");
    let pressed = "document.querySelector('a.pill[aria-pressed=true]').textContent";
    assert!(browser.value(pressed).as_str().unwrap().contains("critical"));

    // Who gets to cluster-admin, as a picture with words below.
    browser.open(&at("/access"));
    let text = browser.text();
    assert!(text.contains("Ways to cluster-admin"), "{text}");
    let drawn = browser.value("document.querySelector('figure svg').textContent");
    assert!(drawn.as_str().unwrap().contains("service account ops/ci-runner"), "{drawn}");
    // Its own style holds: the policy of the page lets it.
    let fill =
        browser.value("getComputedStyle(document.querySelector('figure svg rect.e')).strokeWidth");
    assert_eq!(fill, "1.5px");
    picture(&mut browser, "access");

    browser.open(&at("/network?namespace=shop"));
    assert!(browser.value("!!document.querySelector('figure svg')").as_bool().unwrap());
    picture(&mut browser, "network");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn from_a_vulnerability_to_what_runs_it() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&shop(), &[]);
    let at = |path: &str| format!("{}{path}", demo.address);
    // Images are scanned beside the judging: it is waited for the one that is looked for.
    let found = at("/vulnerabilities?q=CVE-2023-50447");
    let text = browser.until(&found, |text| text.contains("CVE-2023-50447"));
    assert!(text.contains("1 workload,") && text.contains("there is one"), "{text}");
    browser.click("a.row", "CVE-2023-50447");
    let text = browser.text();
    for part in ["Deployment shop/catalog", "Pillow", "9.5.0", "storefront"] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part}: {text}");
    }
    picture(&mut browser, "vulnerability");
    // On to its image, and to what else is wrong with the workload.
    browser.click("td.mono a", "catalog");
    let text = browser.text();
    assert!(text.contains("Where it runs") && text.contains("debian 11"), "{text}");
    browser.click("a.row", "shop/catalog");
    let query = browser.value("location.search");
    assert_eq!(query, "?namespace=shop&name=catalog");
    assert!(browser.text().contains("Deployment shop/catalog"));
    // What could not be had is told, not passed over.
    browser.open(&at("/health"));
    let text = browser.text();
    assert!(text.contains("redis:7") && text.contains("no registry is asked"), "{text}");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn pages_fit_small_screens_and_are_read_without_a_mouse() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start(&shop(), &[]);
    let pages = ["/", "/findings", "/workloads", "/access", "/compliance/cis-1.12", "/health"];
    for width in [360, 1280] {
        browser.resize(width, 800);
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            for path in pages {
                browser.open(&format!("{}{path}", demo.address));
                // Pictures scroll by themselves; the page does not.
                let over = "document.documentElement.scrollWidth - innerWidth";
                let over = browser.value(over).as_i64().unwrap();
                assert!(over <= 0, "{path} is {over} pixels wider than {width}");
                // WCAG 2.2, 1.4.3: text is told apart from its ground by 4.5 to 1.
                let ratio = browser.value(CONTRAST).as_f64().unwrap();
                assert!(ratio >= 4.5, "{path} in {scheme}: {ratio}");
            }
        }
    }
    // Every field has a name, every page one heading of the first rank and a way past the head.
    for path in pages {
        browser.open(&format!("{}{path}", demo.address));
        let nameless = browser.value(NAMELESS);
        assert_eq!(nameless, "", "{path}");
        assert_eq!(browser.value("document.querySelectorAll('h1').length"), 1, "{path}");
        assert_eq!(browser.value("document.querySelector('a').className"), "skip", "{path}");
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// The least contrast between texts and their grounds.
const CONTRAST: &str = "(() => {
  const channel = (c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number);
    return text.startsWith('color(') ? n.slice(0, 4).map((v, i) => i < 3 ? v * 255 : v) : n; };
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = (it) => { for (; it; it = it.parentElement) {
    const c = parse(getComputedStyle(it).backgroundColor);
    if (c.length < 4 || c[3] > .9) return c; } return [255, 255, 255]; };
  let least = 21;
  for (const it of document.querySelectorAll('main *, nav *, footer *')) {
    if (it.closest('svg') || !it.checkVisibility()) continue;
    const own = [...it.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || getComputedStyle(it).opacity < 1 || it.closest('.none')) continue;
    const [a, b] = [light(parse(getComputedStyle(it).color)), light(ground(it))];
    least = Math.min(least, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
  }
  return least;
})()";

/// Fields that a screen reader could not name.
const NAMELESS: &str = "[...document.querySelectorAll('input, select, textarea')]
  .filter((it) => it.type !== 'hidden' && !it.ariaLabel && !it.labels?.length)
  .map((it) => it.outerHTML).join()";
