//! Lifecycle of APIs: what the next version of Kubernetes no longer serves.

use crate::Control;

mod api;
mod deprecated_api_version;
mod removed_api_version;

pub(super) const CONTROLS: &[&Control] =
    &[&removed_api_version::CONTROL, &deprecated_api_version::CONTROL];
