//! Which products of a statement may be a package or an image, without looking at each of them.

use std::collections::HashMap;

use package::Purl;

use super::{Component, Product, Statement, Subject};

/// What two that are the same have in common: a name, or of a package URL all but its qualifiers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Key {
    Name(String),
    Purl { kind: String, namespace: Option<String>, name: String, version: Option<String> },
}

impl Key {
    fn of(purl: &Purl, version: Option<&str>) -> Self {
        Self::Purl {
            kind: purl.kind().to_owned(),
            namespace: purl.namespace().map(str::to_owned),
            name: purl.name().to_owned(),
            version: version.map(str::to_owned),
        }
    }
}

/// A product of a statement; a part of it, if it has parts.
#[derive(Clone, Copy, Debug)]
struct Place {
    product: usize,
    part: Option<usize>,
}

/// A statement whose products are found by what they are called.
#[derive(Clone, Debug)]
pub(super) struct Indexed {
    pub(super) statement: Statement,
    places: HashMap<Key, Vec<Place>>,
}

impl Indexed {
    pub(super) fn new(statement: Statement) -> Self {
        let mut places: HashMap<Key, Vec<Place>> = HashMap::new();
        let mut add = |component: &Component, place: Place| {
            for name in &component.names {
                places.entry(Key::Name(name.clone())).or_default().push(place);
            }
            for purl in &component.purls {
                places.entry(Key::of(purl, purl.version())).or_default().push(place);
            }
        };
        for (product, Product { whole, parts }) in statement.products.iter().enumerate() {
            if parts.is_empty() {
                add(whole, Place { product, part: None });
            }
            for (part, component) in parts.iter().enumerate() {
                add(component, Place { product, part: Some(part) });
            }
        }
        Self { statement, places }
    }

    /// Whether it speaks of a package in an image, or of the image.
    pub(super) fn is_about(&self, image: &Subject, package: &Subject) -> bool {
        self.candidates(image, package).any(|Place { product, part }| {
            let Some(Product { whole, parts }) = self.statement.products.get(product) else {
                return false;
            };
            match part {
                None => whole.is(image) || whole.is(package),
                Some(part) => {
                    whole.is(image) && parts.get(part).is_some_and(|part| part.is(package))
                }
            }
        })
    }

    /// Products that have the name of either, and its version or none.
    fn candidates<'i>(
        &'i self,
        image: &'i Subject,
        package: &'i Subject,
    ) -> impl Iterator<Item = Place> + 'i {
        let keys = [image, package].into_iter().flat_map(|subject| {
            let names = subject.names.iter().map(|name| Key::Name(name.clone()));
            let purls = subject.purls.iter().flat_map(|purl| {
                let exact = purl.version().map(|version| Key::of(purl, Some(version)));
                [Some(Key::of(purl, None)), exact].into_iter().flatten()
            });
            names.chain(purls)
        });
        keys.filter_map(|key| self.places.get(&key)).flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Statements, read};
    use super::*;

    /// A document of as many products as one may have looks at none that is called otherwise.
    #[test]
    fn many_products_are_not_looked_at_one_by_one() {
        const COUNT: usize = 400_000;
        let products: Vec<String> = (0..COUNT)
            .map(|at| format!(r#"{{"@id": "pkg:deb/debian/p{}@{at}"}}"#, at % 7))
            .collect();
        let document = format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "A",
                "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [{{
                "vulnerability": {{"name": "CVE-2026-1"}}, "status": "fixed",
                "products": [{}]}}]}}"#,
            products.join(",")
        );
        let mut statements = Statements::default();
        statements.add(read("a", document.as_bytes()).unwrap());
        let subject =
            |purl: &str| Subject { names: Vec::new(), purls: vec![Purl::parse(purl).unwrap()] };
        let image = Subject { names: vec!["sha256:0".to_owned()], purls: Vec::new() };
        for (purl, count) in [
            ("pkg:deb/debian/p3@17?arch=amd64", 1),
            ("pkg:deb/debian/p3@18", 0),
            ("pkg:deb/debian/p3", 0),
            ("pkg:deb/debian/q@17", 0),
        ] {
            let package = subject(purl);
            let looked = statements.statements[0].candidates(&image, &package).count();
            assert_eq!(looked, count, "{purl}");
            let found = statements.effective(&["cve-2026-1".to_owned()], &image, &package);
            assert_eq!(found.is_some(), count == 1, "{purl}");
        }
    }
}
