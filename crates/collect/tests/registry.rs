//! A registry that does what registries do wrong, on loopback.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use collect::image::{
    Credential, Credentials, ImageError, LayerFailure, Reading, Registry, RegistryError,
    RegistryOptions, Source, read,
};
use image::{Digest, Platform, Reference};
use serde_json::{Value, json};

/// A request as the server saw it.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    authorization: Option<String>,
    range: Option<String>,
}

type Answers = fn(&Shared, &Asked) -> Answer;

/// What is answered.
struct Answer {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// The length that is claimed; the body's own if none.
    claims: Option<usize>,
    /// A pause before each byte.
    drip: Option<Duration>,
}

impl Answer {
    fn new(status: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), claims: None, drip: None }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What the server has, and what it was asked.
struct Shared {
    address: String,
    blobs: BTreeMap<String, Vec<u8>>,
    manifest: String,
    layer: String,
    asked: Mutex<Vec<Asked>>,
    answers: Answers,
}

impl Shared {
    /// How often this path was asked for before.
    fn times(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|it| it.path == path).count() - 1
    }

    fn is_layer(&self, asked: &Asked) -> bool {
        asked.path.ends_with(&self.layer)
    }

    /// As a registry should.
    fn right(&self, asked: &Asked) -> Answer {
        let name = asked.path.rsplit('/').next().unwrap_or_default();
        let digest = if name == "1.2" { &self.manifest } else { name };
        let Some(blob) = self.blobs.get(digest) else {
            let body = json!({"errors": [{"code": "NAME_UNKNOWN", "message": "no such thing"}]});
            return Answer::new("404 Not Found", body.to_string());
        };
        let start = asked.range.as_ref().and_then(|range| {
            range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok()
        });
        match start {
            Some(start) => Answer::new("206 Partial Content", &blob[start..]),
            None => Answer::new("200 OK", blob.clone()),
        }
    }
}

fn serve(answers: Answers) -> Arc<Shared> {
    let mut blobs = BTreeMap::new();
    let mut add = |content: Vec<u8>| {
        let digest = Digest::of(&content).to_string();
        let size = content.len();
        blobs.insert(digest.clone(), content);
        json!({"digest": digest, "size": size, "mediaType": "x"})
    };
    let content = br#"{"name": "a", "version": "1.0.0"}"#;
    let mut tar = vec![0; 512];
    tar[..12].copy_from_slice(b"package.json");
    tar[100..107].copy_from_slice(b"0000644");
    tar[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    tar[148..156].fill(b' ');
    tar[156] = b'0';
    let sum: u32 = tar.iter().map(|byte| u32::from(*byte)).sum();
    tar[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    tar.extend(content);
    tar.resize(20 * 512, 0);
    let layer = add(tar);
    let config = add(br#"{"os": "linux", "architecture": "amd64"}"#.to_vec());
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    let manifest = add(manifest.to_string().into_bytes());
    let text = |value: &Value| value["digest"].as_str().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let shared = Arc::new(Shared {
        address: listener.local_addr().unwrap().to_string(),
        manifest: text(&manifest),
        layer: text(&layer),
        blobs,
        asked: Mutex::new(Vec::new()),
        answers,
    });
    let server = shared.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let server = server.clone();
            thread::spawn(move || drop(answer(&server, stream.unwrap())));
        }
    });
    shared
}

fn answer(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default().to_owned();
    let mut asked = Asked { path, authorization: None, range: None };
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => asked.authorization = Some(value.to_owned()),
            "range" => asked.range = Some(value.to_owned()),
            _ => {}
        }
    }
    shared.asked.lock().unwrap().push(asked.clone());
    let Answer { status, headers, body, claims, drip } = (shared.answers)(shared, &asked);
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n")?;
    write!(stream, "Content-Length: {}\r\n", claims.unwrap_or(body.len()))?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    match drip {
        None => stream.write_all(&body)?,
        Some(pause) => {
            for byte in body {
                thread::sleep(pause);
                stream.write_all(&[byte])?;
            }
        }
    }
    stream.flush()
}

fn options() -> RegistryOptions {
    RegistryOptions {
        credentials: Credentials::default(),
        insecure: true,
        read_timeout: Duration::from_millis(400),
        pause: Duration::from_millis(5),
    }
}

fn registry(shared: &Shared, options: RegistryOptions) -> Source {
    let reference: Reference = format!("{}/shop/cart:1.2", shared.address).parse().unwrap();
    Source::Registry(Box::new(Registry::new(reference, options).unwrap()))
}

/// The names of the packages, or why there are none.
fn pull(shared: &Shared, options: RegistryOptions) -> Result<Vec<String>, String> {
    let source = registry(shared, options);
    let platform = Platform { os: "linux".into(), architecture: "amd64".into(), variant: None };
    let chosen = source.choose(None, &platform).map_err(|error| error.to_string())?;
    let image = read(&source, &chosen, Reading::default(), |_| {});
    for layer in image.layers {
        layer.layer.map_err(|failure| failure.to_string())?;
    }
    Ok(image.image.packages.into_iter().map(|package| package.name).collect())
}

