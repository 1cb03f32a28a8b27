//! Credentials where they do not belong.

use crate::Control;

mod credential;
mod credential_in_annotation;
mod credential_in_args;
mod credential_in_config_map;
mod credential_in_env;
mod secret_data_committed;
mod secret_in_environment;

pub(super) const CONTROLS: &[&Control] = &[
    &credential_in_env::CONTROL,
    &credential_in_args::CONTROL,
    &credential_in_config_map::CONTROL,
    &credential_in_annotation::CONTROL,
    &secret_data_committed::CONTROL,
    &secret_in_environment::CONTROL,
];
