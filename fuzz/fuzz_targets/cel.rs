//! Arbitrary text as an expression: compiled, and evaluated within its budget.
#![no_main]

use cel::{Environment, Nothing, Program, Type};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut environment = Environment::new();
    environment.variable("x", Type::Dyn);
    match Program::compile(&environment, text) {
        Err(problems) => assert!(!problems.is_empty()),
        Ok(program) => {
            let (value, cost) = program.evaluate(&Nothing);
            assert!(value.is_err() || cost <= cel::limit::CALL_COST_MAX, "{cost}");
        }
    }
});
