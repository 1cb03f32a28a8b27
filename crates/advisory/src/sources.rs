//! Readers of what others publish, each a pure function from its text into records of the inner
//! model.

pub mod alpine;
pub mod csaf;
pub mod debian;
pub mod end_of_life;
pub mod epss;
pub mod known_exploited;

/// Why a text of a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Not JSON, or fields of the wrong type.
    #[error("not what {0} publishes: {1}")]
    Json(&'static str, serde_json::Error),
    /// A table without the columns it must have.
    #[error("not what {0} publishes: {1}")]
    Table(&'static str, String),
}
