//! Rules: vault and identity, databases. The pages say what each finds.

use crate::SecretKind as Kind;
use crate::form::Alphabet::{Alphanumeric, Base64, Digits, Dotted, Hex, Url, Word};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, around, tail};
use crate::rule::{Family, Shape, named, rule};
use crate::token;

pub(super) const VAULT_AND_IDENTITY: Family = Family {
    id: "vault-and-identity",
    page: include_str!("../pages/vault-and-identity.md"),
    rules: &[
        rule("vault-service-token", Kind::VaultToken, "hvs.", tail(Url, 24, 300)),
        rule("vault-batch-token", Kind::VaultToken, "hvb.", tail(Url, 100, 400)),
        rule("vault-recovery-token", Kind::VaultToken, "hvr.", tail(Url, 24, 300)),
        rule(
            "onepassword-service-token",
            Kind::OnePasswordToken,
            "ops_eyJ",
            tail(Base64, 250, 2048),
        ),
        rule(
            "onepassword-secret-key",
            Kind::OnePasswordToken,
            "A3-",
            Form::Custom(token::onepassword_secret_key),
        ),
        rule("age-secret-key", Kind::AgeSecretKey, "AGE-SECRET-KEY-1", tail(Alphanumeric, 58, 58)),
        rule("openshift-token", Kind::OpenShiftToken, "sha256~", tail(Url, 43, 43)),
        rule("tailscale-auth-key", Kind::AccessToken, "tskey-auth-", tail(Url, 20, 64)),
        rule("tailscale-api-key", Kind::AccessToken, "tskey-api-", tail(Url, 20, 64)),
        rule("tailscale-oauth-secret", Kind::AccessToken, "tskey-client-", tail(Url, 20, 64)),
        rule("defined-networking-token", Kind::AccessToken, "dnkey-", tail(Dotted, 60, 90)),
        rule("okta-api-token", Kind::AccessToken, "SSWS 00", tail(Url, 40, 40)),
        rule(
            "zuplo-api-key",
            Kind::AccessToken,
            "zpka_",
            Form::Pieces(&[Run(Hex, 32, 32), Text("_"), Run(Hex, 8, 8)]),
        ),
        rule("authress-service-key", Kind::AccessToken, ".acc_", Form::Custom(token::authress)),
    ],
    named: &[
        named("okta-token", &["okta"], Shape::Run(Url, 42, 42)),
        named("vault-token-old", &["vault"], Shape::Run(Dotted, 26, 26)),
        named("consul-token", &["consul"], Shape::Uuid),
        named("nomad-token", &["nomad"], Shape::Uuid),
        named("rancher-token", &["rancher", "cattle"], Shape::Run(Dotted, 50, 80)),
    ],
};

pub(super) const DATABASES: Family = Family {
    id: "databases",
    page: include_str!("../pages/databases.md"),
    rules: &[
        rule("databricks-token", Kind::DatabricksToken, "dapi", tail(Hex, 32, 32)),
        rule("planetscale-token", Kind::PlanetScaleToken, "pscale_tkn_", tail(Dotted, 32, 64)),
        rule("planetscale-password", Kind::PlanetScaleToken, "pscale_pw_", tail(Dotted, 32, 64)),
        rule(
            "planetscale-oauth-token",
            Kind::PlanetScaleToken,
            "pscale_oauth_",
            tail(Dotted, 32, 64),
        ),
        rule("clickhouse-cloud-key", Kind::AccessToken, "4b1d", tail(Alphanumeric, 38, 38)),
        rule("mongodb-atlas-secret", Kind::AccessToken, "mdb_sa_sk_", tail(Url, 40, 48)),
        rule("neon-api-key", Kind::AccessToken, "napi_", tail(Alphanumeric, 48, 80)),
        rule(
            "maxmind-license-key",
            Kind::AccessToken,
            "_mmk",
            around((Word, 36, 36), (Digits, 0, 0)),
        ),
        rule("mapbox-secret-token", Kind::AccessToken, "sk.eyJ", tail(Dotted, 60, 300)),
    ],
    named: &[
        named("confluent-secret", &["confluent"], Shape::Run(Base64, 64, 64)),
        named("confluent-key", &["confluent"], Shape::Run(Alphanumeric, 16, 16)),
        named("snowflake-token", &["snowflake"], Shape::Run(Base64, 64, 500)),
        named("elastic-api-key", &["elastic", "elasticsearch"], Shape::Run(Base64, 58, 64)),
        named("mapbox-token", &["mapbox"], Shape::Run(Dotted, 60, 300)),
    ],
};
