//! Why an image cannot be read.

use image::ManifestError;

use super::registry::RegistryError;

/// Why an image cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Nothing that holds an image.
    #[error("{path}: {reason}")]
    NoImage {
        /// What was given.
        path: String,
        /// Why it is none.
        reason: String,
    },
    /// A registry that gives no answer of use.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A blob that cannot be read.
    #[error("{what}: {error}")]
    Unreadable {
        /// Which.
        what: String,
        /// Why.
        error: std::io::Error,
    },
    /// A blob that is not what its digest says.
    #[error("{what} is damaged or was changed: its content is {found}")]
    WrongDigest {
        /// Which.
        what: String,
        /// The digest of what is there, or its size.
        found: String,
    },
    /// A document that says something else than it should.
    #[error("{what} {error}")]
    Document {
        /// Which.
        what: String,
        /// What is wrong.
        error: ManifestError,
    },
    /// No image or several to choose from.
    #[error("{reason}; there are: {}", .choices.join(", "))]
    Choice {
        /// What is missing.
        reason: String,
        /// What can be chosen.
        choices: Vec<String>,
    },
}
