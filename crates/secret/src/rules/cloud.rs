//! Rules: aws, google, azure, other clouds. The pages say what each finds.

use crate::SecretKind as Kind;
use crate::form::Alphabet::{Alphanumeric, Base32, Base64, Dotted, Graphic, Hex, Url};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, UUID, around, tail};
use crate::rule::{Family, Shape, named, rule};
use crate::token;

pub(super) const AWS: Family = Family {
    id: "aws",
    page: include_str!("../pages/aws.md"),
    rules: &[
        rule("aws-access-key-id", Kind::AwsAccessKey, "AKIA", tail(Base32, 16, 16)),
        rule("aws-temporary-key-id", Kind::AwsAccessKey, "ASIA", tail(Base32, 16, 16)),
        rule("aws-bearer-token-id", Kind::AwsAccessKey, "ABIA", tail(Base32, 16, 16)),
        rule("aws-context-credential-id", Kind::AwsAccessKey, "ACCA", tail(Base32, 16, 16)),
        rule("aws-bedrock-key", Kind::AccessToken, "ABSK", tail(Base64, 109, 269)),
        rule(
            "aws-bedrock-session-key",
            Kind::AccessToken,
            "bedrock-api-key-",
            tail(Base64, 64, 2000),
        ),
        rule("aws-mws-token", Kind::AccessToken, "amzn.mws.", Form::Pieces(UUID)),
        rule("amazon-oauth-secret", Kind::AccessToken, "amzn1.oa2-cs.v1.", tail(Hex, 64, 64)),
    ],
    named: &[],
};

pub(super) const GOOGLE: Family = Family {
    id: "google",
    page: include_str!("../pages/google.md"),
    rules: &[
        rule("google-api-key", Kind::GoogleApiKey, "AIza", tail(Url, 35, 35)),
        rule("google-oauth-client-secret", Kind::AccessToken, "GOCSPX-", tail(Url, 28, 28)),
        rule("google-oauth-access-token", Kind::AccessToken, "ya29.", tail(Url, 60, 1024)),
        rule("google-oauth-refresh-token", Kind::AccessToken, "1//0", tail(Url, 40, 200)),
        rule("google-hmac-key", Kind::AccessToken, "GOOG1E", tail(Base32, 55, 55)),
    ],
    named: &[],
};

pub(super) const AZURE: Family = Family {
    id: "azure",
    page: include_str!("../pages/azure.md"),
    rules: &[
        rule(
            "azure-storage-account-key",
            Kind::AzureStorageKey,
            "AccountKey=",
            tail(Base64, 86, 88),
        ),
        rule(
            "azure-shared-access-key",
            Kind::AzureStorageKey,
            "SharedAccessKey=",
            tail(Base64, 43, 88),
        ),
        rule(
            "azure-sas-signature",
            Kind::AzureSasSignature,
            "sig=",
            Form::Custom(token::azure_sas),
        ),
        rule(
            "azure-client-secret",
            Kind::AzureClientSecret,
            "#Q~",
            Form::Custom(token::azure_client_secret),
        ),
        rule(
            "azure-storage-key-marked",
            Kind::AzureStorageKey,
            "+ASt",
            around((Base64, 76, 76), (Base64, 6, 8)),
        ),
        rule(
            "azure-cosmos-key",
            Kind::AzureStorageKey,
            "ACDb",
            around((Base64, 76, 76), (Base64, 6, 8)),
        ),
        rule(
            "azure-functions-key",
            Kind::AzureStorageKey,
            "AzFu",
            around((Url, 44, 44), (Dotted, 4, 8)),
        ),
        rule(
            "azure-search-key",
            Kind::AzureStorageKey,
            "AzSe",
            around((Alphanumeric, 42, 42), (Alphanumeric, 6, 6)),
        ),
        rule(
            "azure-registry-password",
            Kind::AzureStorageKey,
            "+ACR",
            around((Base64, 42, 42), (Alphanumeric, 6, 6)),
        ),
        rule(
            "azure-cache-key",
            Kind::AzureStorageKey,
            "AzCa",
            around((Alphanumeric, 33, 33), (Base64, 6, 7)),
        ),
        rule(
            "azure-ai-key",
            Kind::AzureStorageKey,
            "JQQJ99",
            around((Alphanumeric, 52, 52), (Alphanumeric, 26, 26)),
        ),
        rule(
            "azure-devops-token",
            Kind::AccessToken,
            "AZDO",
            around((Alphanumeric, 76, 76), (Alphanumeric, 4, 4)),
        ),
    ],
    named: &[],
};

