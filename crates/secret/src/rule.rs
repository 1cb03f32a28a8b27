//! The table of recognisable forms.

use super::SecretKind as Kind;
use super::form::Alphabet::{Alphanumeric, Base32, Base64, Dotted, Hex, Letters, Url, Word};
use super::form::{self, Form, tail};

/// A text that announces a credential and the form of what follows.
pub(super) struct Rule {
    pub(super) kind: Kind,
    /// The literal every credential of this form contains, at least three bytes; `#` stands for a
    /// hexadecimal digit and only at the first or last place.
    pub(super) needle: &'static str,
    pub(super) form: Form,
}

impl Rule {
    /// Whether the needle stands at the beginning of `text`.
    pub(super) fn needle_begins(&self, text: &[u8]) -> bool {
        text.len() >= self.needle.len()
            && self.needle.bytes().zip(text).all(|(expected, seen)| match expected {
                ANY_HEX => seen.is_ascii_hexdigit(),
                _ => expected == *seen,
            })
    }
}

/// Stands for any hexadecimal digit in a needle.
pub(super) const ANY_HEX: u8 = b'#';

const fn rule(kind: Kind, needle: &'static str, form: Form) -> Rule {
    Rule { kind, needle, form }
}

/// The longest token of a vendor that states no upper length.
const OPEN: usize = 512;

