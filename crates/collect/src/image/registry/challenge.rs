//! What a registry wants to see.
//!
//! Source: RFC 9110, section 11.6.1.

/// A way to say who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Name and password.
    Basic,
    /// A token of a server.
    Bearer {
        /// The server.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What may be done with it.
        scope: Option<String>,
    },
}

impl Challenge {
    /// The first way of these headers that is known; tokens before passwords.
    pub(super) fn read(headers: &[&str]) -> Option<Self> {
        let bearer = headers.iter().find_map(|header| {
            let parameters = of_scheme(header, "Bearer")?;
            let realm = parameter(parameters, "realm")?;
            let (service, scope) =
                (parameter(parameters, "service"), parameter(parameters, "scope"));
            Some(Self::Bearer { realm, service, scope })
        });
        bearer.or_else(|| headers.iter().find_map(|it| of_scheme(it, "Basic").map(|_| Self::Basic)))
    }
}

fn of_scheme<'h>(header: &'h str, scheme: &str) -> Option<&'h str> {
    let (name, parameters) = header.split_once(' ').unwrap_or((header, ""));
    name.eq_ignore_ascii_case(scheme).then_some(parameters)
}

/// `name="value"`, quoted or not, between commas.
fn parameter(mut parameters: &str, wanted: &str) -> Option<String> {
    loop {
        parameters = parameters.trim_start_matches([' ', ',', '\t']);
        let (name, rest) = parameters.split_once('=')?;
        let (value, rest) = if let Some(text) = rest.strip_prefix('"') {
            quoted(text)?
        } else {
            let (value, rest) = rest.split_at(rest.find([',', ' ']).unwrap_or(rest.len()));
            (value.to_owned(), rest)
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        parameters = rest;
    }
}

/// A text up to its closing quote, and what follows that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((value, text.get(at + 1..)?)),
            (_, '\\') => value.push(chars.next()?.1),
            (_, char) => value.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            let [service, scope] = [service, scope].map(|it| it.map(str::to_owned));
            Some(Challenge::Bearer { realm: realm.to_owned(), service, scope })
        };
        let header = "Bearer realm=\"https://auth.example/token\",service=\"registry\", \
                      scope=\"repository:a/b:pull,push\"";
        let expected = bearer(
            "https://auth.example/token",
            Some("registry"),
            Some("repository:a/b:pull,push"),
        );
        assert_eq!(Challenge::read(&[header]), expected);
        let odd = r#"bearer scope=a, error="x\"y", realm=https://a"#;
        assert_eq!(Challenge::read(&["Basic realm=x", odd]), bearer("https://a", None, Some("a")));
        assert_eq!(Challenge::read(&["Basic realm=\"x\""]), Some(Challenge::Basic));
        for none in ["", "Bearer", "Bearer realm=\"x", "Digest realm=x", "Bearer =,=,="] {
            assert_eq!(Challenge::read(&[none]), None, "{none}");
        }
    }
}
