//! Network policies against a naive evaluator and against tables of others.

mod naive;
mod truth;
