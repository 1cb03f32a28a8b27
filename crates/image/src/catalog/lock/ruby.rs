//! Ruby.
//!
//! Source: `lib/bundler/lockfile_parser.rb` of Bundler, `lib/rubygems/specification.rb` and
//! `lib/rubygems/stub_specification.rb` of RubyGems.

use package::{Kind, Package};

/// `Gemfile.lock`: what stands four blanks in below `specs:`, of gems and of git. What platform it
/// is for, which follows the version after a `-`, is told by the gem that is installed: a lock file
/// has a line for each.
pub(super) fn bundler(text: &str) -> Vec<Package> {
    let mut section = "";
    let mut packages = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') && !line.is_empty() {
            section = line.trim_end();
        }
        let entry = line.strip_prefix("    ").filter(|rest| !rest.starts_with(' '));
        let Some(entry) = entry.filter(|_| matches!(section, "GEM" | "GIT")) else { continue };
        let Some((name, version)) = entry.trim_end().split_once(" (") else { continue };
        let version = version.trim_end_matches([')', '!']).split('-').next().unwrap_or_default();
        if super::is_version(version) {
            packages.push(Package::new(Kind::Gem, name, version));
        }
    }
    packages
}

/// `*.gemspec` as RubyGems writes it when a gem is installed: a program, of which the lines have
/// one form. The comment of its first lines, which RubyGems itself reads instead, says the same.
pub(super) fn specification(text: &str) -> Result<Package, String> {
    let (mut name, mut version, mut platform, mut licences) = ("", "", "", Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(stub) = line.strip_prefix("# stub: ") {
            let mut words = stub.split(' ');
            name = words.next().unwrap_or_default();
            version = words.next().unwrap_or_default();
            platform = words.next().unwrap_or_default();
        }
        let Some((field, value)) = line.strip_prefix("s.").and_then(|it| it.split_once(" = "))
        else {
            continue;
        };
        let mut texts = value.split('"').skip(1).step_by(2);
        match field {
            "name" if name.is_empty() => name = texts.next().unwrap_or_default(),
            "platform" if platform.is_empty() => platform = texts.next().unwrap_or_default(),
            "version" if version.is_empty() => version = texts.next().unwrap_or_default(),
            "license" | "licenses" => licences = texts.map(str::to_owned).collect(),
            _ => {}
        }
    }
    if name.is_empty() || !super::is_version(version) {
        return Err(format!("a gem without name or version: `{name}` `{version}`"));
    }
    // `ruby` is what runs on all of them.
    let architecture = Some(platform.to_owned()).filter(|it| !matches!(it.as_str(), "" | "ruby"));
    Ok(Package { licences, architecture, ..Package::new(Kind::Gem, name, version) })
}
