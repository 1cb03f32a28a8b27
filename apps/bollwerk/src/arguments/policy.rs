//! What can be typed after `bollwerk policy`.

use clap::{Args, Subcommand};

use super::{Inputs, ListFormat};

const CHECK_EXAMPLES: &str = "\
Examples:
  bollwerk policy check policies/
  bollwerk policy check policies/ --format json

Exit codes:
  0  every expression compiles
  1  some do not
  2  wrong use
  3  no policy was read, or something could not be read";

const TEST_EXAMPLES: &str = "\
Example:
  bollwerk policy test policies/

A test is a document beside the policies:
  apiVersion: bollwerk.io/v1
  kind: PolicyTest
  metadata: {name: replicas}
  spec:
    policy: replica-limit
    params: {data: {limit: \"5\"}}
    cases:
    - name: too many
      object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 6}}
      expect: deny
      message: at most 5 replicas

What a case may expect: allow, deny, error (an expression has no value), skip (the policy is not
about the object). A case, or the test for all its cases, may also give oldObject, params,
namespaceObject, operation (CREATE), and user: {name, groups}.

Kyverno's tests (kind Test, kyverno-test.yaml) run for policies in CEL, Gatekeeper's suites (kind
Suite) for templates with the engine K8sNativeValidation. What is not in CEL is told as not known.

Exit codes:
  0  every case is as expected
  1  some are not
  2  wrong use
  3  no test was read, or of some it is not known what comes of them";

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Compile the expressions of policies: syntax and types, with line and column
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Box<PolicyArguments>),
    /// Run tests of policies: objects, and what is expected of them
    #[command(after_help = TEST_EXAMPLES)]
    Test(Box<PolicyArguments>),
}

#[derive(Args)]
pub(crate) struct PolicyArguments {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}
