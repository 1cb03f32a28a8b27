//! `url()` and `isURL()`: what Go's `url.ParseRequestURI` takes.

use crate::error::Error;

/// An absolute URI or an absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub(crate) text: Box<str>,
    pub(crate) scheme: Box<str>,
    /// With the port.
    pub(crate) host: Box<str>,
    /// Percent-encoded as written, where that is valid.
    pub(crate) path: Box<str>,
    query: Box<str>,
}

impl Url {
    /// Reads a URI as `url()` does.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refused = |why: String| {
            let reason = "URL parse error during conversion from string: parse ";
            Error::new(format!("{reason}{text:?}: {why}"))
        };
        read(text, true).map_err(refused)?;
        read(text, false).map_err(refused)
    }

    /// Whether `isURL()` holds, or why not.
    pub(crate) fn check(text: &str) -> Result<(), String> {
        read(text, true).map(|_| ()).map_err(|why| format!("parse {text:?}: {why}"))
    }

    pub(crate) fn hostname(&self) -> &str {
        if let Some(inner) = self.host.strip_prefix('[') {
            return inner.split(']').next().unwrap_or_default();
        }
        match self.host.rsplit_once(':') {
            Some((host, _)) => host,
            None => &self.host,
        }
    }

    pub(crate) fn port(&self) -> &str {
        let after = match self.host.rsplit_once(']') {
            Some((_, after)) => after,
            None => &self.host,
        };
        after.rsplit_once(':').map_or("", |(_, port)| port)
    }

    /// The values of the query by name, in the order of their first mention. Pairs that cannot
    /// be decoded, or hold a semicolon, are left out.
    pub(crate) fn query(&self) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decode(name, true), decode(value, true)) else {
                continue;
            };
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => found.push((name, vec![value])),
            }
        }
        found
    }
}

fn read(text: &str, is_request: bool) -> Result<Url, String> {
    let (main, fragment) = match text.split_once('#') {
        Some((main, fragment)) if !is_request => (main, fragment),
        _ => (text, ""),
    };
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if main.is_empty() {
        return Err("empty url".to_owned());
    }
    decode(fragment, false).ok_or_else(|| "invalid URL escape".to_owned())?;
    let (scheme, rest) = scheme(main)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(url(text, &scheme, "", "", query));
        }
        return Err("invalid URI for request".to_owned());
    }
    let (mut host, mut path) = ("", rest);
    let may_have_host = !scheme.is_empty() || !is_request && !rest.starts_with("///");
    if let Some(after) = rest.strip_prefix("//").filter(|_| may_have_host) {
        let end = after.find('/').unwrap_or(after.len());
        (host, path) = after.split_at_checked(end).unwrap_or((after, ""));
    }
    let host = authority(host)?;
    let decoded = decode(path, false).ok_or_else(|| "invalid URL escape".to_owned())?;
    let path = if is_valid_encoding(path) { path.to_owned() } else { encode(&decoded) };
    Ok(url(text, &scheme, &host, &path, query))
}

fn url(text: &str, scheme: &str, host: &str, path: &str, query: &str) -> Url {
    Url {
        text: text.into(),
        scheme: scheme.into(),
        host: host.into(),
        path: path.into(),
        query: query.into(),
    }
}

fn scheme(text: &str) -> Result<(String, &str), String> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let scheme = text.get(..index).unwrap_or_default().to_ascii_lowercase();
                return Ok((scheme, text.get(index + 1..).unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok((String::new(), text))
}

fn authority(text: &str) -> Result<String, String> {
    let host = match text.rsplit_once('@') {
        Some((user, host)) => {
            let is_plain =
                |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
            if !user.bytes().all(is_plain) || decode(user, false).is_none() {
                return Err("net/url: invalid userinfo".to_owned());
            }
            host
        }
        None => text,
    };
    let port = if let Some(inner) = host.strip_prefix('[') {
        let Some((_, port)) = inner.rsplit_once(']') else {
            return Err("missing ']' in host".to_owned());
        };
        port
    } else {
        host.rfind(':').and_then(|at| host.get(at..)).unwrap_or_default()
    };
    let digits = port.strip_prefix(':');
    if !port.is_empty() && !digits.is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit())) {
        return Err(format!("invalid port {port:?} after host"));
    }
    if let Some(bad) = host.chars().find(|char| is_bad_in_host(*char)) {
        return Err(format!("invalid character {bad:?} in host name"));
    }
    if host.contains('%') && !host.starts_with('[') {
        return match decode(host, false) {
            Some(decoded) if !decoded.is_ascii() => Ok(decoded),
            _ => Err("invalid URL escape".to_owned()),
        };
    }
    Ok(host.to_owned())
}

fn is_bad_in_host(char: char) -> bool {
    matches!(char, ' ' | '\\' | '^' | '`' | '{' | '|' | '}' | '#' | '/' | '?' | '@')
}

fn decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = (rest.next()? as char).to_digit(16)?;
                let low = (rest.next()? as char).to_digit(16)?;
                (high * 16 + low) as u8
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_valid_encoding(path: &str) -> bool {
    path.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:@[]/-_.~%".contains(&byte))
}

fn encode(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
