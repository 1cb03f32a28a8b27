//! Key stores as `keytool` and `openssl pkcs12` wrote them: keys that nobody uses, made for this.

use secret::{KEY_STORE_HEAD_BYTES, begins_as_key_store, key_store, row};

const STORES: &[(&str, &[u8], Option<&str>)] = &[
    ("key.jks", include_bytes!("key_stores/key.jks"), Some("java-key-store")),
    ("key.jceks", include_bytes!("key_stores/key.jceks"), Some("java-key-store")),
    ("key.p12", include_bytes!("key_stores/key.p12"), Some("pkcs12-key-store")),
    ("openssl.p12", include_bytes!("key_stores/openssl.p12"), Some("pkcs12-key-store")),
    ("trust.jks", include_bytes!("key_stores/trust.jks"), None),
    ("trust.p12", include_bytes!("key_stores/trust.p12"), None),
];

#[test]
fn those_with_a_key_are_told_from_those_with_certificates() {
    for (name, content, rule) in STORES {
        assert!(begins_as_key_store(&content[..KEY_STORE_HEAD_BYTES]), "{name}");
        assert_eq!(key_store(content), *rule, "{name}");
        if let Some(rule) = rule {
            assert!(row(rule).is_some(), "{rule} stands on no page");
        }
    }
    for other in [&b""[..], b"\x30", b"\x30\x82\x01\x02\x02\x01\x03", b"MZ", b"\xfe\xed\xfe\xed"] {
        assert_eq!(key_store(other), None, "{other:?}");
    }
}

#[test]
fn what_is_cut_or_damaged_is_read_to_an_end() {
    for (name, content, _) in STORES {
        for at in 0..content.len() {
            let _ = key_store(&content[..at]);
            let mut damaged = content.to_vec();
            damaged[at] ^= 0xff;
            // What no longer begins as a key store is none.
            let found = key_store(&damaged);
            assert!(found.is_none() || begins_as_key_store(&damaged), "{name}, byte {at}");
        }
    }
    // As many entries as can be named, none of which is there.
    assert_eq!(key_store(b"\xfe\xed\xfe\xed\0\0\0\x02\xff\xff\xff\xff\0\0\0\x02"), None);
}
