//! A stand-in for an identity provider: it speaks `OpenID` Connect over TLS.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use aws_lc_rs::{digest, rand::SystemRandom};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

/// What the provider gives for the next code, and what it has to be asked with.
#[derive(Default)]
pub(crate) struct Next {
    pub(crate) token: String,
    pub(crate) challenge: String,
}

/// A key with its public half as a JSON Web Key.
pub(crate) struct Key {
    pub(crate) private: EncodingKey,
    pub(crate) public: Value,
}

pub(crate) fn key(id: &str) -> Key {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let public = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pair.as_ref()).unwrap();
    let point = public.public_key().as_ref();
    let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
    Key {
        private: EncodingKey::from_ec_der(pair.as_ref()),
        public: json!({"kty": "EC", "crv": "P-256", "kid": id, "alg": "ES256", "use": "sig",
            "x": x, "y": y}),
    }
}

/// Starts the provider; its address.
pub(crate) fn provider(tls: &Path, public: Value, next: Arc<Mutex<Next>>) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = CertificateDer::pem_file_iter(tls.join("tls.crt")).unwrap();
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let private = PrivateKeyDer::from_pem_file(tls.join("tls.key")).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let issuer = address.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust us ends the connection.
            let _ = answer(&mut stream, &issuer, &public, &next);
        }
    });
    address
}

fn answer(
    stream: &mut (impl Read + Write),
    issuer: &str,
    public: &Value,
    next: &Mutex<Next>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(&mut *stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, said) = match path {
        "/.well-known/openid-configuration" => (
            200,
            json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/keys"),
            }),
        ),
        "/keys" => (200, json!({"keys": [public]})),
        "/token" => {
            let form: HashMap<String, String> =
                form_urlencoded::parse(&body).into_owned().collect();
            let next = next.lock().unwrap();
            let digest = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
            let is_right = form["code"] == "good"
                && form["grant_type"] == "authorization_code"
                && form["client_id"] == "bollwerk"
                && form["redirect_uri"] == "https://bollwerk.example/oidc/callback"
                && BASE64.encode(digest.as_ref()) == next.challenge;
            if is_right {
                (200, json!({"id_token": next.token, "token_type": "Bearer"}))
            } else {
                (400, json!({"error": "invalid_grant"}))
            }
        }
        _ => (404, json!({})),
    };
    let text = said.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} it\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{text}",
        text.len()
    )?;
    stream.flush()
}

pub(crate) fn seconds(from_now: i64) -> i64 {
    jiff::Timestamp::now().as_second() + from_now
}

/// The claims of a token that holds.
pub(crate) fn claims(issuer: &str, nonce: &str) -> Value {
    json!({"iss": issuer, "aud": "bollwerk", "sub": "alice", "exp": seconds(600),
        "iat": seconds(0), "nonce": nonce, "groups": ["admins", "devs"]})
}

pub(crate) fn signed(claims: &Value, key: &Key, id: &str) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(id.to_owned());
    encode(&header, claims, &key.private).unwrap()
}
