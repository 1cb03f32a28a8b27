//! What is known of running images, at admission and on pages, beside a real API server: an image
//! that was scanned is refused by rule, one that nobody knows gets the configured answer; tags that
//! moved, old images and what could not be had are told. What was refused is seen by those who may
//! see the object.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod asker;
#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod server;

use std::path::Path;
use std::time::Duration;

use asker::{Asker, bind, namespace, token};
use control_plane::{Answer, ControlPlane};
use jiff::Timestamp;
use serde_json::{Value, json};
use server::Server;
use store::{Address, Image, ImageFinding, Store, Tag};

/// An image of the example shop, of which there is an SBOM.
const CHECKOUT: &str = "registry.shop.example/checkout";
const CHECKOUT_DIGEST: &str =
    "sha256:7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730";

fn digest(of: char) -> String {
    format!("sha256:{}", of.to_string().repeat(64))
}

fn config() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sboms");
    format!(
        "version: 1
images: {{folder: {}, registries: [none.example]}}
admission:
  images: {{deny: any}}
  undecided: warn
  default: audit
  rules:
    - {{controls: [vulnerable-image], namespaces: [shop], action: enforce}}
    - {{controls: [vulnerable-image, privileged-container], action: warn}}
",
        folder.display()
    )
}

/// What an earlier run of the server has left: an image that was built long ago, with a fault
/// that nobody rated, and its tag, which names another image.
fn earlier(folder: &Path) {
    let store = Store::open(&Address::Sqlite(folder.join("bollwerk.db"))).unwrap();
    let image = Image {
        digest: digest('e'),
        os: Some("debian 10".to_owned()),
        packages: 3,
        scanned_at: Timestamp::now(),
        database_date: Some(jiff::civil::date(2026, 11, 30)),
        built_at: Some("2020-01-01T00:00:00Z".parse().unwrap()),
        act_now: Some(0),
        worst: Some("CVE-2020-9999".to_owned()),
        gaps: Vec::new(),
    };
    let finding = ImageFinding {
        vulnerability: "CVE-2020-9999".to_owned(),
        package: "libold".to_owned(),
        version: "1".to_owned(),
        fixed: None,
        severity: None,
        known_exploited: false,
        epss_millionths: None,
        title: "nobody rated it".to_owned(),
        purl: "pkg:deb/debian/libold@1".to_owned(),
    };
    store.record_image(&image, &[finding]).unwrap();
    let tag = Tag {
        reference: "old.example/old:1".to_owned(),
        digest: digest('f'),
        looked_at: Timestamp::now(),
    };
    store.record_tag(&tag).unwrap();
}

fn pod(namespace: &str, name: &str, image: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "app", "image": image}]}})
}

/// Has a pod run an image, as the kubelet tells it.
fn runs(plane: &mut ControlPlane, namespace: &str, name: &str, image: &str, image_id: &str) {
    let created = plane.create(&pod(namespace, name, image), false).unwrap();
    assert_eq!(created.status, 201, "{created:?}");
    let status = json!({"status": {"phase": "Running", "containerStatuses": [{
        "name": "app", "image": image, "imageID": image_id, "ready": true, "restartCount": 0,
        "state": {"running": {}}}]}});
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
    let patched = plane.ask("PATCH", &path, &status);
    assert_eq!(patched.status, 200, "{patched:?}");
}

