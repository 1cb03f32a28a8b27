//! Licences by the names SPDX has for them.

/// What stands before the number of a version, in Debian's names and in those of SPDX; numbers
/// without a point are whole versions.
const GNU: [&str; 5] = ["AGPL", "GFDL-NIV", "GFDL", "LGPL", "GPL"];

/// Names that differ by more than case.
///
/// Source: the copyright format 1.0 of Debian, section 7.1.
const OTHER: [(&str, &str); 5] = [
    ("expat", "MIT"),
    ("artistic", "Artistic-1.0"),
    ("perl", "GPL-1.0-or-later OR Artistic-1.0-Perl"),
    ("apache-2", "Apache-2.0"),
    ("mit/x11", "X11"),
];

/// What Debian's name of a licence is called by SPDX, in an expression where it is one of several;
/// the name itself where that is not known.
pub(super) fn of_debian(name: &str) -> String {
    let mut parts = Vec::new();
    for word in name.split_ascii_whitespace() {
        let (word, comma) = word.strip_suffix(',').map_or((word, ""), |word| (word, ","));
        match word {
            // A comma before `and` binds less, which has no place in a flat expression.
            _ if !comma.is_empty() => return name.to_owned(),
            "and" | "AND" => parts.push("AND".to_owned()),
            "or" | "OR" => parts.push("OR".to_owned()),
            word => match single(word) {
                Some(id) if id.contains(' ') => parts.push(format!("({id})")),
                Some(id) => parts.push(id),
                None => return name.to_owned(),
            },
        }
    }
    match &parts[..] {
        [] => name.to_owned(),
        [only] if matches!(only.as_str(), "AND" | "OR") => name.to_owned(),
        [only] => only.trim_matches(['(', ')']).to_owned(),
        _ => {
            let whole = parts.join(" ");
            if spdx::Expression::parse(&whole).is_ok() { whole } else { name.to_owned() }
        }
    }
}

fn single(name: &str) -> Option<String> {
    let other = OTHER.iter().find(|(debian, _)| debian.eq_ignore_ascii_case(name));
    if let Some((_, id)) = other {
        return Some((*id).to_owned());
    }
    gnu(name).or_else(|| {
        let mut all = spdx::identifiers::LICENSES.iter();
        all.find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.name.to_owned())
    })
}

/// `GPL-2+` is `GPL-2.0-or-later`.
fn gnu(name: &str) -> Option<String> {
    let (family, version) = GNU.iter().find_map(|family| {
        let version = name.strip_prefix(family)?.strip_prefix('-')?;
        Some((*family, version))
    })?;
    let (version, or_later) = match version.strip_suffix('+') {
        Some(version) => (version, true),
        None => (version, false),
    };
    let is_version = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if version.is_empty() || !is_version {
        return None;
    }
    let point = if version.contains('.') { "" } else { ".0" };
    let (family, kind) = match family {
        "GFDL-NIV" => ("GFDL", "-no-invariants"),
        family => (family, ""),
    };
    let last = if or_later { "or-later" } else { "only" };
    let id = format!("{family}-{version}{point}{kind}-{last}");
    spdx::license_id(&id).map(|id| id.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_debian_are_those_of_spdx() {
        for (debian, spdx) in [
            ("GPL-2", "GPL-2.0-only"),
            ("GPL-2+", "GPL-2.0-or-later"),
            ("LGPL-2.1+", "LGPL-2.1-or-later"),
            ("LGPL-3", "LGPL-3.0-only"),
            ("GFDL-1.3", "GFDL-1.3-only"),
            ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
            ("BSD-3-clause", "BSD-3-Clause"),
            ("Expat", "MIT"),
            ("GPL-3+ and BSD-4-clause-UC", "GPL-3.0-or-later AND BSD-4-Clause-UC"),
            ("Artistic or GPL-1+", "Artistic-1.0 OR GPL-1.0-or-later"),
            ("Perl", "GPL-1.0-or-later OR Artistic-1.0-Perl"),
            ("GPL-3+ with Bison exception", "GPL-3+ with Bison exception"),
            ("GPL-2, and MIT", "GPL-2, and MIT"),
            ("GPL-7", "GPL-7"),
            ("GPL", "GPL"),
            ("public-domain", "public-domain"),
            ("and", "and"),
            ("", ""),
        ] {
            assert_eq!(of_debian(debian), spdx, "{debian}");
        }
    }
}
