//! Images: what runs, and where it comes from.

use crate::Control;

mod image_pull_policy_not_always;
mod image_without_digest;
mod implicit_registry;
mod mutable_image_tag;
mod reference;
mod unapproved_registry;

pub(super) const CONTROLS: &[&Control] = &[
    &mutable_image_tag::CONTROL,
    &image_without_digest::CONTROL,
    &unapproved_registry::CONTROL,
    &implicit_registry::CONTROL,
    &image_pull_policy_not_always::CONTROL,
];
