//! Configurations of images, good and bad.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use dockerfile::{judge_configuration, unjudged};

fn ids(json: &str) -> Vec<&'static str> {
    let config = image::Config::read(json.as_bytes()).unwrap();
    judge_configuration(&config).into_iter().map(|it| it.rule.id).collect()
}

#[test]
fn each_field_is_asked() {
    let clean = r#"{"os": "linux", "config": {"User": "10001", "Healthcheck": {"Test": ["NONE"]},
        "Env": ["PATH=/bin", "TOKEN_FILE=/t"], "ExposedPorts": {"80/tcp": {}}},
        "history": [{"created_by": "ADD file:1 in /"}]}"#;
    assert_eq!(ids(clean), [""; 0]);
    assert_eq!(ids(r#"{"os": "linux"}"#), ["root-image", "no-healthcheck"]);
    let bad = r#"{"os": "linux", "config": {"User": "0:0", "Env": ["DB_PASSWORD=hunter22x"],
        "ExposedPorts": {"22/tcp": {}}}, "history": [{"created_by": "RUN a"},
        {"created_by": "ENV DB_PASSWORD=hunter22x"}]}"#;
    let all = [
        "root-image",
        "credential-in-env",
        "ssh-port-exposed",
        "no-healthcheck",
        "credential-in-dockerfile",
    ];
    assert_eq!(ids(bad), all);
    let config = image::Config::read(bad.as_bytes()).unwrap();
    assert!(judge_configuration(&config).iter().all(|it| !it.message.contains("hunter22x")));
    assert_eq!(ids(r#"{"os": "windows"}"#), ["no-healthcheck"]);
}

#[test]
fn a_history_without_an_end_is_told() {
    let of = |steps: usize| {
        let history = vec![r#"{"created_by": "true"}"#; steps].join(",");
        let config = format!(r#"{{"os": "linux", "history": [{history}]}}"#);
        unjudged(&image::Config::read(config.as_bytes()).unwrap())
    };
    assert_eq!(of(10_000), None);
    let told = of(10_003).unwrap();
    assert_eq!(told, "3 of 10003 steps of the history are not looked at");
}
