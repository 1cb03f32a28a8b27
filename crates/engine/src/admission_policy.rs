//! `ValidatingAdmissionPolicy`, as Kubernetes 1.37's API server decides it.
//!
//! A [`Policy`] and a [`Binding`] are read and compiled once; [`Policies::judge`] says of a
//! [`Review`] what each bound policy decides. What cannot be decided (an expression that does not
//! compile or has no value) follows the policy's `failurePolicy`, as upstream; what *we* cannot
//! know (a value that is a credential and was not kept, the labels of a namespace that was not
//! seen) is marked [`Certainty::Unknown`] and denies.
//!
//! Sources: `pkg/admission/plugin/policy/validating`, `…/matching`, `…/generic` and
//! `pkg/admission/plugin/cel` of `k8s.io/apiserver`.

mod binding;
mod by_roles;
mod environment;
mod evaluate;
mod judge;
mod matching;
mod object;
mod policy;
mod review;
mod written;

pub use binding::{Action, Binding, ParameterReference};
pub use by_roles::ByRoles;
pub use cel::{Decision as Permission, Error as EvaluationError, Question};
pub use evaluate::{Annotation, Certainty, Decision, Outcome, Verdict};
pub use judge::{Finding, NoParameters, Parameters, Policies, Said};
pub use matching::{Matched, Rule};
pub use policy::{FailurePolicy, Fault, Policy};
pub use review::{Authorize, Kind, Operation, Requester, Resource, Review};
