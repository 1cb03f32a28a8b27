//! The table of rules, family by family.

mod business;
mod cloud;
mod code;
mod communication;
mod files;
mod infrastructure;
mod intelligence;
mod observability;

use crate::rule::Family;

/// Every family of rules, in the order of the pages.
pub const FAMILIES: &[&Family] = &[
    &cloud::AWS,
    &cloud::GOOGLE,
    &cloud::AZURE,
    &cloud::OTHER_CLOUDS,
    &code::GITHUB,
    &code::GITLAB,
    &code::BITBUCKET_AND_ATLASSIAN,
    &code::PACKAGE_REGISTRIES,
    &code::CONTINUOUS_INTEGRATION,
    &intelligence::MODEL_SERVICES,
    &communication::CHAT,
    &communication::MAIL,
    &business::PAYMENT,
    &business::COMMERCE,
    &business::WORK,
    &observability::OBSERVABILITY,
    &infrastructure::VAULT_AND_IDENTITY,
    &infrastructure::DATABASES,
    &files::PRIVATE_KEYS,
    &files::LOGINS,
    &files::PASSWORD_HASHES,
    &ASSIGNMENTS,
];

/// Values of which only the name tells what they are (`stored.rs`).
const ASSIGNMENTS: Family = Family {
    id: "assignments",
    page: include_str!("pages/assignments.md"),
    rules: &[],
    named: &[],
};
