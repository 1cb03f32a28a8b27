//! All rules, in the order of their files, and the one place that asks them.

mod base;
mod copy;
mod fetch;
mod form;
mod packages;
mod secrets;
mod user;

pub(crate) use form::{NO_HEALTHCHECK, SSH_PORT};
pub(crate) use secrets::{IN_ENV as CREDENTIAL_IN_ENV, IN_TEXT as CREDENTIAL_IN_TEXT};
pub(crate) use user::{ROOT, is_root};

use crate::instruction::{Instruction, Keyword};
use crate::read::Dockerfile;
use crate::rule::{Finding, Place, Rule};
use crate::shell::Command;

/// Every rule.
pub const RULES: &[&Rule] = &[
    &base::WITHOUT_TAG,
    &base::LATEST,
    &base::WITHOUT_DIGEST,
    &base::END_OF_LIFE,
    &base::FIXED_PLATFORM,
    &base::UNDEFINED_ARGUMENT,
    &base::ARGUMENT_WITHOUT_DEFAULT,
    &base::LOST_ARGUMENT,
    &base::DUPLICATE_STAGE,
    &base::STAGE_NAME_CASE,
    &base::FOREIGN_FRONTEND,
    &ROOT,
    &user::NAMED,
    &user::SUDO,
    &user::PASSWORDLESS_SUDO,
    &user::PASSWORD_SET,
    &user::WORLD_WRITABLE,
    &user::SETUID,
    &user::RECURSIVE_CHOWN,
    &copy::ADD_FOR_COPY,
    &copy::ADD_WITHOUT_CHECKSUM,
    &copy::WHOLE_CONTEXT,
    &copy::OVER_ROOT,
    &copy::SENSITIVE_FILE,
    &copy::OUTSIDE_CONTEXT,
    &copy::WITHOUT_FOLDER,
    &copy::UNDEFINED_STAGE,
    &copy::UNPINNED_SOURCE,
    &packages::APT_RECOMMENDS,
    &packages::APT_LISTS,
    &packages::SYSTEM_UPGRADE,
    &packages::APT_UPDATE_ALONE,
    &packages::APT_FOR_PEOPLE,
    &packages::ASKS,
    &packages::APK_CACHE,
    &packages::PIP_CACHE,
    &packages::RPM_CACHE,
    &packages::NPM_INSTALL,
    &packages::UNPINNED_LIBRARY,
    &packages::UNPINNED_PACKAGE,
    &packages::UNVERIFIED,
    &packages::SECOND_INDEX,
    &packages::SSH_SERVER,
    &fetch::PIPE_TO_SHELL,
    &fetch::TLS_OFF,
    &fetch::PLAIN_HTTP,
    &fetch::WITHOUT_CHECKSUM,
    &fetch::SHORT_KEY,
    &fetch::APT_KEY,
    &fetch::CURL_AND_WGET,
    &fetch::CURL_WITHOUT_FAIL,
    &fetch::WITHOUT_PIPEFAIL,
    &fetch::UNPINNED_CLONE,
    &secrets::IN_ENV,
    &secrets::IN_ARGUMENT,
    &secrets::IN_TEXT,
    &secrets::IN_URL,
    &form::MAINTAINER,
    &form::SHELL_FORM,
    &form::SEVERAL_COMMANDS,
    &form::RELATIVE_WORKDIR,
    &form::CD,
    &NO_HEALTHCHECK,
    &SSH_PORT,
    &form::INVALID_PORT,
    &form::DUPLICATE_ENV,
    &form::OLD_ENV,
    &form::INSECURE_BUILD,
    &form::HOST_NETWORK_BUILD,
    &form::SENSITIVE_VOLUME,
    &form::DEBUG_MODE,
    &form::USELESS_COMMAND,
];

/// All that is wrong with a file: by line, then column, then rule.
pub fn judge(file: &Dockerfile) -> Vec<Finding> {
    let of_rule = |rule: &'static Rule| {
        let places = (rule.judge)(file).into_iter();
        places.map(move |Place { line, column, message }| Finding { rule, line, column, message })
    };
    let mut found: Vec<Finding> = RULES.iter().copied().flat_map(of_rule).collect();
    found.sort_by(|a, b| {
        let key = |it: &Finding| (it.line, it.column, it.rule.id);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    found.dedup_by(|a, b| a.line == b.line && a.rule.id == b.rule.id && a.message == b.message);
    found
}

/// Instructions of one kind.
fn all(file: &Dockerfile, keyword: Keyword) -> impl Iterator<Item = &Instruction> {
    file.instructions.iter().filter(move |it| it.keyword == keyword)
}

/// What `RUN`s run.
fn commands(file: &Dockerfile) -> impl Iterator<Item = &Command> {
    all(file, Keyword::Run).flat_map(|it| &it.commands)
}

/// A finding for each command of a `RUN` that the function has something to say about.
fn of_commands(file: &Dockerfile, message: impl Fn(&Command) -> Option<String>) -> Vec<Place> {
    let place = |it| message(it).map(|message| Place::of(it, message));
    commands(file).filter_map(place).collect()
}

/// A finding for each instruction of a kind that the function has something to say about.
fn of_instructions(
    file: &Dockerfile,
    keyword: Keyword,
    message: impl Fn(&Instruction) -> Option<String>,
) -> Vec<Place> {
    let place = |it| message(it).map(|message| Place::at(it, message));
    all(file, keyword).filter_map(place).collect()
}

/// Sources and target of a `COPY` or `ADD`; heredocs are no sources.
fn sources(it: &Instruction) -> (Vec<String>, Option<String>) {
    let mut words = it.words();
    let target = words.pop();
    words.retain(|word| !word.starts_with("<<"));
    (words, target)
}

/// Whether a text is fetched from elsewhere.
fn is_remote(text: &str) -> bool {
    ["http://", "https://", "ftp://", "git@", "git://", "ssh://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
}
