//! Logging in by an identity provider: a stand-in that speaks `OpenID` Connect over TLS, tokens
//! that hold and all those that do not, beside a real API server whose roles mean its users.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

#[path = "../../bollwerk/tests/control_plane/mod.rs"]
mod control_plane;
mod identity_provider;
mod server;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use control_plane::ControlPlane;
use identity_provider::{Key, Next, claims, key, provider, seconds, signed};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use server::Server;

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map_or("", |it| it.to_str().unwrap()).to_owned()
}

/// A login that was begun.
struct Begun {
    state: String,
    nonce: String,
    challenge: String,
    cookie: String,
}

fn begin(client: &Client, interface: &str, issuer: &str) -> Begun {
    let answer = client.get(format!("{interface}/oidc/start?next=%2Ffindings")).send().unwrap();
    assert_eq!(answer.status(), 303);
    let (line, to) = (header(&answer, "set-cookie"), header(&answer, "location"));
    for part in ["__Host-bollwerk-login=", "; Secure", "; HttpOnly", "; Path=/", "SameSite=Lax"] {
        assert!(line.contains(part), "{line}");
    }
    let query = to.strip_prefix(&format!("{issuer}/authorize?")).unwrap();
    let query: HashMap<String, String> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!((&*query["response_type"], &*query["code_challenge_method"]), ("code", "S256"));
    Begun {
        state: query["state"].clone(),
        nonce: query["nonce"].clone(),
        challenge: query["code_challenge"].clone(),
        cookie: line.split(';').next().unwrap().to_owned(),
    }
}

fn finish(client: &Client, interface: &str, state: &str, code: &str, cookie: &str) -> Response {
    let address = format!("{interface}/oidc/callback?state={state}&code={code}");
    client.get(address).header("cookie", cookie).header("accept", "text/html").send().unwrap()
}

/// Changes that make a token one that must not be taken.
fn broken(issuer: &str, nonce: &str) -> Vec<(&'static str, Value)> {
    let changed = |name: &str, value: Value| {
        let mut claims = claims(issuer, nonce);
        claims[name] = value;
        claims
    };
    vec![
        ("it is of another login", changed("nonce", json!("other"))),
        ("it has ended", changed("exp", json!(seconds(-600)))),
        ("it is for somebody else", changed("aud", json!("other"))),
        ("it is of somebody else", changed("iss", json!("https://evil.example"))),
        ("it begins later", changed("nbf", json!(seconds(600)))),
        ("it was made for another client", changed("azp", json!("other"))),
        ("it has no name", changed("sub", json!(""))),
        ("its name is no text", changed("sub", json!(7))),
        ("it takes a group of Kubernetes'", changed("groups", json!(["system:masters"]))),
        ("it has too many groups", changed("groups", json!(vec!["g"; 2_000]))),
    ]
}

