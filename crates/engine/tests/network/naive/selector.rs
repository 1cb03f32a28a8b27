//! Label selectors (`k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelector`).

use serde_json::Value;

use super::{Labels, list, text};

/// "An empty label selector matches all objects. A null label selector matches no objects": where
/// null means something else, callers do not ask.
pub(super) fn selects(selector: &Value, labels: &Labels) -> bool {
    let pairs = selector["matchLabels"].as_object().into_iter().flatten();
    // "A single {key,value} in the matchLabels map is equivalent to an element of
    // matchExpressions, whose key field is "key", the operator is "In", and the values array
    // contains only "value"."
    pairs.into_iter().all(|(key, value)| labels.get(key) == Some(&text(value)))
        && list(&selector["matchExpressions"]).iter().all(|it| holds(it, labels))
}

/// Page "Labels and Selectors": `NotIn` selects "all resources with key equal to […] and all
/// resources with no labels with the […] key"; "without the […] key" is `DoesNotExist`.
fn holds(requirement: &Value, labels: &Labels) -> bool {
    let value = labels.get(requirement["key"].as_str().expect("a key"));
    let is_listed =
        value.is_some_and(|value| list(&requirement["values"]).iter().any(|it| it == value));
    match requirement["operator"].as_str().expect("an operator") {
        "In" => is_listed,
        "NotIn" => !is_listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        other => panic!("{other}"),
    }
}
