//! What goes wrong while an expression is evaluated.

use std::borrow::Cow;
use std::fmt;

use crate::limit::TEXT_BYTES_MAX;

/// Why an expression has no value. `&&`, `||` and quantifiers pass over errors that cannot change
/// their answer, but for one of the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: Cow<'static, str>,
    cause: Cause,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The expression has no value on this data: the API server would say the same.
    Evaluation,
    /// The expression cost more than one call may.
    Budget,
    /// A value is needed that the caller does not have.
    Withheld,
    /// Upstream's library fails in a way that ends the whole evaluation.
    Internal,
}

impl Error {
    /// An error of evaluation, in cel-go's words where it has some.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), cause: Cause::Evaluation }
    }

    pub(crate) fn no_overload() -> Self {
        Self::new("no such overload")
    }

    pub(crate) fn over_budget() -> Self {
        let message = Cow::Borrowed("operation cancelled: actual cost limit exceeded");
        Self { message, cause: Cause::Budget }
    }

    /// What cel-go reports of a failed conversion in its own cost tracker.
    pub(crate) fn internal(message: &'static str) -> Self {
        Self { message: Cow::Borrowed(message), cause: Cause::Internal }
    }

    pub(crate) fn too_long() -> Self {
        Self::new(format!("a text longer than {TEXT_BYTES_MAX} bytes is not made"))
    }

    /// Whether it ends everything, whatever stands around it.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.cause, Cause::Budget | Cause::Internal)
    }

    /// An error because a value is not known here: whoever asks has no answer, where another would
    /// have one.
    pub fn withheld(reason: &'static str) -> Self {
        Self { message: Cow::Borrowed(reason), cause: Cause::Withheld }
    }

    /// The error of an expression whose variable has this one, in these words. Only what the
    /// caller does not have stays what it is: it is no error of the expression.
    #[must_use]
    pub fn within(self, message: String) -> Self {
        let cause = match self.cause {
            Cause::Withheld => Cause::Withheld,
            _ => Cause::Evaluation,
        };
        Self { message: Cow::Owned(message), cause }
    }

    /// What kind of error it is.
    pub fn cause(&self) -> Cause {
        self.cause
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
