//! UUIDs made of names (RFC 9562, version 5): the same name gives the same one in every run.

use aws_lc_rs::digest;

/// The namespace of URLs (RFC 9562, section 6.6).
const URL: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];
/// The name of our own namespace.
const OURS: &str = "https://github.com/bollwerk/bollwerk";

/// The UUID of parts that together are unique in our namespace.
pub(crate) fn of(parts: &[&str]) -> String {
    let mut name = String::new();
    for part in parts {
        // A length before each part keeps ("a", "bc") apart from ("ab", "c").
        name.push_str(&format!("{}:{part}", part.len()));
    }
    text(version_5(&version_5(&URL, OURS), &name))
}

fn version_5(namespace: &[u8; 16], name: &str) -> [u8; 16] {
    // The version is defined by SHA-1; nothing here rests on its strength.
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(namespace);
    context.update(name.as_bytes());
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&context.finish().as_ref()[..16]);
    uuid[6] = uuid[6] & 0x0f | 0x50;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}

fn text(uuid: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        // RFC 9562, appendix A.4: www.example.com in the namespace of DNS names, which differs
        // from that of URLs in one byte.
        let mut dns = URL;
        dns[3] = 0x10;
        let uuid = text(version_5(&dns, "www.example.com"));
        assert_eq!(uuid, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(of(&["a", "bc"]), of(&["ab", "c"]));
    }
}