fn pulled(answers: Answers) -> Result<Vec<String>, String> {
    pull(&serve(answers), options())
}

#[test]
fn an_image_is_read_without_being_kept() {
    assert_eq!(pulled(Shared::right).unwrap(), ["a"]);
}

#[test]
fn what_is_refused_for_now_is_tried_again() {
    let again: [Answers; 3] = [
        |shared, asked| match shared.times(&asked.path) {
            0 => Answer::new("429 Too Many Requests", "").with("Retry-After", "0"),
            _ => shared.right(asked),
        },
        |shared, asked| match shared.times(&asked.path) {
            0..3 => Answer::new("503 Service Unavailable", "<html>"),
            _ => shared.right(asked),
        },
        |shared, asked| match shared.times(&asked.path) {
            // Gone before an answer.
            0 => Answer { claims: Some(0), ..Answer::new("500 Internal Server Error", "") },
            _ => shared.right(asked),
        },
    ];
    for answers in again {
        assert_eq!(pulled(answers).unwrap(), ["a"]);
    }
    let said = pulled(|_, _| Answer::new("500 Internal Server Error", "")).unwrap_err();
    assert!(said.contains("answers 500 for /v2/shop/cart/manifests/1.2"), "{said}");
    let said = pulled(|_, _| Answer::new("429 Too Many Requests", "").with("Retry-After", "3600"))
        .unwrap_err();
    assert!(said.contains("429") && said.contains("come back later"), "{said}");
}

