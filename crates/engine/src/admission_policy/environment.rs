//! What a policy's expressions may name (`pkg/admission/plugin/cel/compile.go`).

use cel::{Environment, Type};

/// The numbers of the variables. One that is not declared has a name nobody can write.
pub(crate) const OBJECT: usize = 0;
pub(crate) const OLD_OBJECT: usize = 1;
pub(crate) const NAMESPACE_OBJECT: usize = 2;
pub(crate) const REQUEST: usize = 3;
pub(crate) const PARAMS: usize = 4;
pub(crate) const AUTHORIZER: usize = 5;
pub(crate) const REQUEST_RESOURCE: usize = 6;

/// The type that holds the policy's own variables.
pub(crate) const VARIABLES: &str = "kubernetes.variables";

/// An environment with `params` or without, with `authorizer` or without.
pub(crate) fn environment(has_params: bool, has_authorizer: bool) -> Environment {
    let mut environment = Environment::new();
    let or_none = |name: &'static str, is_declared: bool| if is_declared { name } else { "" };
    let authorization = |name: &str| Type::object(&format!("kubernetes.authorization.{name}"));
    environment.variable("object", Type::Dyn);
    environment.variable("oldObject", Type::Dyn);
    environment.variable("namespaceObject", Type::object("kubernetes.Namespace"));
    environment.variable("request", Type::object("kubernetes.AdmissionRequest"));
    environment.variable(or_none("params", has_params), Type::Dyn);
    environment.variable(or_none("authorizer", has_authorizer), authorization("Authorizer"));
    let name = or_none("authorizer.requestResource", has_authorizer);
    environment.variable(name, authorization("ResourceCheck"));
    environment.variable("variables", Type::object(VARIABLES));
    environment.object(VARIABLES);
    request(&mut environment);
    namespace(&mut environment);
    environment
}

fn fields(environment: &mut Environment, object: &str, names: &[&str], kind: &Type) {
    for name in names {
        environment.field(object, name, kind.clone());
    }
}

fn request(environment: &mut Environment) {
    let request = "kubernetes.AdmissionRequest";
    let kind = Type::object("kubernetes.GroupVersionKind");
    let resource = Type::object("kubernetes.GroupVersionResource");
    fields(
        environment,
        "kubernetes.GroupVersionKind",
        &["group", "version", "kind"],
        &Type::String,
    );
    let names = ["group", "version", "resource"];
    fields(environment, "kubernetes.GroupVersionResource", &names, &Type::String);
    fields(environment, "kubernetes.UserInfo", &["username", "uid"], &Type::String);
    let texts = Type::list(Type::String);
    environment.field("kubernetes.UserInfo", "groups", texts.clone());
    environment.field("kubernetes.UserInfo", "extra", Type::map(Type::String, texts));
    fields(environment, request, &["kind", "requestKind"], &kind);
    fields(environment, request, &["resource", "requestResource"], &resource);
    let names = ["subResource", "requestSubResource", "name", "namespace", "operation"];
    fields(environment, request, &names, &Type::String);
    environment.field(request, "userInfo", Type::object("kubernetes.UserInfo"));
    environment.field(request, "dryRun", Type::Bool);
    environment.field(request, "options", Type::Dyn);
}

fn namespace(environment: &mut Environment) {
    let metadata = "kubernetes.NamespaceMetadata";
    let texts = Type::list(Type::String);
    let names = ["name", "generateName", "namespace", "UID", "resourceVersion"];
    fields(environment, metadata, &names, &Type::String);
    let labels = Type::map(Type::String, Type::String);
    fields(environment, metadata, &["labels", "annotations"], &labels);
    let names = ["creationTimestamp", "deletionTimestamp"];
    fields(environment, metadata, &names, &Type::Timestamp);
    fields(environment, metadata, &["deletionGracePeriodSeconds", "generation"], &Type::Int);
    environment.field(metadata, "finalizers", texts.clone());
    environment.field("kubernetes.NamespaceSpec", "finalizers", texts);
    let condition = "kubernetes.NamespaceCondition";
    fields(environment, condition, &["status", "type", "message", "reason"], &Type::String);
    environment.field(condition, "lastTransitionTime", Type::Timestamp);
    let status = "kubernetes.NamespaceStatus";
    environment.field(status, "conditions", Type::list(Type::object(condition)));
    environment.field(status, "phase", Type::String);
    let namespace = "kubernetes.Namespace";
    environment.field(namespace, "metadata", Type::object(metadata));
    environment.field(namespace, "spec", Type::object("kubernetes.NamespaceSpec"));
    environment.field(namespace, "status", Type::object(status));
}

/// The type of a variable as later expressions see it (`convertCelTypeToDeclType`).
pub(crate) fn declared(kind: &Type) -> Type {
    match kind {
        Type::List(items) => Type::list(declared(items)),
        Type::Map(pair) => Type::map(declared(&pair.0), declared(&pair.1)),
        Type::Optional(_) | Type::Type(_) | Type::Object(_) | Type::Opaque(_) | Type::Error => {
            Type::Dyn
        }
        simple => simple.clone(),
    }
}
