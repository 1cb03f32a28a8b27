//! Installed Python distributions.
//!
//! Source: the core metadata specification of the Python Packaging Authority. It is written as the
//! header of a mail.

use package::{Kind, Package};

use crate::Fact;

/// `METADATA` or `PKG-INFO`.
pub(super) fn metadata(text: &str) -> Result<Vec<Fact>, String> {
    let (mut name, mut version, mut licence, mut expression) = ("", "", "", "");
    let mut classifiers = Vec::new();
    for line in text.lines() {
        // The description follows.
        if line.is_empty() {
            break;
        }
        let Some((field, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match field {
            "Name" if name.is_empty() => name = value,
            "Version" if version.is_empty() => version = value,
            "License" if licence.is_empty() && value != "UNKNOWN" => licence = value,
            "License-Expression" => expression = value,
            "Classifier" => {
                if let Some((_, last)) = value
                    .strip_prefix("License :: ")
                    .map(|it| it.rsplit_once(" :: ").unwrap_or(("", it)))
                {
                    classifiers.push(last.to_owned());
                }
            }
            _ => {}
        }
    }
    if name.is_empty() || version.is_empty() {
        return Err(format!("a distribution without name or version: `{name}` `{version}`"));
    }
    let licences = match (expression, licence) {
        ("", "") => classifiers,
        ("", licence) => vec![licence.to_owned()],
        (expression, _) => vec![expression.to_owned()],
    };
    let package = Package { licences, ..Package::new(Kind::Pypi, name, version) };
    Ok(vec![Fact::Packages(vec![package])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_alone_is_read() {
        let text = "Metadata-Version: 2.1\nName: Jinja2\nVersion: 3.1.4\nLicense: UNKNOWN\n\
                    Classifier: License :: OSI Approved :: BSD License\n\nName: other\n";
        let facts = metadata(text).unwrap();
        let [Fact::Packages(packages)] = &facts[..] else { panic!() };
        assert_eq!(packages[0].purl().to_string(), "pkg:pypi/jinja2@3.1.4");
        assert_eq!(packages[0].licences, ["BSD License"]);
        assert!(metadata("Name: a\n\nVersion: 1\n").is_err());
    }
}
