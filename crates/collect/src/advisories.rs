//! Advisories: files of whoever publishes them, and databases made of them, from disk and from the
//! network.

mod download;
mod files;
mod patch;
mod replace;

pub use download::{DownloadError, DownloadOptions, Downloader, Fetched};
pub use files::{Document, FilesError, digest, documents};
pub use patch::{PatchError, patch, patched};
pub use replace::replace;
