//! Images: what runs, and where it comes from.

use crate::Control;

mod image_never_pulled;
mod image_pull_policy_not_always;
mod image_without_digest;
mod implicit_registry;
mod mutable_image_tag;
mod reference;
mod registry_without_name;
mod retired_registry;
mod unapproved_registry;

pub(super) const CONTROLS: &[&Control] = &[
    &mutable_image_tag::CONTROL,
    &image_without_digest::CONTROL,
    &unapproved_registry::CONTROL,
    &implicit_registry::CONTROL,
    &image_pull_policy_not_always::CONTROL,
    &retired_registry::CONTROL,
    &registry_without_name::CONTROL,
    &image_never_pulled::CONTROL,
];