#[test]
fn people_log_in_by_their_provider() {
    let Some(mut plane) = ControlPlane::start() else { return };
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding", "metadata": {"name": "admins"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
            "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group",
            "name": "admins"}]});
    assert_eq!(plane.create(&binding, false).unwrap().status, 201);
    let tls = std::env::temp_dir().join(format!("bollwerk-provider-{}", std::process::id()));
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_bollwerk-server"))
        .args(["certificate", "--name", "127.0.0.1", "--output"])
        .arg(&tls)
        .status();
    assert!(made.unwrap().success());
    let (ours, other) = (key("one"), key("one"));
    let next = Arc::new(Mutex::new(Next::default()));
    let issuer = provider(&tls, ours.public.clone(), Arc::clone(&next));
    let authority = tls.join("ca.crt");
    let more = [
        "--listen-interface",
        "127.0.0.1:0",
        "--store",
        "memory",
        "--url",
        "https://bollwerk.example",
        "--oidc-issuer-url",
        &issuer,
        "--oidc-client-id",
        "bollwerk",
        "--oidc-ca-file",
        authority.to_str().unwrap(),
    ];
    let server = Server::start_with("version: 1\n", &plane.kubeconfig, &more);
    let own = std::fs::read(server.folder.join("tls/ca.crt")).unwrap();
    let client = Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&own).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let interface = format!("https://{}", server.interface);
    let page = client.get(format!("{interface}/login")).send().unwrap().text().unwrap();
    assert!(page.contains("Log in with 127.0.0.1"), "{page}");

    // A login from its begin to its end.
    let begun = begin(&client, &interface, &issuer);
    let good = signed(&claims(&issuer, &begun.nonce), &ours, "one");
    *next.lock().unwrap() = Next { token: good.clone(), challenge: begun.challenge.clone() };
    let answer = finish(&client, &interface, &begun.state, "good", &begun.cookie);
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/findings".into()));
    let session = header(&answer, "set-cookie").split(';').next().unwrap().to_owned();
    assert!(session.starts_with("__Host-bollwerk="), "{session}");
    let asked = |path: &str| {
        client.get(format!("{interface}{path}")).header("cookie", &session).send().unwrap()
    };
    // The group that the provider names is bound to cluster-admin: everything is seen.
    let start = Instant::now();
    let count = || {
        let text = asked("/api/v1/findings").text().unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["total"].as_u64().unwrap_or_default()
    };
    while count() == 0 {
        assert!(start.elapsed() < Duration::from_mins(1), "nothing is judged, or seen");
        std::thread::sleep(Duration::from_millis(50));
    }
    let text = asked("/health").text().unwrap();
    assert!(text.contains(&format!("{issuer}#alice")), "{text}");
    // The token by itself is taken too, by programs.
    let request = client.get(format!("{interface}/api/v1/findings"));
    assert_eq!(request.bearer_auth(&good).send().unwrap().status(), 200);

    // What was not begun here, or not by this browser, is not taken.
    let begun = begin(&client, &interface, &issuer);
    let other_login = begin(&client, &interface, &issuer);
    let good = signed(&claims(&issuer, &begun.nonce), &ours, "one");
    *next.lock().unwrap() = Next { token: good, challenge: begun.challenge.clone() };
    let refused = [
        (begun.state.as_str(), "good", ""),
        (begun.state.as_str(), "good", other_login.cookie.as_str()),
        (other_login.state.as_str(), "good", begun.cookie.as_str()),
        ("", "good", "__Host-bollwerk-login=..."),
        (begun.state.as_str(), "bad", begun.cookie.as_str()),
    ];
    for (state, code, cookie) in refused {
        let answer = finish(&client, &interface, state, code, cookie);
        assert_eq!(answer.status(), 401, "{state} {code} {cookie}");
        assert!(!header(&answer, "set-cookie").contains("__Host-bollwerk="));
    }
    tokens_that_do_not_hold(&client, &interface, &issuer, &next, (&ours, &other));
    std::fs::remove_dir_all(&tls).unwrap();
}

fn tokens_that_do_not_hold(
    client: &Client,
    interface: &str,
    issuer: &str,
    next: &Mutex<Next>,
    (ours, other): (&Key, &Key),
) {
    let begun = begin(client, interface, issuer);
    let good = claims(issuer, &begun.nonce);
    let mut tokens: Vec<(&str, String)> = broken(issuer, &begun.nonce)
        .into_iter()
        .map(|(why, claims)| (why, signed(&claims, ours, "one")))
        .collect();
    tokens.push(("another key", signed(&good, other, "one")));
    tokens.push(("a key nobody has", signed(&good, ours, "two")));
    let unsigned = |header: Value| {
        let part = |value: &Value| BASE64.encode(value.to_string());
        format!("{}.{}.", part(&header), part(&good))
    };
    tokens.push(("no signature", unsigned(json!({"alg": "none", "kid": "one"}))));
    // The public key taken for a secret that both sides know.
    let secret = EncodingKey::from_secret(ours.public["x"].as_str().unwrap().as_bytes()).unwrap();
    let mut symmetric = Header::new(Algorithm::HS256);
    symmetric.kid = Some("one".to_owned());
    tokens.push(("a secret", encode(&symmetric, &good, &secret).unwrap()));
    tokens.push(("nonsense", "a.b.c".to_owned()));
    for (why, token) in tokens {
        *next.lock().unwrap() = Next { token, challenge: begun.challenge.clone() };
        let answer = finish(client, interface, &begun.state, "good", &begun.cookie);
        assert_eq!(answer.status(), 401, "{why}");
    }
    // And one that holds, to show that it was not something else.
    let token = signed(&good, ours, "one");
    *next.lock().unwrap() = Next { token, challenge: begun.challenge.clone() };
    let answer = finish(client, interface, &begun.state, "good", &begun.cookie);
    assert_eq!(answer.status(), 303);
}
