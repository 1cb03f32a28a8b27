//! Impersonation: acting as somebody else, by the old verb or by the constrained ones of 1.36.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/filters/impersonation`, `mode.go`,
//! `constrained_impersonation.go` and `impersonation.go`.

use std::collections::BTreeMap;

use model::KubernetesVersion;

use super::identity::{
    ANONYMOUS, AUTHENTICATED, MASTERS, NODES, SERVICE_ACCOUNTS, UNAUTHENTICATED, is_dns_subdomain,
    node_of_username, split_service_account,
};
use super::{
    Answer, Authorizer, Denial, Groups, Identity, Proof, Request, ResourceRequest, Unknown,
};

/// The version whose API servers know constrained impersonation without being told to: the feature
/// gate `ConstrainedImpersonation` is alpha in 1.35 and beta in 1.36.
///
/// Source: `k8s.io/apiserver/pkg/features/kube_features.go`.
pub const CONSTRAINED_SINCE: KubernetesVersion = KubernetesVersion::minor(36);

/// The group of the resources that constrained impersonation asks about.
const GROUP: &str = "authentication.k8s.io";
/// The claim of a service account's token that names the node of its pod.
pub(crate) const NODE_NAME: &str = "authentication.kubernetes.io/node-name";
/// From this many groups or claims on, one check for all of them is tried first.
const MANY: usize = 4;

/// Whom a request wants to act as: the impersonation headers as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impersonated {
    /// `Impersonate-User`; empty if the request does not impersonate.
    pub name: String,
    /// `Impersonate-Uid`.
    pub uid: String,
    /// Each `Impersonate-Group`.
    pub groups: Vec<String>,
    /// Each `Impersonate-Extra-…`, keys in lower case and decoded.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl Impersonated {
    /// Only a user name.
    pub fn user(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The claims that have a value; a header without one is as good as none.
    fn claims(&self) -> impl Iterator<Item = (&str, &str)> {
        let extra = self.extra.iter();
        extra.flat_map(|(key, values)| values.iter().map(move |it| (key.as_str(), it.as_str())))
    }

    fn is_name_alone(&self) -> bool {
        self.uid.is_empty() && self.groups.is_empty() && self.claims().next().is_none()
    }
}

/// By which verbs somebody is impersonated, in the order they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// A service account acts as the node its pod runs on.
    AssociatedNode,
    /// Any node.
    ArbitraryNode,
    /// A service account.
    ServiceAccount,
    /// Any other user, with groups and claims.
    UserInfo,
    /// The verb `impersonate`, with which anything may be done afterwards.
    Legacy,
}

impl Mode {
    /// Every mode, in the order they are tried.
    pub const ALL: [Self; 5] = [
        Self::AssociatedNode,
        Self::ArbitraryNode,
        Self::ServiceAccount,
        Self::UserInfo,
        Self::Legacy,
    ];

    /// The verb on the impersonated user, group, uid or claim.
    pub fn verb(self) -> &'static str {
        match self {
            Self::AssociatedNode => "impersonate:associated-node",
            Self::ArbitraryNode => "impersonate:arbitrary-node",
            Self::ServiceAccount => "impersonate:serviceaccount",
            Self::UserInfo => "impersonate:user-info",
            Self::Legacy => "impersonate",
        }
    }

    /// What stands before the request's own verb in the check of what is done; none for the old
    /// mode, which does not check it.
    pub fn verb_prefix_on(self) -> Option<&'static str> {
        match self {
            Self::AssociatedNode => Some("impersonate-on:associated-node:"),
            Self::ArbitraryNode => Some("impersonate-on:arbitrary-node:"),
            Self::ServiceAccount => Some("impersonate-on:serviceaccount:"),
            Self::UserInfo => Some("impersonate-on:user-info:"),
            Self::Legacy => None,
        }
    }

    fn is_for(self, wanted: &Impersonated, requestor: &Identity) -> bool {
        let is_account = split_service_account(&wanted.name).is_some();
        let node = node_of_username(&wanted.name);
        match self {
            Self::AssociatedNode => {
                let claim = requestor.extra.get(NODE_NAME).map(Vec::as_slice);
                wanted.is_name_alone()
                    && requestor.as_service_account().is_some()
                    && matches!((node, claim), (Some(node), Some([claimed])) if claimed == node)
            }
            Self::ArbitraryNode => wanted.is_name_alone() && node.is_some(),
            Self::ServiceAccount => wanted.is_name_alone() && is_account,
            Self::UserInfo => !is_account && node.is_none(),
            Self::Legacy => true,
        }
    }
}

