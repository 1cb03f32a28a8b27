//! `META-INF/MANIFEST.MF`: what who built an archive says of it.

use package::{Kind, Package};

/// The fields of the main section that name a package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    title: String,
    version: String,
    group: String,
    symbolic_name: String,
    bundle_version: String,
    short_name: String,
    plugin_version: String,
    licence: String,
}

impl Manifest {
    /// Reads the main section, which ends at an empty line. A line that begins with a blank goes
    /// on with the one before.
    pub(super) fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut last: Option<&mut String> = None;
        for line in text.lines() {
            if line.is_empty() {
                break;
            }
            if let Some(more) = line.strip_prefix(' ') {
                if let Some(field) = last.as_deref_mut() {
                    field.push_str(more);
                }
                continue;
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            last = match name.to_ascii_lowercase().as_str() {
                "implementation-title" => Some(&mut manifest.title),
                "implementation-version" => Some(&mut manifest.version),
                "implementation-vendor-id" | "group-id" => Some(&mut manifest.group),
                "bundle-symbolicname" => Some(&mut manifest.symbolic_name),
                "bundle-version" => Some(&mut manifest.bundle_version),
                "bundle-license" => Some(&mut manifest.licence),
                // Jenkins.
                "short-name" => Some(&mut manifest.short_name),
                "plugin-version" => Some(&mut manifest.plugin_version),
                _ => None,
            };
            if let Some(field) = last.as_deref_mut() {
                value.trim_start().clone_into(field);
            }
        }
        manifest
    }

    /// The package, with name and version of the file where that has them; none where either is
    /// unknown, as for an application that was never published.
    pub(super) fn package(&self, name: Option<&str>, version: Option<&str>) -> Option<Package> {
        // Directives such as `;singleton:=true` follow.
        let symbolic = self.symbolic_name.split(';').next().unwrap_or_default().trim();
        // `Apache Commons Lang` is a title for people.
        let is_name = |text: &&str| !text.is_empty() && !text.contains([' ', '/', '$', '%']);
        // Group and name where the last part is written as names are; `javax.inject` may be both.
        let last = symbolic.rsplit('.').next().unwrap_or_default();
        let bundle = if last.contains('-') { last } else { symbolic };
        let names = [name.unwrap_or_default(), &self.short_name, self.title.trim(), bundle];
        let name = names.into_iter().find(is_name)?;
        let versions = [
            version.unwrap_or_default(),
            // Jenkins writes who built it after the version.
            self.plugin_version.split(' ').next().unwrap_or_default(),
            self.version.trim(),
            self.bundle_version.trim(),
        ];
        let version = versions.into_iter().find(is_name)?;
        // `com.fasterxml.jackson.core.jackson-databind` is group and name.
        let by_symbolic = symbolic.strip_suffix(name).and_then(|it| it.strip_suffix('.'));
        let groups = [self.group.trim(), by_symbolic.unwrap_or_default()];
        let namespace = groups.into_iter().find(is_name).map(str::to_owned);
        let licence = self.licence.split(';').next().unwrap_or_default().trim();
        let licences = Some(licence).filter(|it| !it.is_empty() && it.len() <= 200);
        Some(Package {
            namespace,
            licences: licences.map(str::to_owned).into_iter().collect(),
            ..Package::new(Kind::Maven, name, version)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_by_what_is_there() {
        for (text, file, expected) in [
            (
                "Bundle-SymbolicName: com.fasterxml.core.jackson-dat\r\n abind;singleton:=true\r\n\
                 Bundle-Version: 2.9.8\r\n",
                None,
                Some("pkg:maven/com.fasterxml.core/jackson-databind@2.9.8"),
            ),
            (
                "Bundle-SymbolicName: com.fasterxml.core.jackson-databind\nBundle-Version: 2\n",
                Some(("jackson-databind", "2.9.8")),
                Some("pkg:maven/com.fasterxml.core/jackson-databind@2.9.8"),
            ),
            ("Implementation-Title: Some Title\nImplementation-Version: 1.0\n", None, None),
            (
                "Implementation-Title: tool\nImplementation-Version: 1.0\n\
                 Implementation-Vendor-Id: org.tool\n\nImplementation-Version: 2.0\n",
                None,
                Some("pkg:maven/org.tool/tool@1.0"),
            ),
            (
                "Group-Id: org.jenkins-ci.plugins\nShort-Name: git\n\
                 Plugin-Version: 4.0 (private-x)\n",
                None,
                Some("pkg:maven/org.jenkins-ci.plugins/git@4.0"),
            ),
            (
                "Bundle-SymbolicName: javax.inject\nBundle-Version: 1.0.0\n",
                None,
                Some("pkg:maven/javax.inject@1.0.0"),
            ),
            ("", None, None),
        ] {
            let (name, version) = file.unzip();
            let package = Manifest::parse(text).package(name, version);
            let purl = package.map(|it| it.purl().to_string());
            assert_eq!(purl.as_deref(), expected, "{text}");
        }
    }
}
