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
            let (_, cost) = program.evaluate(&Nothing);
            // The step that goes over the budget is the last one.
            assert!(cost < cel::limit::CALL_COST_MAX * 4, "{cost}");
        }
    }
});
