//! `format.⟨name⟩()` and `validate()` (k8s.io/apiserver/pkg/cel/library/format.go and
//! k8s.io/apimachinery/pkg/util/validation).

use crate::time::Time;
use crate::url::Url;

/// A named form of text.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name, as in `format.named()`.
    pub(crate) name: &'static str,
    /// How long its regular expression is for the cost.
    pub(crate) regex_length: u64,
}

const fn named(name: &'static str, regex_length: u64) -> Named {
    Named { name, regex_length }
}

/// Length of `strfmt.UUIDPattern` and of `strfmt.DateTimePattern` of kube-openapi.
const UUID_PATTERN: u64 = 70;
const TIME_PATTERN: u64 = 71;

const ALL: [Named; 13] = [
    named("dns1123Label", 30),
    named("dns1123Subdomain", 60),
    named("dns1035Label", 30),
    named("qualifiedName", 60),
    named("dns1123LabelPrefix", 30),
    named("dns1123SubdomainPrefix", 60),
    named("dns1035LabelPrefix", 30),
    named("labelValue", 40),
    named("uri", 1103),
    named("uuid", UUID_PATTERN),
    named("byte", 84),
    named("date", TIME_PATTERN),
    named("datetime", TIME_PATTERN),
];

impl Named {
    pub(crate) fn find(name: &str) -> Option<Self> {
        ALL.into_iter().find(|known| known.name == name)
    }

    /// What is wrong with a text; nothing when it has the form.
    pub(crate) fn validate(self, text: &str) -> Vec<String> {
        match self.name {
            "dns1123Label" => dns_label(text),
            "dns1123LabelPrefix" => dns_label(&masked(text)),
            "dns1123Subdomain" => dns_subdomain(text),
            "dns1123SubdomainPrefix" => dns_subdomain(&masked(text)),
            "dns1035Label" => dns_1035(text),
            "dns1035LabelPrefix" => dns_1035(&masked(text)),
            "qualifiedName" => qualified_name(text),
            "labelValue" => label_value(text),
            "uri" => Url::check(text).err().into_iter().collect(),
            "uuid" => unless(is_uuid(text), "does not match the UUID format"),
            "byte" => unless(is_base64(text), "invalid base64"),
            "date" => unless(is_date(text), "invalid date"),
            _ => unless(is_time(text), "invalid datetime"),
        }
    }
}

fn unless(holds: bool, message: &str) -> Vec<String> {
    if holds { Vec::new() } else { vec![message.to_owned()] }
}

/// A prefix may end in a dash: upstream reads one as if a letter followed.
fn masked(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(start) if !start.is_empty() => format!("{start}a"),
        _ => text.to_owned(),
    }
}

fn too_long(text: &str, most: usize) -> Vec<String> {
    unless(text.len() <= most, &format!("must be no more than {most} bytes"))
}

fn is_label(text: &str) -> bool {
    let is_lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|first| is_lower(*first))
        && bytes.last().is_some_and(|last| is_lower(*last))
        && bytes.iter().all(|byte| is_lower(*byte) || *byte == b'-')
}

fn dns_label(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, 63);
    if !is_label(text) {
        wrong.push(if text.split('.').all(is_label) {
            "must not contain dots".to_owned()
        } else {
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
             '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or \
             '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
                .to_owned()
        });
    }
    wrong
}

fn dns_subdomain(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, 253);
    if !text.split('.').all(is_label) {
        wrong.push(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
             '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                .to_owned(),
        );
    }
    wrong
}

fn dns_1035(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, 63);
    if !is_label(text) || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        wrong.push(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start \
             with an alphabetic character, and end with an alphanumeric character (e.g. \
             'my-name',  or 'abc-123', regex used for validation is \
             '[a-z]([-a-z0-9]*[a-z0-9])?')"
                .to_owned(),
        );
    }
    wrong
}

fn is_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start \
                         and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  \
                         or '123-abc', regex used for validation is \
                         '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

fn qualified_name(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let mut wrong = Vec::new();
    let name = match &parts[..] {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                let found = dns_subdomain(prefix).into_iter();
                wrong.extend(found.map(|message| format!("prefix part {message}")));
            }
            name
        }
        _ => {
            let example = " with an optional DNS subdomain prefix and '/' (e.g. \
                           'example.com/MyName')";
            return vec![format!("a valid label key {QUALIFIED}{example}")];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else {
        let found = too_long(name, 63).into_iter();
        wrong.extend(found.map(|message| format!("name part {message}")));
    }
    if !is_word(name) {
        wrong.push(format!("name part {QUALIFIED}"));
    }
    wrong
}

fn label_value(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, 63);
    if !text.is_empty() && !is_word(text) {
        wrong.push(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', \
             '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  \
             or 'my_value',  or '12345', regex used for validation is \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
                .to_owned(),
        );
    }
    wrong
}

/// Dashes may be left out: `(?i)(^[0-9A-F]{8}-?[0-9A-F]{4}-?…$)|(^[0-9A-F]{20}$)`.
fn is_uuid(text: &str) -> bool {
    let mut rest = text;
    for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((part, after)) = rest.split_at_checked(length) else { return false };
        if !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        rest = after;
    }
    rest.is_empty()
}

fn is_base64(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - bare.len() <= 2
        && bare.bytes().all(is_letter)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Time::parse(&format!("{text}T00:00:00Z")).is_some()
}

fn is_time(text: &str) -> bool {
    text.len() > 18 && Time::parse(text).is_some()
}
