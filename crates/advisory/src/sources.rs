//! Readers of what others publish, each a pure function from its text.