/// Tries a pod until the API server says so.
fn until(plane: &mut ControlPlane, pod: &Value, is_so: impl Fn(&Answer) -> bool) -> Answer {
    let mut last = None;
    for _ in 0..600 {
        let answer = plane.create(pod, true).unwrap();
        if is_so(&answer) {
            return answer;
        }
        last = Some(answer);
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{last:?}");
}

#[test]
fn what_is_known_of_running_images_is_told() {
    let Some(mut plane) = ControlPlane::start() else { return };
    for name in ["shop", "other", "accounts"] {
        namespace(&mut plane, name);
    }
    runs(
        &mut plane,
        "shop",
        "checkout",
        &format!("{CHECKOUT}:3.0.4"),
        &format!("{CHECKOUT}@{CHECKOUT_DIGEST}"),
    );
    let old = format!("old.example/old@{}", digest('e'));
    runs(&mut plane, "shop", "old", "old.example/old:1", &old);
    let more = ["--listen-interface", "127.0.0.1:0", "--store", "sqlite:bollwerk.db"];
    let mut server = Server::new(&plane.kubeconfig, &more);
    earlier(&server.folder);
    server.configure(&config());
    server.restart();
    server.install(&mut plane);
    let asker = |token: String| Asker {
        client: server.client(),
        address: format!("https://{}", server.interface),
        token,
    };
    let admin = asker(token(&mut plane, "accounts", "admin"));
    bind(&mut plane, None, "cluster-admin", ("accounts", "admin"));

    reviews(&mut plane);
    pages(&admin);

    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "reads"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]});
    assert_eq!(plane.create(&role, false).unwrap().status, 201);
    let [reader, nobody] =
        ["reader", "nobody"].map(|name| asker(token(&mut plane, "accounts", name)));
    bind(&mut plane, Some("shop"), "reads", ("accounts", "reader"));
    refused(&mut plane, &admin, &reader, &nobody);
}

