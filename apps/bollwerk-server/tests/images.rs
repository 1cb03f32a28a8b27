//! The images that run: told from pods, fetched from a registry, compared with their tags.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bollwerk::config::Settings;
use bollwerk::config::images::ImageSettings;
use bollwerk_server::images::{Job, Running, Schedule, Told, follow, running};
use collect::manifests::Input;
use image::Digest;
use jiff::{SignedDuration, Timestamp};
use model::{DigestKey, Snapshot, WorldId};
use serde_json::{Value, json};

fn snapshot(objects: &[Value]) -> Snapshot {
    let text = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let inputs = vec![Input::Text(text.into_bytes())];
    let key = DigestKey::new(&[1; 32]);
    bollwerk::assess::collect(inputs, &Settings::new(), Timestamp::now(), key).0
}

fn all(objects: &[Value]) -> Vec<Running> {
    running(&snapshot(objects), WorldId(0))
}

fn digest(of: char) -> String {
    format!("sha256:{}", of.to_string().repeat(64))
}

/// A pod of the Deployment `web`, whose `ReplicaSet` is not seen.
fn pod(name: &str, image_id: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "shop", "name": name,
            "labels": {"app": "web", "pod-template-hash": "5d8f", "team": "shop-team"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "uid": "1",
                "name": "web-5d8f", "controller": true}]},
        "spec": {
            "initContainers": [{"name": "init", "image": "reg.example/init:1"}],
            "containers": [{"name": "web", "image": "reg.example/web:1",
                "ports": [{"containerPort": 8080}]}]},
        "status": {"phase": "Running",
            "containerStatuses": [{"name": "web", "imageID": image_id, "image": "x",
                "ready": true, "restartCount": 0}],
            "initContainerStatuses": [{"name": "init", "image": "x", "ready": true,
                "imageID": digest('c'), "restartCount": 0}]},
    })
}

fn service() -> Value {
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"},
            "ports": [{"port": 80, "targetPort": 8080}]}})
}

fn deployment(name: &str, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": name, "labels": {"owner": "idle-team"}},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "it", "image": image}]}}}})
}

#[test]
fn pods_of_one_workload_are_counted_by_what_they_run() {
    let id = |of| format!("reg.example/web@{}", digest(of));
    let mut over = pod("web-5", &id('a'));
    over["status"]["phase"] = "Succeeded".into();
    let pinned = format!("idle:2@{}", digest('d'));
    let found = all(&[
        pod("web-1", &id('a')),
        pod("web-2", &format!("docker-pullable://{}", id('a'))),
        pod("web-3", &id('b')),
        over,
        service(),
        deployment("web", "reg.example/web:1"),
        deployment("idle", &pinned),
    ]);
    let brief = |it: &Running| {
        let short = |it: &String| it[7..9].to_owned();
        let digest = it.digest.as_ref().map(short).unwrap_or_default();
        let owner = it.owner.clone().unwrap_or_default();
        let text =
            format!("{}/{} {} {digest} {}", it.workload_kind, it.workload, it.container, it.pods);
        (text, owner, it.exposed(), it.is_init)
    };
    let row = |text: &str, owner: &str, exposed, is_init| {
        (text.to_owned(), owner.to_owned(), exposed, is_init)
    };
    assert_eq!(
        found.iter().map(brief).collect::<Vec<_>>(),
        [
            row("Deployment/idle it dd 0", "idle-team", Some(false), false),
            row("Deployment/web init  3", "shop-team", Some(true), true),
            row("Deployment/web web aa 2", "shop-team", Some(true), false),
            row("Deployment/web web bb 1", "shop-team", Some(true), false),
        ]
    );
    assert_eq!(found[0].pull, format!("docker.io/library/idle:2@{}", digest('d')));
    // By the digest of a configuration nobody can ask a registry: by its name then.
    assert_eq!(found[1].pull, "reg.example/init:1");
    assert_eq!(found[2].pull, id('a'));
}

#[test]
fn odd_statuses_are_no_digests() {
    for id in ["", "nonsense", "a@b", "a@sha256:12", "@", "docker://sha256:aa", "A B@sha256:x"] {
        let found = all(&[pod("web-1", id)]);
        assert_eq!(
            (&found[1].digest, found[1].pull.as_str()),
            (&None, "reg.example/web:1"),
            "{id}"
        );
    }
    let mut bare = pod("web-1", "");
    bare["status"] = json!(7);
    bare["metadata"]["ownerReferences"] = json!("x");
    let found = all(&[bare]);
    assert_eq!((found[0].workload_kind.as_str(), found[0].workload.as_str()), ("Pod", "web-1"));
}

