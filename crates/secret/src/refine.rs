//! A closer look at a match and its surroundings.

use std::ops::Range;

use memchr::memmem;

use super::SecretKind;
use super::login::{AUTHORITY_MAX, JWT_SEGMENT_MAX};
use super::value::decode_base64;

/// What the rule alone cannot tell: a closer look at the match and its surroundings.
pub(super) fn refine(kind: SecretKind, text: &[u8], secret: &Range<usize>) -> SecretKind {
    match kind {
        SecretKind::PrivateKey if is_in_service_account_file(text, secret.start) => {
            SecretKind::GcpServiceAccountKey
        }
        SecretKind::Jwt if is_kubernetes_token(&text[secret.clone()]) => {
            SecretKind::ServiceAccountToken
        }
        SecretKind::ConnectionString if is_web_url(text, secret.start) => SecretKind::BasicAuthUrl,
        _ => kind,
    }
}

/// How far before a private key the other members of a Google key file stand, in bytes.
const SERVICE_ACCOUNT_FILE_HEAD_MAX: usize = 512;

fn is_in_service_account_file(text: &[u8], key_at: usize) -> bool {
    let head = &text[key_at.saturating_sub(SERVICE_ACCOUNT_FILE_HEAD_MAX)..key_at];
    memmem::find(head, b"service_account").is_some()
}

fn is_kubernetes_token(token: &[u8]) -> bool {
    let plain;
    let jwt = if token.starts_with(b"ZXlK") {
        plain = decode_base64(token, JWT_SEGMENT_MAX);
        plain.as_slice()
    } else {
        token
    };
    let payload = jwt.split(|byte| *byte == b'.').nth(1).unwrap_or_default();
    let claims = decode_base64(payload, JWT_SEGMENT_MAX);
    memmem::find(&claims, b"kubernetes.io").is_some()
        || memmem::find(&claims, b"kubernetes/serviceaccount").is_some()
}

fn is_web_url(text: &[u8], password_at: usize) -> bool {
    let head = &text[password_at.saturating_sub(AUTHORITY_MAX)..password_at];
    memmem::rfind(head, b"://").is_some_and(|at| {
        let scheme = &head[..at];
        [&b"http"[..], b"https", b"git", b"ftp", b"ssh"].iter().any(|web| scheme.ends_with(web))
    })
}
