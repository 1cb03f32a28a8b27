//! What exceptions cover, by tables.

use model::ObjectId;

use super::Place;
use super::config::embedded;
use super::scope::matches;

#[test]
fn patterns() {
    let yes = [
        ("web", "web"),
        ("*", ""),
        ("w*", "web"),
        ("*b", "web"),
        ("w*b", "web"),
        ("a*b*c", "abxbc"),
        ("charts/*.yaml", "charts/a/b.yaml"),
    ];
    for (pattern, text) in yes {
        assert!(matches(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [("web", "web2"), ("w*b", "w"), ("", "x"), ("a*a", "a"), ("*x", "xy")] {
        assert!(!matches(pattern, text), "{pattern} {text}");
    }
}

fn annotation(control: &str, text: &str) -> Option<super::Exception> {
    embedded(control, text, Place::Annotation(ObjectId(0)))
}

#[test]
fn an_annotation_names_day_owner_and_reason() {
    let exception = annotation("host-pid", "until=2027-03-31 owner=ops container=a it reads /proc");
    let exception = exception.unwrap();
    assert_eq!(exception.reason, "it reads /proc");
    assert_eq!(exception.owner.as_deref(), Some("ops"));
    assert_eq!(exception.scope.container.as_deref(), Some("a"));
    assert_eq!(exception.until.unwrap().to_string(), "2027-03-31");
    for text in ["", "  ", "until=2027-03-31", "until=soon because", "owner=me"] {
        assert_eq!(annotation("host-pid", text), None, "{text}");
    }
    assert_eq!(annotation("host-pid", "x=1 is needed").unwrap().reason, "x=1 is needed");
}