#[test]
fn what_failed_is_put_off_longer_each_time() {
    let id = |of| format!("reg.example/web@{}", digest(of));
    let found = all(&[pod("web-1", &id('a')), deployment("idle", "idle:2")]);
    let now: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    let day = Some(Duration::from_hours(24));
    let after = |minutes: i64| now + SignedDuration::from_mins(minutes);
    let mut schedule = Schedule::default();
    let due = schedule.due(&found, 1, day, now);
    let scan = |pull: &str| Job::Scan(pull.to_owned());
    let tag = Job::Tag("reg.example/web:1".to_owned());
    // What the internet may reach stands before what it does not.
    let expected =
        [scan(&id('a')), scan("docker.io/library/idle:2"), scan("reg.example/init:1"), tag.clone()];
    let mut sorted = due.clone();
    sorted.sort();
    let mut wanted = expected.to_vec();
    wanted.sort();
    assert_eq!(sorted, wanted);
    assert_eq!(due.last(), Some(&tag));
    for job in &due[..3] {
        let Job::Scan(pull) = job else { panic!("{job:?}") };
        schedule.scanned(pull, 1);
    }
    assert_eq!(schedule.failed(&tag, now), after(1));
    assert_eq!(schedule.due(&found, 1, day, now), []);
    assert_eq!(schedule.due(&found, 1, day, after(1)), std::slice::from_ref(&tag));
    assert_eq!(schedule.failed(&tag, now), after(2));
    for _ in 0..40 {
        schedule.failed(&tag, now);
    }
    assert_eq!(schedule.failed(&tag, now), after(360));
    schedule.looked_up("reg.example/web:1", now);
    assert_eq!(schedule.due(&found, 1, day, after(1_439)), []);
    assert_eq!(schedule.due(&found, 1, day, after(1_440)), [tag]);
    // Another database: every image once more, and nothing of a tag.
    assert_eq!(schedule.due(&found, 2, None, after(1_440)).len(), 3);
    // What runs no more is forgotten.
    assert_eq!(schedule.due(&[], 2, day, after(1)), []);
    assert_eq!(schedule.due(&found, 1, None, now).len(), 3);
}

/// A registry of one image, which holds an old package.
struct Registry {
    address: String,
    digest: String,
    /// Methods and paths that were asked for.
    asked: Arc<Mutex<Vec<String>>>,
    /// Whether it answers with an error.
    is_broken: Arc<Mutex<bool>>,
}

impl Registry {
    fn start() -> Self {
        let mut blobs: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut add = |kind: &str, content: Vec<u8>| {
            let digest = Digest::of(&content).to_string();
            let described = json!({"mediaType": kind, "digest": digest, "size": content.len()});
            blobs.insert(digest, content);
            described
        };
        let layer = tar(
            "usr/lib/python3/dist-packages/requests-2.2.1.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: requests\nVersion: 2.2.1\n",
        );
        let layer = add("application/vnd.oci.image.layer.v1.tar", layer);
        let config = json!({"os": "linux", "architecture": "amd64",
            "created": "2026-01-01T00:00:00Z",
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}});
        let config =
            add("application/vnd.oci.image.config.v1+json", config.to_string().into_bytes());
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer],
            "mediaType": "application/vnd.oci.image.manifest.v1+json"});
        let manifest = add("it", manifest.to_string().into_bytes());
        let digest = manifest["digest"].as_str().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, is_broken) = (Arc::default(), Arc::new(Mutex::new(false)));
        let registry = Self { address, digest, asked, is_broken };
        let shared = (registry.digest.clone(), blobs, registry.asked.clone());
        let (shared, is_broken) = (Arc::new(shared), registry.is_broken.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, is_broken) = (Arc::clone(&shared), *is_broken.lock().unwrap());
                std::thread::spawn(move || drop(serve(stream.unwrap(), &shared, is_broken)));
            }
        });
        registry
    }

    fn asked(&self, of: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|it| it.contains(of)).count()
    }
}

type Served = (String, BTreeMap<String, Vec<u8>>, Arc<Mutex<Vec<String>>>);

fn serve(mut stream: TcpStream, shared: &Served, is_broken: bool) -> std::io::Result<()> {
    let (digest, blobs, asked) = shared;
    let mut first = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
    }
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    asked.lock().unwrap().push(format!("{method} {path}"));
    let last = path.rsplit('/').next().unwrap_or_default();
    let wanted = if last == "1" { digest } else { last };
    let found = blobs.get(wanted).filter(|_| !is_broken);
    let status = if is_broken { 403 } else { found.map_or(404, |_| 200) };
    let content = found.cloned().unwrap_or_default();
    write!(
        stream,
        "HTTP/1.1 {status} it\r\nDocker-Content-Digest: {wanted}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        content.len()
    )?;
    if method == "GET" {
        stream.write_all(&content)?;
    }
    Ok(())
}

