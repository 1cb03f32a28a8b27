//! Arbitrary text as an OSV record: taken into a database, or refused.
#![no_main]

use advisory::{Builder, Database, Record, Source};
use libfuzzer_sys::fuzz_target;
use package::{Ecosystem, Package};

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = Record::parse(bytes) else { return };
    let mut builder = Builder::default().with_prose();
    let source = builder.source(Source::default());
    if builder.add(source, &record).is_err() {
        return;
    }
    let built = builder.finish();
    let database = Database::open(&built.bytes).expect("what was built can be opened");
    for affected in &record.affected {
        let Some(ecosystem) = Ecosystem::parse(&affected.package.ecosystem) else { continue };
        for version in affected.versions.iter().map(|it| it.as_ref()).chain(["1.0"]) {
            let package = Package::new(ecosystem.family().kind, &*affected.package.name, version);
            let _ = database.matching(&package);
        }
    }
});
