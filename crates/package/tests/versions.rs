//! Every vector of the OSV tools: `../shared/truth/versions`, both ways.

mod truth;

use std::cmp::Ordering;

use package::Scheme;

/// Each file, its scheme and the vectors it holds.
const FILES: [(&str, Scheme, usize); 12] = [
    ("alpine.txt", Scheme::Apk, 4_975),
    ("cran.txt", Scheme::Cran, 78),
    ("debian.txt", Scheme::Dpkg, 4_988),
    ("hackage.txt", Scheme::Hackage, 11),
    ("maven.txt", Scheme::Maven, 4_973),
    ("nuget.txt", Scheme::Nuget, 35),
    ("packagist.txt", Scheme::Composer, 4_985),
    ("pub.txt", Scheme::Pub, 100),
    ("pypi.txt", Scheme::Pep440, 4_976),
    ("redhat.txt", Scheme::Rpm, 165),
    ("rubygems.txt", Scheme::Gem, 4_123),
    ("semver.txt", Scheme::Semver, 86),
];

#[test]
fn every_vector_agrees() {
    let Some(folder) = truth::folder("versions") else { return };
    let mut differences = Vec::new();
    for (name, scheme, expected) in FILES {
        let text = std::fs::read_to_string(folder.join(name)).expect(name);
        let mut count = 0;
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [one, sign, other] = words[..] else { continue };
            let wanted = match sign {
                "<" => Ordering::Less,
                "=" => Ordering::Equal,
                ">" => Ordering::Greater,
                _ => continue,
            };
            count += 1;
            let forth = scheme.compare(one, other);
            let back = scheme.compare(other, one);
            if forth != Ok(wanted) || back != Ok(wanted.reverse()) {
                differences.push(format!("{name}: {line}: {forth:?}, back {back:?}"));
            }
        }
        assert_eq!(count, expected, "{name}");
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