/// A tar of one file, as the simplest programs write it.
fn tar(path: &str, content: &str) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..path.len()].copy_from_slice(path.as_bytes());
    bytes[100..107].copy_from_slice(b"0000644");
    bytes[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    bytes[148..156].fill(b' ');
    bytes[156] = b'0';
    let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
    bytes[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    bytes.extend(content.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    bytes
}

/// What comes of images while these run, until as many answers came.
fn told(settings: ImageSettings, pods: &[Value], count: usize) -> Vec<Told> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (out, answers) = channel();
    let now: Arc<[Running]> = all(pods).into();
    let (tell, seen) = tokio::sync::watch::channel(now);
    let told = move |it| drop(out.send(it));
    let (wait, left) = channel();
    let wait = move |count| {
        let _ = wait.send(count);
    };
    runtime.spawn(follow(settings, seen, Schedule::default(), told, wait));
    let longest = Duration::from_mins(1);
    let found = (0..count).map(|_| answers.recv_timeout(longest).unwrap()).collect();
    // What is left is told before it is done, down to nothing.
    let told: Vec<usize> = left.try_iter().collect();
    assert_eq!(told, (0..=count).rev().collect::<Vec<_>>());
    // It ends when nobody tells it any more.
    drop(tell);
    found
}

fn settings() -> ImageSettings {
    let mut settings = ImageSettings { per_minute: 6_000, ..ImageSettings::default() };
    settings.scanner.insecure = true;
    settings
}

fn running_pod(registry: &Registry) -> Value {
    let name = format!("{}/shop/web", registry.address);
    let mut pod = pod("web-1", &format!("{name}@{}", registry.digest));
    pod["spec"]["containers"][0]["image"] = format!("{name}:1").into();
    pod["spec"].as_object_mut().unwrap().remove("initContainers");
    pod
}

#[test]
fn an_image_is_fetched_scanned_and_its_tag_looked_up() {
    let registry = Registry::start();
    let answers = told(settings(), &[running_pod(&registry)], 2);
    for answer in &answers {
        match answer {
            Told::Scanned { image, pull, .. } => {
                assert_eq!(image.digest, registry.digest);
                assert!(pull.ends_with(&registry.digest), "{pull}");
                assert_eq!(image.created.as_deref(), Some("2026-01-01T00:00:00Z"));
                assert_eq!(image.packages, 1);
                let known = image.findings.iter().find(|it| it.vulnerability == "CVE-2014-1829");
                assert_eq!(known.unwrap().package, "requests");
                assert!(image.database.is_some());
            }
            Told::Tag { reference, digest, .. } => {
                assert_eq!((reference.ends_with("/shop/web:1"), digest), (true, &registry.digest));
            }
            Told::Missed { .. } => panic!("{answer:?}"),
        }
    }
    // The tag's head alone, and the image by its digest.
    assert_eq!((registry.asked("HEAD"), registry.asked("GET /v2/shop/web/manifests/1")), (1, 0));
}

#[test]
fn what_a_registry_refuses_is_a_gap() {
    let registry = Registry::start();
    *registry.is_broken.lock().unwrap() = true;
    let answers = told(settings(), &[running_pod(&registry)], 2);
    for answer in &answers {
        let Told::Missed { reason, again, .. } = answer else { panic!("{answer:?}") };
        assert!(reason.contains("403") && *again > Timestamp::now(), "{reason}");
    }
}

#[test]
fn without_advisories_every_image_is_a_gap() {
    let registry = Registry::start();
    let mut settings = settings();
    settings.scanner.database = Some("/there/is/none".into());
    let (out, answers) = channel();
    let now: Arc<[Running]> = all(&[running_pod(&registry)]).into();
    let (tell, seen) = tokio::sync::watch::channel(now);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let told = move |it| drop(out.send(it));
    runtime.spawn(follow(settings, seen, Schedule::default(), told, |_| {}));
    for _ in 0..2 {
        let answer = answers.recv_timeout(Duration::from_mins(1)).unwrap();
        let Told::Missed { reason, .. } = &answer else { panic!("{answer:?}") };
        assert!(reason.contains("/there/is/none"), "{reason}");
    }
    assert_eq!(registry.asked(""), 0);
    drop(tell);
}

#[test]
fn a_registry_that_is_not_named_is_not_asked() {
    let registry = Registry::start();
    let settings = ImageSettings { registries: vec!["reg.example".to_owned()], ..settings() };
    let answers = told(settings, &[running_pod(&registry)], 2);
    let is_told = |it: &Told| matches!(it, Told::Missed { reason, .. } if reason.contains("images.registries"));
    assert!(answers.iter().all(is_told), "{answers:?}");
    assert_eq!(registry.asked(""), 0);
}

#[test]
fn the_section_is_read() {
    let mut settings = Settings::new();
    let text = "version: 1\nimages:\n  registries: [\"*.example\"]\n  mirrors: {docker.io: \
                m.example}\n  perMinute: 5\n  tagsEveryHours: 0\n  platform: linux/arm64\n";
    settings.take(text, "it").unwrap();
    let images = &settings.images;
    assert!(images.may_ask("a.example") && !images.may_ask("docker.io"));
    assert_eq!((images.per_minute, images.tags_every), (5, None));
    let error = Settings::new().take("version: 1\nimages: {atOnce: 99}\n", "it").unwrap_err();
    assert!(error.to_string().contains("no number from 1 to 16"), "{error}");
}
