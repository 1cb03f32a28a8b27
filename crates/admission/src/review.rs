//! `AdmissionReview` of `admission.k8s.io/v1`, as the API server sends it.
//!
//! Source: `k8s.io/api/admission/v1/types.go`.

use engine::admission_policy::Requester;
use thiserror::Error;
use yaml::{Node, Value};

/// Bytes of a review, at the most: the API server sends two objects of at most 3 MiB, and JSON
/// may escape what etcd stores plainly.
pub const REVIEW_BYTES_MAX: usize = 16 << 20;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An object is made.
    Create,
    /// An object is changed.
    Update,
    /// An object goes.
    Delete,
    /// Somebody connects to it: `exec`, `port-forward`, a proxy.
    Connect,
}

impl Operation {
    /// Its name, as the API server writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// Why there is no answer to a review but an error.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum BadReview {
    /// It is no JSON text, or not within the limits of one.
    #[error("the review cannot be read: {0}")]
    Unreadable(String),
    /// It is JSON and no review.
    #[error("{0}")]
    Odd(&'static str),
}

/// A request to be judged.
pub struct Review<'s> {
    /// What the answer has to name.
    pub uid: &'s str,
    /// Group, version and kind of the object.
    pub group: &'s str,
    /// The version.
    pub version: &'s str,
    /// The kind.
    pub kind: &'s str,
    /// Group, version and name of the resource, as the request's address names it.
    pub resource: (&'s str, &'s str, &'s str),
    /// The object's name; empty where the API server is to make one.
    pub name: &'s str,
    /// What of the object is asked for: empty, `status`, `scale`, `ephemeralcontainers` …
    pub subresource: &'s str,
    /// The object's namespace; a Namespace's own name.
    pub namespace: Option<&'s str>,
    /// What is done.
    pub operation: Operation,
    /// Who does it.
    pub user: &'s str,
    /// Whether nothing will be stored.
    pub is_dry_run: bool,
    /// The object as it would be.
    pub object: Option<Node<'s>>,
    /// The object as it is.
    pub old_object: Option<Node<'s>>,
    /// The options of the request.
    pub options: Option<Node<'s>>,
    user_info: Option<Node<'s>>,
}

/// A review's text, read.
pub struct Text<'t>(yaml::Stream<'t>);

impl<'t> Text<'t> {
    /// Reads a text as JSON. Nothing is copied of it.
    pub fn read(text: &'t [u8], limits: &yaml::Limits) -> Result<Self, BadReview> {
        if text.len() > REVIEW_BYTES_MAX {
            let reason = format!("it is larger than {} MiB", REVIEW_BYTES_MAX >> 20);
            return Err(BadReview::Unreadable(reason));
        }
        let text = std::str::from_utf8(text)
            .map_err(|_| BadReview::Unreadable("it is no UTF-8".to_owned()))?;
        Ok(Self(yaml::Stream::json(text, limits)))
    }

    /// The review that it is.
    pub fn review(&self) -> Result<Review<'_>, BadReview> {
        let document = match self.0.documents().next() {
            Some(Ok(document)) => document,
            Some(Err(error)) => return Err(BadReview::Unreadable(error.message.clone())),
            None => return Err(BadReview::Unreadable("it is empty".to_owned())),
        };
        let root = document.root();
        if text(root, "kind") != "AdmissionReview" {
            return Err(BadReview::Odd("it is no AdmissionReview"));
        }
        if text(root, "apiVersion") != "admission.k8s.io/v1" {
            let reason = "the version of the review is not known: it must be admission.k8s.io/v1";
            return Err(BadReview::Odd(reason));
        }
        let request = root.get("request").filter(|it| it.value() == Value::Map);
        request.ok_or(BadReview::Odd("the review has no `request`")).and_then(read)
    }
}

fn read(request: Node<'_>) -> Result<Review<'_>, BadReview> {
    let uid = text(request, "uid");
    if uid.is_empty() {
        return Err(BadReview::Odd("the request has no `uid`"));
    }
    let kind = request.get("kind").ok_or(BadReview::Odd("the request has no `kind`"))?;
    let operation = match text(request, "operation") {
        "CREATE" => Operation::Create,
        "UPDATE" => Operation::Update,
        "DELETE" => Operation::Delete,
        "CONNECT" => Operation::Connect,
        _ => return Err(BadReview::Odd("the request's `operation` is not known")),
    };
    let object = |name| request.get(name).filter(|it: &Node<'_>| it.value() == Value::Map);
    let resource = request.get("resource");
    let named = |key| resource.map(|it| text(it, key)).unwrap_or_default();
    let review = Review {
        uid,
        resource: (named("group"), named("version"), named("resource")),
        name: text(request, "name"),
        group: text(kind, "group"),
        version: text(kind, "version"),
        kind: text(kind, "kind"),
        subresource: text(request, "subResource"),
        namespace: Some(text(request, "namespace")).filter(|name| !name.is_empty()),
        operation,
        user: request.get("userInfo").map(|user| text(user, "username")).unwrap_or_default(),
        is_dry_run: request.get("dryRun").is_some_and(|it| it.value() == Value::Bool(true)),
        object: object("object"),
        old_object: object("oldObject"),
        options: object("options"),
        user_info: object("userInfo"),
    };
    let needs_object = matches!(operation, Operation::Create | Operation::Update);
    if review.kind.is_empty() || needs_object && review.object.is_none() {
        return Err(BadReview::Odd("the request has no `object` or no kind of it"));
    }
    Ok(review)
}

fn text<'s>(node: Node<'s>, key: &str) -> &'s str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}

impl Review<'_> {
    /// Who makes the request, with all that the API server tells.
    pub(crate) fn requester(&self) -> Requester {
        let Some(info) = self.user_info else { return Requester::default() };
        let texts = |node: Node<'_>| {
            node.items().filter_map(Node::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let extra = info.get("extra").into_iter().flat_map(Node::entries);
        Requester {
            name: text(info, "username").to_owned(),
            uid: text(info, "uid").to_owned(),
            groups: info.get("groups").map(texts).unwrap_or_default(),
            extra: extra.map(|(key, _, values)| (key.to_owned(), texts(values))).collect(),
        }
    }

    /// `apiVersion` of the object.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}
