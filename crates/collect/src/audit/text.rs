//! Texts of a line.

use std::borrow::Cow;

/// A text, borrowed where it has no escapes.
pub(super) type Text<'t> = Option<Cow<'t, str>>;
