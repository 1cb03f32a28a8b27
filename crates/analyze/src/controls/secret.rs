//! Credentials where they do not belong.

use crate::Control;

mod cluster_secret_store_open;
mod credential;
mod credential_in_annotation;
mod credential_in_args;
mod credential_in_config_map;
mod credential_in_env;
mod encryption_key_in_configuration;
mod etcd_encryption_off;
mod external_secret_finds_everything;
mod long_lived_service_account_token;
mod sealed_secret_cluster_wide;
mod secret_copied_everywhere;
mod secret_data_committed;
mod secret_in_environment;
mod secret_mounted_by_sub_path;
mod secret_store_without_tls;
mod secret_volume_readable_by_all;

pub(super) const CONTROLS: &[&Control] = &[
    &credential_in_env::CONTROL,
    &credential_in_args::CONTROL,
    &credential_in_config_map::CONTROL,
    &credential_in_annotation::CONTROL,
    &secret_data_committed::CONTROL,
    &secret_in_environment::CONTROL,
    &long_lived_service_account_token::CONTROL,
    &secret_volume_readable_by_all::CONTROL,
    &secret_mounted_by_sub_path::CONTROL,
    &cluster_secret_store_open::CONTROL,
    &external_secret_finds_everything::CONTROL,
    &sealed_secret_cluster_wide::CONTROL,
    &etcd_encryption_off::CONTROL,
    &encryption_key_in_configuration::CONTROL,
    &secret_store_without_tls::CONTROL,
    &secret_copied_everywhere::CONTROL,
];
