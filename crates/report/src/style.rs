//! Styles that all texts for terminals share.

use anstyle::Style;

/// Headings and names.
pub(crate) const BOLD: Style = Style::new().bold();
/// What is there for whoever looks for it.
pub(crate) const DIM: Style = Style::new().dimmed();
