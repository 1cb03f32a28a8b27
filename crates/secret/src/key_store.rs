//! Key stores: files of data that hold private keys, mostly behind a password.
//!
//! Source: `sun.security.provider.JavaKeyStore` and `com.sun.crypto.provider.JceKeyStore` of
//! `OpenJDK` (their notes on the format), RFC 7292, sections 4 and 4.2.

/// Bytes at the beginning that tell a key store from other files.
pub const KEY_STORE_HEAD_BYTES: usize = 32;

const JAVA: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const JAVA_EXTENDED: [u8; 4] = [0xce, 0xce, 0xce, 0xce];
/// Kinds of entries of a Java key store.
const PRIVATE_KEY: u64 = 1;
const CERTIFICATE: u64 = 2;
/// `keyBag` and `pkcs8ShroudedKeyBag` as DER writes these object identifiers.
const KEY_BAGS: [&[u8]; 2] = [
    &[0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01],
    &[0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02],
];

/// Whether a file that begins so may be a key store.
pub fn begins_as_key_store(head: &[u8]) -> bool {
    head.starts_with(&JAVA) || head.starts_with(&JAVA_EXTENDED) || begins_as_pfx(head)
}

/// The rule that a whole file is found by: a key store with a private key, or with a secret one.
/// One that holds certificates alone, as those a program trusts do, is none.
pub fn key_store(content: &[u8]) -> Option<&'static str> {
    if content.starts_with(&JAVA) || content.starts_with(&JAVA_EXTENDED) {
        return java(content).then_some("java-key-store");
    }
    let has_key = || KEY_BAGS.iter().any(|bag| memchr::memmem::find(content, bag).is_some());
    (begins_as_pfx(content) && has_key()).then_some("pkcs12-key-store")
}

/// `PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, … }`.
fn begins_as_pfx(head: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = head else { return false };
    let skipped = match length {
        0x80..=0x84 => usize::from(length & 0x0f),
        0x85.. => return false,
        _ => 0,
    };
    rest.get(skipped..).is_some_and(|rest| rest.starts_with(&[0x02, 0x01, 0x03, 0x30]))
}

/// Whether one of the entries is a key. What breaks off before one has none.
fn java(content: &[u8]) -> bool {
    let mut rest = content.get(JAVA.len()..).unwrap_or_default();
    let Some(version) = number(&mut rest, 4) else { return false };
    let Some(entries) = number(&mut rest, 4) else { return false };
    for _ in 0..entries {
        match number(&mut rest, 4) {
            Some(CERTIFICATE) => {}
            Some(kind) => return kind >= PRIVATE_KEY,
            None => return false,
        }
        let passed = passed(&mut rest, 2).and_then(|()| number(&mut rest, 8)).and_then(|_| {
            // Before version 2 all certificates were of one type, which was not written.
            if version > 1 {
                passed(&mut rest, 2)?;
            }
            passed(&mut rest, 4)
        });
        if passed.is_none() {
            return false;
        }
    }
    false
}

/// A number, highest byte first.
fn number(rest: &mut &[u8], bytes: usize) -> Option<u64> {
    let (field, behind) = rest.split_at_checked(bytes)?;
    *rest = behind;
    Some(field.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
}

/// Passes over a field that begins with its length, which has so many bytes.
fn passed(rest: &mut &[u8], bytes: usize) -> Option<()> {
    let length = usize::try_from(number(rest, bytes)?).ok()?;
    *rest = rest.get(length..)?;
    Some(())
}