/// Whether an identity may do something as somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Impersonation {
    /// It may, in each of these ways, at least one. The first is taken, unless another has just
    /// worked for the same identity: the API server then tries that one first. What the request
    /// itself needs is asked of the way's `identity` afterwards.
    Allowed(Vec<Way>),
    /// In no mode. What failed in each mode that applies.
    Denied(Vec<(Mode, Failed)>),
    /// It depends on what is not known.
    Unknown(Vec<Unknown>),
}

/// A way to act as somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The mode.
    pub mode: Mode,
    /// What allows each check, in their order.
    pub proofs: Vec<Proof>,
    /// Who the request is made as. The old mode gives a node no groups, the new ones do.
    pub identity: Identity,
}

/// Why a mode does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// A check was denied: what was asked, and the denial.
    Check(String, Denial),
    /// What must not be impersonated in this mode, whatever the rules say.
    Forbidden(&'static str),
}

/// Outcome of the checks of one mode.
enum Outcome {
    Allowed(Vec<Proof>),
    Failed(Failed),
    Unknown(Vec<Unknown>),
}

impl Authorizer {
    /// Whether `requestor` may make this request as somebody else. The request itself is then to
    /// be asked of the resulting identity with [`Authorizer::can`].
    ///
    /// A request without a user name is malformed, whatever else it has, so denied.
    pub fn can_impersonate(
        &self,
        requestor: &Identity,
        wanted: &Impersonated,
        request: &Request<'_>,
    ) -> Impersonation {
        if wanted.name.is_empty() {
            let reason = "a user name has to be given";
            return Impersonation::Denied(vec![(Mode::Legacy, Failed::Forbidden(reason))]);
        }
        let (mut ways, mut failed, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for mode in Mode::ALL {
            let is_known = mode == Mode::Legacy || self.version() >= CONSTRAINED_SINCE;
            if !is_known || !mode.is_for(wanted, requestor) {
                continue;
            }
            match self.check_mode(mode, requestor, wanted, request) {
                Outcome::Allowed(proofs) => {
                    ways.push(Way { mode, proofs, identity: resulting(mode, wanted) });
                }
                Outcome::Failed(reason) => failed.push((mode, reason)),
                Outcome::Unknown(reasons) => unknown.extend(reasons),
            }
        }
        match (ways.is_empty(), unknown.is_empty()) {
            (false, _) => Impersonation::Allowed(ways),
            (true, false) => Impersonation::Unknown(unknown),
            (true, true) => Impersonation::Denied(failed),
        }
    }

    fn check_mode(
        &self,
        mode: Mode,
        requestor: &Identity,
        wanted: &Impersonated,
        request: &Request<'_>,
    ) -> Outcome {
        let mut checks = Checks { authorizer: self, requestor, proofs: vec![], unknown: vec![] };
        let result = checks.action(mode, request);
        let result = result.and_then(|()| checks.username(mode, &wanted.name));
        let result = result.and_then(|()| checks.uid(mode, &wanted.uid));
        let result = result.and_then(|()| checks.groups(mode, &wanted.groups));
        match result.and_then(|()| checks.extra(mode, wanted)) {
            Err(failed) => Outcome::Failed(failed),
            Ok(()) if checks.unknown.is_empty() => Outcome::Allowed(checks.proofs),
            Ok(()) => Outcome::Unknown(checks.unknown),
        }
    }
}

/// The checks of one mode so far.
struct Checks<'a> {
    authorizer: &'a Authorizer,
    requestor: &'a Identity,
    proofs: Vec<Proof>,
    unknown: Vec<Unknown>,
}

