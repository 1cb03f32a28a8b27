//! Arbitrary bytes as a database of bbolt: refused, or buckets whose keys can be asked for.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use collect::image::bolt::{Bolt, Bucket};
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("bollwerk-fuzz-{}", std::process::id())));

fuzz_target!(|bytes: &[u8]| {
    let bytes = sealed(bytes.to_vec());
    if std::fs::write(&*PATH, bytes).is_err() {
        return;
    }
    let Ok(bolt) = Bolt::open(&PATH) else { return };
    if let Ok(Some(root)) = bolt.bucket(&[]) {
        look(&root, 0);
    }
});

fn look(bucket: &Bucket<'_>, depth: usize) {
    for key in bucket.keys().into_iter().flatten().take(20) {
        let _ = bucket.value(&key);
        if depth < 4
            && let Ok(Some(inner)) = bucket.inner(&key)
        {
            look(&inner, depth + 1);
        }
    }
}

/// The same with a first page that is whole, so that what is behind it is looked at.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().max(2 * 512), 0);
    bytes[16..28].copy_from_slice(&[0xed, 0xda, 0x0c, 0xed, 2, 0, 0, 0, 0, 2, 0, 0]);
    let hash = bytes[16..72].iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    bytes[72..80].copy_from_slice(&hash.to_le_bytes());
    bytes
}
