//! What all that speaks HTTP shares.

use reqwest::Url;

/// An error with its causes and without its address, whose query may hold a signature.
pub(crate) fn told(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(it) = cause {
        text = it.to_string();
        cause = it.source();
    }
    if text.is_empty() { "no answer".to_owned() } else { text }
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