impl Checks<'_> {
    fn check(&mut self, request: &Request<'_>) -> Result<(), Failed> {
        match self.authorizer.can(self.requestor, request) {
            Answer::Allowed(proof) => self.proofs.push(proof),
            Answer::Unknown(reasons) => self.unknown.extend(reasons),
            Answer::Denied(denial) => return Err(Failed::Check(request.to_string(), denial)),
        }
        Ok(())
    }

    /// Whether a check that stands for many others is certainly allowed.
    fn is_allowed_for_all(&mut self, request: &Request<'_>) -> Option<()> {
        let Answer::Allowed(proof) = self.authorizer.can(self.requestor, request) else {
            return None;
        };
        self.proofs.push(proof);
        Some(())
    }

    fn action(&mut self, mode: Mode, request: &Request<'_>) -> Result<(), Failed> {
        let Some(prefix) = mode.verb_prefix_on() else { return Ok(()) };
        let verb = format!("{prefix}{}", request.verb());
        self.check(&match *request {
            Request::Resource(request) => {
                Request::Resource(ResourceRequest { verb: &verb, ..request })
            }
            Request::NonResource(request) => Request::path(&verb, request.path),
        })
    }

    fn username(&mut self, mode: Mode, username: &str) -> Result<(), Failed> {
        let mut request = ResourceRequest {
            verb: mode.verb(),
            api_group: if mode == Mode::Legacy { "" } else { GROUP },
            resource: "users",
            name: username,
            ..ResourceRequest::default()
        };
        if let Some(node) = node_of_username(username).filter(|_| mode != Mode::Legacy) {
            (request.resource, request.name) = ("nodes", node);
        }
        if let Some((namespace, name)) = split_service_account(username) {
            request = ResourceRequest { resource: "serviceaccounts", namespace, name, ..request };
        }
        if mode == Mode::AssociatedNode {
            // Its answer is remembered for all nodes, so it has to hold for all of them.
            request.name = "*";
        }
        self.check(&Request::Resource(request))
    }

    fn uid(&mut self, mode: Mode, uid: &str) -> Result<(), Failed> {
        if uid.is_empty() {
            return Ok(());
        }
        self.check(&claim(mode, GROUP, "uids", "", uid))
    }

    fn groups(&mut self, mode: Mode, groups: &[String]) -> Result<(), Failed> {
        let is_constrained = mode != Mode::Legacy;
        let api_group = if is_constrained { GROUP } else { "" };
        if is_constrained && groups.iter().any(String::is_empty) {
            return Err(Failed::Forbidden("the empty group cannot be impersonated"));
        }
        if is_constrained && groups.iter().any(|group| group == MASTERS) {
            return Err(Failed::Forbidden("the group `system:masters` cannot be impersonated"));
        }
        if is_constrained && groups.len() >= MANY {
            let all = claim(mode, api_group, "groups", "", "*");
            if self.is_allowed_for_all(&all).is_some() {
                return Ok(());
            }
        }
        let mut groups = groups.iter();
        groups.try_for_each(|group| self.check(&claim(mode, api_group, "groups", "", group)))
    }

    fn extra(&mut self, mode: Mode, wanted: &Impersonated) -> Result<(), Failed> {
        if mode != Mode::Legacy && wanted.claims().next().is_some() {
            if wanted.claims().any(|(key, value)| !is_claim(key, value)) {
                return Err(Failed::Forbidden("a claim has no valid key or an empty value"));
            }
            let all = claim(mode, GROUP, "userextras", "*", "*");
            if wanted.claims().count() >= MANY && self.is_allowed_for_all(&all).is_some() {
                return Ok(());
            }
        }
        wanted
            .claims()
            .try_for_each(|(key, value)| self.check(&claim(mode, GROUP, "userextras", key, value)))
    }
}

fn claim<'a>(
    mode: Mode,
    api_group: &'a str,
    resource: &'a str,
    subresource: &'a str,
    name: &'a str,
) -> Request<'a> {
    let verb = mode.verb();
    let request =
        ResourceRequest { verb, api_group, resource, subresource, name, ..<_>::default() };
    Request::Resource(request)
}

/// Source: `validateExtra` in `mode.go` and `IsDomainPrefixedPath` in
/// `k8s.io/apimachinery/pkg/util/validation`.
fn is_claim(key: &str, value: &str) -> bool {
    let is_path = |path: &str| {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
        !path.is_empty() && path.bytes().all(allowed)
    };
    let is_key =
        key.split_once('/').is_some_and(|(host, path)| is_dns_subdomain(host) && is_path(path));
    is_key && !key.contains(char::is_uppercase) && !value.is_empty()
}

/// Who a request is made as.
fn resulting(mode: Mode, wanted: &Impersonated) -> Identity {
    let mut groups = wanted.groups.clone();
    if mode != Mode::Legacy && node_of_username(&wanted.name).is_some() {
        groups = vec![NODES.to_owned()];
    }
    if let Some((namespace, _)) = split_service_account(&wanted.name).filter(|_| groups.is_empty())
    {
        groups = vec![SERVICE_ACCOUNTS.to_owned(), format!("{SERVICE_ACCOUNTS}:{namespace}")];
    }
    let has = |group: &str| groups.iter().any(|it| it == group);
    if wanted.name == ANONYMOUS {
        if !has(UNAUTHENTICATED) {
            groups.push(UNAUTHENTICATED.to_owned());
        }
    } else if !has(UNAUTHENTICATED) && !has(AUTHENTICATED) {
        groups.push(AUTHENTICATED.to_owned());
    }
    Identity {
        name: wanted.name.clone(),
        groups: Groups::Known(groups),
        uid: wanted.uid.clone(),
        extra: wanted.extra.clone(),
    }
}
