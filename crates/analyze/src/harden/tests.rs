//! Plans of small namespaces.