#[test]
fn what_is_not_there_is_said_once() {
    let shared = serve(|_, _| {
        let body = json!({"errors": [{"message": "manifest unknown \u{1b}[31m"}]});
        Answer::new("404 Not Found", body.to_string())
    });
    let said = pull(&shared, options()).unwrap_err();
    assert!(said.contains("manifest unknown") && said.contains("check the name"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert_eq!(shared.asked.lock().unwrap().len(), 1);
}

#[test]
fn tokens_are_asked_for_and_used() {
    let shared =
        serve(|shared, asked| match (asked.path.as_str(), asked.authorization.as_deref()) {
            ("/token", Some("Basic bWU6c2VjcmV0")) => Answer::new("200 OK", r#"{"token": "abc"}"#),
            ("/token", _) => Answer::new("401 Unauthorized", ""),
            (_, Some("Bearer abc")) => shared.right(asked),
            _ => Answer::new("401 Unauthorized", "").with(
                "WWW-Authenticate",
                format!("Bearer realm=\"http://{}/token\",service=\"s\"", shared.address),
            ),
        });
    let known = Credentials::default().with(&shared.address, Credential::new("me", "secret"));
    let found = pull(&shared, RegistryOptions { credentials: known, ..options() });
    assert_eq!(found.unwrap(), ["a"]);
    // One token serves for all.
    let asked = shared.asked.lock().unwrap();
    assert_eq!(asked.iter().filter(|it| it.path == "/token").count(), 1);
    drop(asked);
    let said = pull(&shared, options()).unwrap_err();
    assert!(said.contains("401") && said.contains("docker login"), "{said}");
}

#[test]
fn credentials_stay_with_their_registry() {
    static OTHER: Mutex<Option<Arc<Shared>>> = Mutex::new(None);
    *OTHER.lock().unwrap() = Some(serve(Shared::right));
    let shared = serve(|shared, asked| match asked.authorization.as_deref() {
        None => Answer::new("401 Unauthorized", "").with("WWW-Authenticate", "Basic realm=x"),
        Some(_) if asked.path.contains("/blobs/") => {
            let other = OTHER.lock().unwrap();
            let address = &other.as_ref().unwrap().address;
            let place = format!("http://{address}{}?signature=1", asked.path);
            Answer::new("307 Temporary Redirect", "").with("Location", place)
        }
        Some(_) => shared.right(asked),
    });
    let known = Credentials::default().with(&shared.address, Credential::new("me", "secret"));
    let found = pull(&shared, RegistryOptions { credentials: known, ..options() });
    assert_eq!(found.unwrap(), ["a"]);
    let other = OTHER.lock().unwrap().take().unwrap();
    let asked = other.asked.lock().unwrap();
    assert!(asked.len() >= 2);
    assert!(asked.iter().all(|it| it.authorization.is_none()), "{asked:?}");
}

#[test]
fn redirects_end_and_stay_with_tls() {
    let said = pulled(|_, asked| Answer::new("302 Found", "").with("Location", asked.path.clone()))
        .unwrap_err();
    assert!(said.contains("more than 5 redirects"), "{said}");
    let said = pulled(|_, _| Answer::new("302 Found", "").with("Location", "http://192.0.2.1/x"))
        .unwrap_err();
    assert!(said.contains("an address without TLS"), "{said}");
    let said = pulled(|_, _| {
        Answer::new("401 Unauthorized", "")
            .with("WWW-Authenticate", "Bearer realm=\"http://192.0.2.1/token\"")
    })
    .unwrap_err();
    assert!(said.contains("sends credentials to an address without TLS"), "{said}");
}

#[test]
fn a_blob_that_breaks_off_goes_on_from_there() {
    let shared = serve(|shared, asked| {
        let mut answer = shared.right(asked);
        if shared.is_layer(asked) {
            answer.claims = Some(answer.body.len());
            answer.body.truncate(4_000);
        }
        answer
    });
    assert_eq!(pull(&shared, options()).unwrap(), ["a"]);
    let asked = shared.asked.lock().unwrap();
    let ranges: Vec<&str> = asked.iter().filter_map(|it| it.range.as_deref()).collect();
    assert_eq!(ranges, ["bytes=4000-", "bytes=8000-"]);
    // A registry that begins anew would give a layer with a beginning in its middle.
    let said = pulled(|shared, asked| {
        let mut answer = shared.right(&Asked { range: None, ..asked.clone() });
        if shared.is_layer(asked) {
            answer.claims = Some(answer.body.len());
            answer.body.truncate(4_000);
        }
        answer
    })
    .unwrap_err();
    assert!(said.contains("does not go on from there"), "{said}");
}

#[test]
fn a_blob_is_what_its_digest_says() {
    let said = pulled(|shared, asked| {
        let mut answer = shared.right(asked);
        if shared.is_layer(asked) {
            answer.body[10_000] ^= 1;
        }
        answer
    })
    .unwrap_err();
    assert!(said.contains("is damaged or was changed"), "{said}");
    for (body, claims) in [(9_000, None), (11_000, None)] {
        static LENGTH: Mutex<(usize, Option<usize>)> = Mutex::new((0, None));
        *LENGTH.lock().unwrap() = (body, claims);
        let said = pulled(|shared, asked| {
            let mut answer = shared.right(asked);
            if shared.is_layer(asked) {
                let (length, claims) = *LENGTH.lock().unwrap();
                answer.body.resize(length, 0);
                answer.claims = claims;
            }
            answer
        })
        .unwrap_err();
        assert!(said.contains("are said to be"), "{said}");
    }
    let said = pulled(|shared, asked| {
        let mut answer = shared.right(asked);
        if asked.path.contains("/blobs/") && !shared.is_layer(asked) {
            answer.body = br#"{"os": "linux", "architecture": "arm64"}"#.to_vec();
        }
        answer
    })
    .unwrap_err();
    assert!(said.contains("configuration") && said.contains("was changed"), "{said}");
}

#[test]
fn who_drips_is_left() {
    let said = pulled(|shared, asked| {
        let mut answer = shared.right(asked);
        if shared.is_layer(asked) {
            answer.drip = Some(Duration::from_millis(2));
        }
        answer
    })
    .unwrap_err();
    assert!(said.contains("slower than"), "{said}");
    let said = pulled(|shared, asked| {
        if shared.times(&asked.path) < 10 {
            thread::sleep(Duration::from_secs(2));
        }
        shared.right(asked)
    })
    .unwrap_err();
    assert!(said.contains("cannot be reached"), "{said}");
}

#[test]
fn plain_http_is_for_this_machine() {
    let reference: Reference = "registry.example.org/a".parse().unwrap();
    let refused = Registry::new(reference.clone(), options());
    assert!(matches!(refused, Err(RegistryError::Protocol { .. })));
    assert!(Registry::new(reference, RegistryOptions { insecure: false, ..options() }).is_ok());
}

/// Errors keep their kind on the way up.
#[test]
fn failures_are_told_apart() {
    let shared = serve(|shared, asked| {
        if shared.is_layer(asked) { Answer::new("404 Not Found", "") } else { shared.right(asked) }
    });
    let source = registry(&shared, options());
    let platform: Platform = "linux/amd64".parse().unwrap();
    let chosen = source.choose(None, &platform).unwrap();
    let image = read(&source, &chosen, Reading::default(), |_| {});
    let failure = image.layers.into_iter().next().unwrap().layer.unwrap_err();
    assert!(matches!(
        failure,
        LayerFailure::Blob(ImageError::Registry(RegistryError::Refused { status: 404, .. }))
    ));
    let mut nothing = Vec::new();
    let source = registry(&shared, options());
    let Source::Registry(registry) = &source else { panic!() };
    let descriptor = &chosen.config_digest;
    let blob = image::Descriptor {
        media_type: String::new(),
        digest: descriptor.clone(),
        size: 40,
        platform: None,
        annotations: None,
        urls: Vec::new(),
    };
    registry.blob(&blob).unwrap().read_to_end(&mut nothing).unwrap();
    assert_eq!(nothing.len(), 40);
}
