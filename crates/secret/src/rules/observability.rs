//! Rules: observability. The pages say what each finds.

use crate::SecretKind as Kind;
use crate::form::Alphabet::{Alphanumeric, Base64, Digits, Dotted, Hex, Url};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, UUID, around, tail};
use crate::rule::{Family, Shape, named, rule};

pub(super) const OBSERVABILITY: Family = Family {
    id: "observability",
    page: include_str!("../pages/observability.md"),
    rules: &[
        rule("grafana-cloud-token", Kind::GrafanaToken, "glc_", tail(Base64, 32, 400)),
        rule(
            "grafana-service-token",
            Kind::GrafanaToken,
            "glsa_",
            Form::Pieces(&[Run(Alphanumeric, 32, 32), Text("_"), Run(Hex, 8, 8)]),
        ),
        rule("grafana-api-key", Kind::GrafanaToken, "eyJrIjoi", tail(Base64, 70, 400)),
        rule("new-relic-user-key", Kind::NewRelicKey, "NRAK-", tail(Alphanumeric, 27, 27)),
        rule("new-relic-insert-key", Kind::NewRelicKey, "NRII-", tail(Url, 32, 32)),
        rule(
            "new-relic-license-key",
            Kind::NewRelicKey,
            "FFFFNRAL",
            around((Hex, 32, 32), (Digits, 0, 0)),
        ),
        rule("dynatrace-token", Kind::DynatraceToken, "dt0c01.", tail(Dotted, 89, 89)),
        rule("dynatrace-platform-token", Kind::DynatraceToken, "dt0s16.", tail(Dotted, 73, 89)),
        rule("sentry-organization-token", Kind::SentryToken, "sntrys_", tail(Base64, 80, 512)),
        rule("sentry-user-token", Kind::SentryToken, "sntryu_", tail(Hex, 64, 64)),
        rule("posthog-personal-key", Kind::AccessToken, "phx_", tail(Alphanumeric, 40, 60)),
        rule("launchdarkly-sdk-key", Kind::AccessToken, "sdk-", Form::Pieces(UUID)),
        rule("launchdarkly-api-token", Kind::AccessToken, "api-", Form::Pieces(UUID)),
    ],
    named: &[
        named("datadog-key", &["datadog", "dd"], Shape::Run(Hex, 32, 32)),
        named("datadog-app-key", &["datadog", "dd"], Shape::Run(Hex, 40, 40)),
        named("sumologic-key", &["sumo", "sumologic"], Shape::Run(Alphanumeric, 64, 64)),
        named("splunk-hec-token", &["splunk", "hec"], Shape::Uuid),
        named("pagerduty-key", &["pagerduty"], Shape::Run(Url, 20, 20)),
        named("opsgenie-key", &["opsgenie"], Shape::Uuid),
        named("honeycomb-key", &["honeycomb"], Shape::Run(Alphanumeric, 22, 32)),
        named("rollbar-token", &["rollbar"], Shape::Run(Hex, 32, 32)),
        named("sentry-token-old", &["sentry"], Shape::Run(Hex, 64, 64)),
        named("sauce-labs-key", &["sauce", "saucelabs"], Shape::Uuid),
    ],
};
