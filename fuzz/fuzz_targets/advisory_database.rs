//! Arbitrary bytes as a database: refused, or read to its end. The checksum is not looked at.
#![no_main]

use advisory::Database;
use libfuzzer_sys::fuzz_target;
use package::{Ecosystem, Package};

fuzz_target!(|bytes: &[u8]| {
    let Ok(database) = Database::open(bytes) else { return };
    database.sources();
    for number in 0..database.advisories_count().min(64) as u32 {
        let Some(advisory) = database.advisory(number) else { continue };
        advisory.vulnerabilities().take(64).for_each(|it| {
            database.exploitation(it);
        });
    }
    for covered in database.coverage().iter().take(8) {
        let Some(ecosystem) = Ecosystem::parse(&covered.ecosystem) else { continue };
        for name in database.package_names(&covered.ecosystem).take(8) {
            let _ = database.matching(&Package::new(ecosystem.family().kind, name, "1.0"));
        }
    }
});
