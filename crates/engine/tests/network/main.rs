//! Network policies against a naive evaluator and against tables of others.

mod generator;
mod naive;
mod naive_tests;
mod truth;
