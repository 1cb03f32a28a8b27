//! Licences as packages state them, and as SPDX names them.

/// What a package says of its licence.
pub(crate) enum Licence<'a> {
    /// The id of a licence that SPDX lists.
    Id(&'static str),
    /// Several, joined as SPDX joins them.
    Expression(&'a str),
    /// Any other words.
    Name(&'a str),
}

impl<'a> Licence<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        if let Some(id) = spdx::license_id(text) {
            return Self::Id(id.name);
        }
        // What looks like one by accident is no expression: `Artistic and others`.
        match spdx::Expression::parse(text) {
            Ok(_) => Self::Expression(text),
            Err(_) => Self::Name(text),
        }
    }
}