/// Images that were scanned are refused or warned of by rule, by whatever they are called.
fn reviews(plane: &mut ControlPlane) {
    let by_digest = format!("mirror.example/any@{CHECKOUT_DIGEST}");
    let refused = until(plane, &pod("shop", "new", &by_digest), |it| it.status == 403);
    let message = refused.body["message"].as_str().unwrap();
    for part in [
        "vulnerable-image",
        "to act on today",
        " critical, ",
        " with a fix",
        "CVE-",
        "(as known on 20",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // By its tag, as nobody could be asked what that names: it is what runs.
    let by_tag = format!("{CHECKOUT}:3.0.4");
    until(plane, &pod("shop", "new", &by_tag), |it| it.status == 403);
    let warned = until(plane, &pod("other", "new", &by_tag), |it| !it.warnings.is_empty());
    assert_eq!(warned.status, 201);
    assert!(warned.warnings.iter().any(|it| it.contains("vulnerable-image")), "{warned:?}");
    // A tag that names something nobody scanned, although the old image runs by it.
    for unknown in ["old.example/old:1", "new.example/new:1"] {
        let answer = plane.create(&pod("shop", "new", unknown), true).unwrap();
        let is_told = |it: &String| it.contains("was not judged yet") && it.contains(unknown);
        assert!(answer.status == 201 && answer.warnings.iter().any(is_told), "{answer:?}");
    }
}

/// Tags that moved, old images, what nobody rated, what could not be had.
fn pages(admin: &Asker) {
    let all = admin.until("/images", |it| it["total"] == 2);
    let row = |digest: &str| {
        let rows = all["images"].as_array().unwrap();
        rows.iter().find(|it| it["digest"] == digest).unwrap().clone()
    };
    let (checkout, old) = (row(CHECKOUT_DIGEST), row(&digest('e')));
    assert!(checkout["actNow"].as_u64().unwrap() > 0, "{checkout}");
    assert_eq!((&checkout["drift"], &checkout["isOld"]), (&Value::Null, &json!(false)));
    assert_eq!((&old["drift"]["names"], &old["isOld"]), (&json!(digest('f')), &json!(true)));
    assert!(old["daysOld"].as_i64().unwrap() > 2_000 && old["builtAt"].is_string(), "{old}");
    assert!(old["drift"]["lookedAt"].is_string(), "{old}");
    assert_eq!(old["findings"].as_array().unwrap().last().unwrap()["severity"], "unrated");
    for filter in ["drift=true", "old=true", "old=true&drift=true&q=old"] {
        let found = admin.data(&format!("/images?{filter}"));
        assert_eq!(found["total"], 1, "{filter}: {found}");
        assert_eq!(found["images"][0]["digest"], digest('e'));
    }
    assert_eq!(admin.ask("/api/v1/images?drift=perhaps", "application/json").0, 400);
    let page = admin.page("/images?drift=true");
    assert!(page.contains("tag moved") && page.contains("days ago") && page.contains("unrated"));
    let one = admin.data(&format!("/images/{}", digest('e')));
    assert_eq!(one["running"][0]["drift"]["names"], digest('f'), "{one}");
    assert_eq!(one["vulnerabilities"][0]["severity"], "unrated");
    let page = admin.page(&format!("/images/{}", digest('e')));
    assert!(page.contains("tag moved") && page.contains("built 2020-01-01"), "{page}");
    let unrated = admin.data("/vulnerabilities?severity=unrated&limit=500");
    let rows = unrated["vulnerabilities"].as_array().unwrap();
    assert!(rows.iter().all(|it| it["severity"] == "unrated"), "{unrated}");
    assert!(rows.iter().any(|it| it["vulnerability"] == "CVE-2020-9999"), "{unrated}");
    let last = admin.data("/vulnerabilities?limit=500");
    let last = last["vulnerabilities"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["severity"], "unrated", "{last}");
    // No registry may be asked: of the old image it is known what an earlier run has found.
    let is_told = |it: &Value, kind: &str, what: &str| {
        let gaps = it["gaps"].as_array().unwrap();
        gaps.iter().any(|gap| {
            gap["kind"] == kind
                && gap["subject"].as_str().unwrap().contains(what)
                && gap["reason"].as_str().unwrap().contains("images.registries")
        })
    };
    admin.until("/health", |it| {
        is_told(it, "image", "old.example/old@") && is_told(it, "tag", "checkout:3.0.4")
    });
}

/// What was refused stands on the page Admission, for those who may see the object.
fn refused(plane: &mut ControlPlane, admin: &Asker, reader: &Asker, nobody: &Asker) {
    let by_digest = format!("mirror.example/any@{CHECKOUT_DIGEST}");
    let tried = |plane: &mut ControlPlane, namespace: &str, name: &str| {
        plane.create(&pod(namespace, name, &by_digest), false).unwrap().status
    };
    assert_eq!(tried(plane, "shop", "refused-here"), 403);
    assert_eq!(tried(plane, "other", "warned-there"), 201);
    let named = |said: &Value, name: &str| {
        let rows = said["decisions"].as_array().unwrap();
        rows.iter().find(|it| it["name"] == name).cloned()
    };
    let path = "/decisions?limit=500";
    let all = admin.until(path, |it| named(it, "warned-there").is_some());
    let here = named(&all, "refused-here").unwrap();
    assert_eq!((&here["allowed"], &here["dryRun"]), (&json!(false), &json!(false)));
    assert_eq!(here["controls"][0], "vulnerable-image");
    assert_eq!(named(&all, "warned-there").unwrap()["allowed"], true);
    // Rights are those of the assessed cluster: they take a moment.
    let seen = reader.until(path, |it| named(it, "refused-here").is_some());
    assert!(named(&seen, "warned-there").is_none(), "{seen}");
    assert_eq!(nobody.data(path)["total"], 0);
    assert!(reader.page("/decisions").contains("refused-here"));
    assert!(!reader.page("/decisions").contains("warned-there"));
    assert!(!nobody.page("/decisions").contains("refused-here"));
    for (filter, is_here, is_there) in [
        ("control=vulnerable-image", true, true),
        ("control=vulnerable", false, false),
        ("control=privileged-container", false, false),
        ("allowed=false", true, false),
        ("allowed=true", false, true),
        ("allowed=true&namespace=shop", false, false),
        ("namespace=shop&control=vulnerable-image", true, false),
    ] {
        let found = admin.data(&format!("/decisions?limit=500&{filter}"));
        let found =
            (named(&found, "refused-here").is_some(), named(&found, "warned-there").is_some());
        assert_eq!(found, (is_here, is_there), "{filter}");
    }
    assert_eq!(admin.ask("/api/v1/decisions?allowed=maybe", "application/json").0, 400);
    assert!(admin.page("/decisions?allowed=false").contains("refused-here"));
}