pub(super) const OTHER_CLOUDS: Family = Family {
    id: "other-clouds",
    page: include_str!("../pages/other-clouds.md"),
    rules: &[
        rule("alibaba-access-key-id", Kind::AlibabaAccessKey, "LTAI", tail(Alphanumeric, 20, 20)),
        rule("tencent-secret-id", Kind::AccessToken, "AKID", tail(Alphanumeric, 32, 32)),
        rule("digitalocean-personal-token", Kind::DigitalOceanToken, "dop_v1_", tail(Hex, 64, 64)),
        rule("digitalocean-oauth-token", Kind::DigitalOceanToken, "doo_v1_", tail(Hex, 64, 64)),
        rule("digitalocean-refresh-token", Kind::DigitalOceanToken, "dor_v1_", tail(Hex, 64, 64)),
        rule("yandex-iam-token", Kind::AccessToken, "t1.9eu", tail(Dotted, 80, 400)),
        rule("yandex-api-key", Kind::AccessToken, "AQVN", tail(Url, 35, 38)),
        rule("scalingo-token", Kind::AccessToken, "tk-us-", tail(Url, 48, 48)),
        rule("heroku-api-key", Kind::HerokuApiKey, "HRKU-AA", tail(Url, 58, 58)),
        rule("fly-macaroon", Kind::FlyToken, "fm2_", tail(Base64, 100, 512)),
        rule("fly-access-token", Kind::FlyToken, "fo1_", tail(Url, 43, 43)),
        rule("netlify-token", Kind::AccessToken, "nfp_", tail(Alphanumeric, 36, 40)),
        rule("render-api-key", Kind::AccessToken, "rnd_", tail(Alphanumeric, 28, 40)),
        rule(
            "cloudflare-origin-ca-key",
            Kind::AccessToken,
            "v1.0-",
            Form::Pieces(&[Run(Hex, 24, 24), Text("-"), Run(Hex, 146, 146)]),
        ),
        rule("supabase-token", Kind::AccessToken, "sbp_", tail(Hex, 40, 40)),
        rule("supabase-secret-key", Kind::AccessToken, "sb_secret_", tail(Url, 22, 64)),
    ],
    named: &[
        named("cloudflare-api-token", &["cloudflare"], Shape::Run(Url, 37, 45)),
        named("cloudflare-global-key", &["cloudflare"], Shape::Run(Hex, 32, 37)),
        named("hetzner-token", &["hcloud", "hetzner"], Shape::Run(Alphanumeric, 64, 64)),
        named("linode-token", &["linode"], Shape::Run(Hex, 64, 64)),
        named("vultr-api-key", &["vultr"], Shape::Run(Alphanumeric, 36, 36)),
        named("scaleway-secret-key", &["scaleway"], Shape::Uuid),
        named("ibm-cloud-api-key", &["ibm", "ibmcloud", "bluemix"], Shape::Run(Url, 42, 44)),
        named("ovh-secret", &["ovh"], Shape::Run(Alphanumeric, 32, 32)),
        named("fastly-api-token", &["fastly"], Shape::Run(Url, 32, 32)),
        named("oracle-cloud-token", &["oci", "oracle"], Shape::Run(Graphic, 20, 20)),
    ],
};
