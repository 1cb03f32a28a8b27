//! Installed R packages.
//!
//! Source: Writing R Extensions, section 1.1.1 (the DESCRIPTION file), in the form of Debian's
//! control files.

use package::{Kind, Package};

use crate::Fact;

/// `DESCRIPTION` of an installed package, which `R CMD INSTALL` marks by the R it was built with;
/// of the sources of one it is none.
pub(super) fn description(text: &str) -> Result<Vec<Fact>, String> {
    let (mut name, mut version, mut licence, mut is_installed) = ("", "", "", false);
    for line in text.lines() {
        let Some((field, value)) = line.split_once(':') else { continue };
        match field {
            "Package" => name = value.trim(),
            "Version" => version = value.trim(),
            "License" => licence = value.trim(),
            "Built" => is_installed = true,
            _ => {}
        }
    }
    if !is_installed {
        return Ok(Vec::new());
    }
    if name.is_empty() || version.is_empty() {
        return Err(format!("a package without name or version: `{name}` `{version}`"));
    }
    let licences = Some(licence.to_owned()).filter(|it| !it.is_empty()).into_iter().collect();
    let package = Package { licences, ..Package::new(Kind::Cran, name, version) };
    Ok(vec![Fact::Packages(vec![package])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_package_says_what_it_was_built_with() {
        let text = "Package: digest\nVersion: 0.6.31\nTitle: Create Hashes\nLicense: GPL (>= 2)\n\
                    Description: a\n    Version: 9\nBuilt: R 4.2.2; x86_64-pc-linux-gnu; ; unix\n";
        let facts = description(text).unwrap();
        let [Fact::Packages(packages)] = &facts[..] else { panic!() };
        assert_eq!(packages[0].purl().to_string(), "pkg:cran/digest@0.6.31");
        assert_eq!(packages[0].licences, ["GPL (>= 2)"]);
        assert_eq!(description("Package: digest\nVersion: 0.6.31\n").unwrap(), []);
        assert!(description("Package: digest\nBuilt: R 4.2.2\n").is_err());
    }
}
