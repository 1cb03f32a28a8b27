//! The configuration of a built image, asked what a Dockerfile is asked, where its file is not
//! there.

use image::Config;
use model::secret;

use crate::rule::Rule;
use crate::rules::{
    CREDENTIAL_IN_ENV, CREDENTIAL_IN_TEXT, NO_HEALTHCHECK, ROOT, SSH_PORT, is_root,
};

/// Steps of a history that are looked at; images have some dozens.
const HISTORY_MAX: usize = 10_000;

/// Something that is wrong with an image.
#[derive(Clone, Debug)]
pub struct ConfigurationFinding {
    /// What, as of a Dockerfile.
    pub rule: &'static Rule,
    /// What is wrong with this image: one sentence with its real names, no credential.
    pub message: String,
}

/// What of a configuration is not judged, in a sentence.
pub fn unjudged(config: &Config) -> Option<String> {
    let steps = config.history.as_ref().map_or(0, Vec::len);
    let more = steps.checked_sub(HISTORY_MAX).filter(|more| *more > 0)?;
    Some(format!("{more} of {steps} steps of the history are not looked at"))
}

/// All that is wrong with a configuration, in the order of its fields.
pub fn judge_configuration(config: &Config) -> Vec<ConfigurationFinding> {
    let mut found = Vec::new();
    let mut tell = |rule, message| found.push(ConfigurationFinding { rule, message });
    let process = config.config.clone().unwrap_or_default();
    // Windows has another idea of who may do everything.
    let user = process.user.as_deref().unwrap_or_default();
    if config.os != "windows" && (user.is_empty() || is_root(user)) {
        let shown =
            if user.is_empty() { "no user is named".to_owned() } else { format!("`{user}`") };
        tell(&ROOT, format!("the image runs as root: {shown}"));
    }
    for variable in process.env.iter().flatten() {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        if secret::named(name, value).is_some() || secret::find(value).is_some() {
            tell(&CREDENTIAL_IN_ENV, format!("`{name}` of the image holds a credential"));
        }
    }
    for port in process.exposed_ports.iter().flat_map(|ports| ports.keys()) {
        if matches!(port.split('/').next(), Some("22" | "23" | "3389")) {
            tell(&SSH_PORT, format!("port `{port}` is that of remote logins"));
        }
    }
    if process.healthcheck.is_none() {
        tell(&NO_HEALTHCHECK, "the image has no health check".to_owned());
    }
    for (number, step) in (1..).zip(config.history.iter().flatten().take(HISTORY_MAX)) {
        let text = step.created_by.as_deref().unwrap_or_default();
        let kind = secret::find(text).or_else(|| secret::assigned(text).into_iter().next());
        if let Some(kind) = kind.map(|it| it.kind) {
            let message = format!("step {number} of the history holds a credential: {kind:?}");
            tell(&CREDENTIAL_IN_TEXT, message);
        }
    }
    found
}
