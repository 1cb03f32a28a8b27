//! By cases.
