//! Who vouches for a database: Ed25519 signatures behind its bytes.
//!
//! ```text
//! database                     as long as its head says
//! signatures, up to 8, each:   "bollwerk-sig\n" + 3 zero bytes, public key (32 bytes),
//!                              signature (64 bytes)
//! ```
//!
//! What is signed is `bollwerk-database-signature-v1\n` and behind it the SHA-256 of the database
//! (32 bytes). They stand in the same file so that both are replaced at once; several, so that keys
//! can be changed while both are in use. The key in the file says whom to ask, not whom to trust.
//!
//! Source: RFC 8032 (Ed25519), RFC 8410 and RFC 7468 (keys in PEM).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::{Database, OpenError};

const MAGIC: &[u8; 16] = b"bollwerk-sig\n\0\0\0";
const KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;
const TRAILER_BYTES: usize = 16 + KEY_BYTES + SIGNATURE_BYTES;
/// Signatures behind one database.
const SIGNATURES_MAX: usize = 8;
/// Set before what is signed, so that a signature of anything else is none of a database.
const DOMAIN: &[u8] = b"bollwerk-database-signature-v1\n";
/// The DER of a public key up to its 32 bytes: RFC 8410, section 4.
const PUBLIC_KEY_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Why a file is not taken, or not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// No database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What follows the database are no signatures.
    #[error("what follows the database are no signatures of it; fetch it anew")]
    Trailer,
    /// It has none.
    #[error("the database is not signed; sign it with `bollwerk db build --sign`")]
    Unsigned,
    /// Signed, by somebody else.
    #[error("the database is not signed by this key, but by {0}")]
    OtherKey(String),
    /// A signature of the right key that does not hold.
    #[error("the signature does not hold: the database was changed after it was signed")]
    Broken,
    /// A key that cannot be read.
    #[error("no Ed25519 {0} key in PEM")]
    Key(&'static str),
    /// It has as many as it may.
    #[error("the database has {SIGNATURES_MAX} signatures already")]
    TooMany,
}

/// Whom a database is trusted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// Reads a key in PEM (`-----BEGIN PUBLIC KEY-----`), as `openssl pkey -pubout` writes it.
    pub fn of_pem(text: &str) -> Result<Self, SignatureError> {
        let none = SignatureError::Key("public");
        let der = pem(text, "PUBLIC KEY");
        let key = der.as_deref().and_then(|der| der.strip_prefix(&PUBLIC_KEY_PREFIX));
        key.and_then(|key| key.try_into().ok()).map(Self).ok_or(none)
    }

    /// What names it for people: the first 16 digits of the SHA-256 of its bytes.
    pub fn name(&self) -> String {
        hex(digest(&SHA256, &self.0).as_ref()).get(..16).unwrap_or_default().to_owned()
    }
}

/// The digest of bytes, as `sha256:…`.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(digest(&SHA256, bytes).as_ref()))
}

/// The file with one signature more. `key` is a private key in PEM (PKCS#8), as
/// `openssl genpkey -algorithm ed25519` writes it.
pub fn sign(file: &[u8], key: &str) -> Result<Vec<u8>, SignatureError> {
    let (database, trailer) = Database::split(file)?;
    if signatures(trailer)?.len() >= SIGNATURES_MAX {
        return Err(SignatureError::TooMany);
    }
    let der = pem(key, "PRIVATE KEY").ok_or(SignatureError::Key("private"))?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
    let pair = pair.map_err(|_| SignatureError::Key("private"))?;
    let mut signed = file.to_vec();
    signed.extend(MAGIC);
    signed.extend(pair.public_key().as_ref());
    signed.extend(pair.sign(&message(database)).as_ref());
    Ok(signed)
}

/// The database in a file, if this key has signed it.
pub fn verified<'f>(file: &'f [u8], key: &PublicKey) -> Result<&'f [u8], SignatureError> {
    let (database, trailer) = Database::split(file)?;
    let signatures = signatures(trailer)?;
    if signatures.is_empty() {
        return Err(SignatureError::Unsigned);
    }
    let mut own = signatures.iter().filter(|(signer, _)| signer == key).peekable();
    if own.peek().is_none() {
        let names: Vec<String> = signatures.iter().map(|(signer, _)| signer.name()).collect();
        return Err(SignatureError::OtherKey(names.join(", ")));
    }
    let message = message(database);
    let public = UnparsedPublicKey::new(&ED25519, key.0);
    let holds = own.any(|(_, signature)| public.verify(&message, signature.as_slice()).is_ok());
    if holds { Ok(database) } else { Err(SignatureError::Broken) }
}

/// Whose signatures a file carries. None of them is checked.
pub fn signers(file: &[u8]) -> Result<Vec<PublicKey>, SignatureError> {
    let (_, trailer) = Database::split(file)?;
    Ok(signatures(trailer)?.into_iter().map(|(key, _)| key).collect())
}

type Signature<'f> = (PublicKey, &'f [u8; SIGNATURE_BYTES]);

fn signatures(trailer: &[u8]) -> Result<Vec<Signature<'_>>, SignatureError> {
    let (rows, rest) = trailer.as_chunks::<TRAILER_BYTES>();
    if !rest.is_empty() || rows.len() > SIGNATURES_MAX {
        return Err(SignatureError::Trailer);
    }
    let row = |row: &'_ [u8; TRAILER_BYTES]| {
        let row = row.strip_prefix(MAGIC)?;
        let (key, _) = row.split_first_chunk::<KEY_BYTES>()?;
        Some(PublicKey(*key))
    };
    let mut found = Vec::new();
    for bytes in rows {
        let key = row(bytes).ok_or(SignatureError::Trailer)?;
        let (_, signature) =
            bytes.split_last_chunk::<SIGNATURE_BYTES>().ok_or(SignatureError::Trailer)?;
        found.push((key, signature));
    }
    Ok(found)
}

fn message(database: &[u8]) -> Vec<u8> {
    let mut message = DOMAIN.to_vec();
    message.extend(digest(&SHA256, database).as_ref());
    message
}

/// The bytes between the lines of a label.
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.chars().filter(|it| !it.is_ascii_whitespace()).collect();
    BASE64_STANDARD.decode(body).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