/// Needle, then alphabet, shortest and longest length of the part behind the needle.
///
/// Prefixes and lengths: gitleaks `config/gitleaks.toml` at 009e025a, except where a comment
/// names another source.
pub(super) const RULES: &[Rule] = &[
    rule(Kind::AwsAccessKey, "AKIA", tail(Base32, 16, 16)),
    rule(Kind::AwsAccessKey, "ASIA", tail(Base32, 16, 16)),
    rule(Kind::AwsAccessKey, "ABIA", tail(Base32, 16, 16)),
    rule(Kind::AwsAccessKey, "ACCA", tail(Base32, 16, 16)),
    rule(Kind::GitHubToken, "ghp_", tail(Alphanumeric, 36, 255)),
    rule(Kind::GitHubToken, "gho_", tail(Alphanumeric, 36, 255)),
    rule(Kind::GitHubToken, "ghu_", tail(Alphanumeric, 36, 255)),
    rule(Kind::GitHubToken, "ghs_", tail(Alphanumeric, 36, 255)),
    rule(Kind::GitHubToken, "ghr_", tail(Alphanumeric, 36, 255)),
    rule(Kind::GitHubToken, "github_pat_", tail(Word, 82, 255)),
    rule(Kind::GitLabToken, "glpat-", tail(Dotted, 20, 320)),
    rule(Kind::GitLabToken, "glrt-", tail(Dotted, 20, 320)),
    rule(Kind::GitLabToken, "gldt-", tail(Url, 20, 64)),
    rule(Kind::GitLabToken, "glft-", tail(Url, 20, 64)),
    rule(Kind::GitLabToken, "glffct-", tail(Url, 20, 64)),
    rule(Kind::GitLabToken, "glimt-", tail(Url, 25, 64)),
    rule(Kind::GitLabToken, "glagent-", tail(Url, 50, 128)),
    rule(Kind::GitLabToken, "gloas-", tail(Url, 64, 128)),
    rule(Kind::GitLabToken, "glptt-", tail(Hex, 40, 40)),
    rule(Kind::GitLabToken, "glsoat-", tail(Url, 20, 64)),
    rule(Kind::GitLabToken, "glcbt-", tail(Url, 22, 64)),
    rule(Kind::GitLabToken, "GR1348941", tail(Url, 20, 20)),
    rule(Kind::SlackToken, "xoxb-", tail(Url, 24, 128)),
    rule(Kind::SlackToken, "xoxp-", tail(Url, 40, 128)),
    rule(Kind::SlackToken, "xoxe-", tail(Url, 40, 200)),
    rule(Kind::SlackToken, "xoxa-", tail(Url, 20, 64)),
    rule(Kind::SlackToken, "xoxr-", tail(Url, 20, 64)),
    rule(Kind::SlackToken, "xoxs-", tail(Url, 24, 128)),
    rule(Kind::SlackToken, "xoxo-", tail(Url, 24, 128)),
    rule(Kind::SlackToken, "xapp-", tail(Url, 40, 200)),
    rule(Kind::SlackWebhook, "hooks.slack.com/services/", tail(Base64, 43, 56)),
    rule(Kind::SlackWebhook, "hooks.slack.com/workflows/", tail(Base64, 43, 80)),
    rule(Kind::SlackWebhook, "hooks.slack.com/triggers/", tail(Base64, 43, 80)),
    // https://discord.com/developers/docs/resources/webhook: numeric id, then the token.
    rule(Kind::DiscordWebhook, "discord.com/api/webhooks/", Form::Custom(form::discord_webhook)),
    rule(Kind::DiscordWebhook, "discordapp.com/api/webhooks/", Form::Custom(form::discord_webhook)),
    rule(Kind::TeamsWebhook, ".webhook.office.com/webhookb2/", Form::Custom(form::teams_webhook)),
    rule(Kind::GoogleApiKey, "AIza", tail(Url, 35, 35)),
    rule(Kind::AzureStorageKey, "AccountKey=", tail(Base64, 86, 88)),
    // Service Bus and Event Hubs: 32 bytes in Base64.
    rule(Kind::AzureStorageKey, "SharedAccessKey=", tail(Base64, 43, 88)),
    rule(Kind::AzureSasSignature, "sig=", Form::Custom(form::azure_sas)),
    rule(Kind::AzureClientSecret, "#Q~", Form::Custom(form::azure_client_secret)),
    rule(Kind::StripeKey, "sk_live_", tail(Alphanumeric, 10, 128)),
    rule(Kind::StripeKey, "sk_test_", tail(Alphanumeric, 10, 128)),
    rule(Kind::StripeKey, "sk_prod_", tail(Alphanumeric, 10, 128)),
    rule(Kind::StripeKey, "rk_live_", tail(Alphanumeric, 10, 128)),
    rule(Kind::StripeKey, "rk_test_", tail(Alphanumeric, 10, 128)),
    rule(Kind::StripeKey, "rk_prod_", tail(Alphanumeric, 10, 128)),
    // https://docs.stripe.com/webhooks: signing secrets of endpoints.
    rule(Kind::StripeKey, "whsec_", tail(Base64, 32, 64)),
    rule(Kind::TwilioApiKey, "SK#", Form::Custom(form::twilio)),
    rule(Kind::SendGridApiKey, "SG.", tail(Dotted, 66, 66)),
    rule(Kind::SendinblueApiKey, "xkeysib-", tail(Url, 81, 81)),
    rule(Kind::NpmToken, "npm_", tail(Alphanumeric, 36, 36)),
    rule(Kind::PyPiToken, "pypi-AgEI", tail(Url, 50, 1000)),
    rule(Kind::RubyGemsToken, "rubygems_", tail(Hex, 48, 48)),
    // https://docs.docker.com/security/access-tokens/: personal and organisation tokens.
    rule(Kind::DockerHubToken, "dckr_pat_", tail(Url, 20, 64)),
    rule(Kind::DockerHubToken, "dckr_oat_", tail(Url, 20, 64)),
    rule(Kind::DigitalOceanToken, "dop_v1_", tail(Hex, 64, 64)),
    rule(Kind::DigitalOceanToken, "doo_v1_", tail(Hex, 64, 64)),
    rule(Kind::DigitalOceanToken, "dor_v1_", tail(Hex, 64, 64)),
    rule(Kind::VaultToken, "hvs.", tail(Url, 24, 300)),
    rule(Kind::VaultToken, "hvb.", tail(Url, 100, 400)),
    rule(Kind::VaultToken, "hvr.", tail(Url, 24, 300)),
    rule(Kind::TerraformToken, ".atlasv1.", Form::Custom(form::terraform)),
    rule(Kind::DatabricksToken, "dapi", tail(Hex, 32, 32)),
    rule(Kind::AnthropicApiKey, "sk-ant-api", tail(Url, 80, 128)),
    rule(Kind::AnthropicApiKey, "sk-ant-admin", tail(Url, 80, 128)),
    rule(Kind::AnthropicApiKey, "sk-ant-oat", tail(Url, 80, 128)),
    rule(Kind::OpenAiApiKey, "sk-proj-", tail(Url, 40, 200)),
    rule(Kind::OpenAiApiKey, "sk-svcacct-", tail(Url, 40, 200)),
    rule(Kind::OpenAiApiKey, "sk-admin-", tail(Url, 40, 200)),
    rule(Kind::OpenAiApiKey, "T3BlbkFJ", Form::Custom(form::openai)),
    rule(Kind::PerplexityApiKey, "pplx-", tail(Alphanumeric, 48, 48)),
    rule(Kind::HuggingFaceToken, "hf_", tail(Letters, 34, 34)),
    rule(Kind::HuggingFaceToken, "api_org_", tail(Letters, 34, 34)),
    rule(Kind::ShopifyToken, "shpat_", tail(Hex, 32, 32)),
    rule(Kind::ShopifyToken, "shpca_", tail(Hex, 32, 32)),
    rule(Kind::ShopifyToken, "shppa_", tail(Hex, 32, 32)),
    rule(Kind::ShopifyToken, "shpss_", tail(Hex, 32, 32)),
    rule(Kind::SquareToken, "sq0atp-", tail(Url, 22, 60)),
    rule(Kind::SquareToken, "sq0csp-", tail(Url, 43, 60)),
    rule(Kind::SquareToken, "EAAA", tail(Url, 60, 60)),
    rule(Kind::TelegramBotToken, ":AA", Form::Custom(form::telegram)),
    rule(Kind::GrafanaToken, "glc_", tail(Base64, 32, 400)),
    rule(Kind::GrafanaToken, "glsa_", tail(Word, 41, 41)),
    rule(Kind::GrafanaToken, "eyJrIjoi", tail(Base64, 70, 400)),
    rule(Kind::NewRelicKey, "NRAK-", tail(Alphanumeric, 27, 27)),
    rule(Kind::NewRelicKey, "NRII-", tail(Url, 32, 32)),
    rule(Kind::LinearApiKey, "lin_api_", tail(Alphanumeric, 40, 40)),
    rule(Kind::NotionToken, "ntn_", tail(Alphanumeric, 46, 46)),
    rule(Kind::PostmanApiKey, "PMAK-", tail(Url, 59, 59)),
    rule(Kind::AgeSecretKey, "AGE-SECRET-KEY-1", tail(Alphanumeric, 58, 58)),
    rule(Kind::AlibabaAccessKey, "LTAI", tail(Alphanumeric, 20, 20)),
    rule(Kind::ArtifactoryToken, "AKCp", tail(Alphanumeric, 69, 69)),
    rule(Kind::ArtifactoryToken, "cmVmd", tail(Alphanumeric, 59, 59)),
    rule(Kind::AtlassianToken, "ATATT3", tail(Dotted, 150, 200)),
    rule(Kind::DopplerToken, "dp.pt.", tail(Alphanumeric, 43, 43)),
    rule(Kind::DynatraceToken, "dt0c01.", tail(Dotted, 89, 89)),
    rule(Kind::FlyToken, "fo1_", tail(Url, 43, 43)),
    rule(Kind::FlyToken, "fm2_", tail(Base64, 100, OPEN)),
    rule(Kind::HerokuApiKey, "HRKU-AA", tail(Url, 58, 58)),
    rule(Kind::OnePasswordToken, "ops_eyJ", tail(Base64, 250, 2048)),
    rule(Kind::OpenShiftToken, "sha256~", tail(Url, 43, 43)),
    rule(Kind::PlanetScaleToken, "pscale_tkn_", tail(Dotted, 32, 64)),
    rule(Kind::PlanetScaleToken, "pscale_pw_", tail(Dotted, 32, 64)),
    rule(Kind::PlanetScaleToken, "pscale_oauth_", tail(Dotted, 32, 64)),
    rule(Kind::PulumiToken, "pul-", tail(Hex, 40, 40)),
    rule(Kind::SentryToken, "sntrys_", tail(Base64, 80, OPEN)),
    rule(Kind::SentryToken, "sntryu_", tail(Hex, 64, 64)),
    rule(Kind::PrivateKey, "-----BEGIN ", Form::Custom(form::pem_private_key)),
    rule(Kind::PrivateKey, "LS0tLS1CRUdJTi", Form::Custom(form::encoded_private_key)),
    rule(Kind::Jwt, "eyJ", Form::Custom(form::jwt)),
    rule(Kind::RegistryAuth, "\"auth\"", Form::Custom(form::registry_auth)),
    rule(Kind::ConnectionString, "://", Form::Custom(form::url_password)),
];
