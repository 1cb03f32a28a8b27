//! Admission policies from files: those that the cluster does not run itself.

use std::path::PathBuf;

use analyze::admission_policy::{self, Bound, Index, Places};
use anyhow::{Result, bail};
use collect::manifests::Input;
use model::{DigestKey, Snapshot};

use crate::settings::Settings;

/// Problems of the files that are told at once.
const PROBLEMS_SHOWN_MAX: usize = 10;

/// Policies, compiled, and the parameters that lie beside them.
pub(crate) struct Policies {
    pub(crate) bound: Bound,
    beside: Snapshot,
    parameters: Index,
}

impl Policies {
    /// The policies with the parameters of the cluster, and, where it has none, those of the files.
    pub(crate) fn with<'a>(
        &'a self,
        cluster: &'a Snapshot,
        parameters: &'a Index,
    ) -> admission::Policies<'a> {
        let places = vec![(cluster, parameters), (&self.beside, &self.parameters)];
        admission::Policies { bound: &self.bound, parameters: Places(places) }
    }
}

/// Reads the policies that are named on the command line, else those of the configuration; none if
/// there are none. What cannot be read or does not compile is an error: a policy that would refuse
/// everything, or nothing, is no protection.
pub(crate) fn load(
    paths: &[PathBuf],
    settings: &Settings,
    key: &DigestKey,
) -> Result<Option<Policies>> {
    let mut paths = paths.to_vec();
    if paths.is_empty() {
        paths = settings.admission.policies.iter().map(PathBuf::from).collect();
    }
    if paths.is_empty() {
        return Ok(None);
    }
    let mut beside = Snapshot::new(settings.kubernetes_version, jiff::Timestamp::now());
    let inputs = paths.into_iter().map(Input::Path).collect();
    collect::manifests::collect(&mut beside, inputs, &settings.collect, key.clone());
    // All paths together: a binding need not lie in the folder of its policy.
    let worlds = admission_policy::worlds(&beside);
    let (bound, faults) = Bound::read(&beside, &worlds);
    let problems: Vec<String> = beside
        .gaps
        .iter()
        .chain(faults.iter().map(|(.., gap)| gap))
        .map(|gap| format!("{}: {}", gap.subject, gap.reason))
        .collect();
    if !problems.is_empty() {
        let shown = problems.iter().take(PROBLEMS_SHOWN_MAX).map(String::as_str);
        let shown = shown.collect::<Vec<_>>().join("\n  ");
        bail!("{} problems in the admission policies:\n  {shown}", problems.len());
    }
    if bound.is_empty() {
        bail!("the paths of `policies` hold no ValidatingAdmissionPolicy");
    }
    let parameters = Index::of_worlds(&beside, &worlds, &bound);
    Ok(Some(Policies { bound, beside, parameters }))
}
