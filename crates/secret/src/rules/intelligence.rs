//! Rules: model services. The pages say what each finds.

use crate::SecretKind as Kind;
use crate::form::Alphabet::{Alphanumeric, Hex, Letters, Url, Word};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, tail};
use crate::rule::{Family, Shape, named, rule};
use crate::token;

pub(super) const MODEL_SERVICES: Family = Family {
    id: "model-services",
    page: include_str!("../pages/model-services.md"),
    rules: &[
        rule("anthropic-api-key", Kind::AnthropicApiKey, "sk-ant-api", tail(Url, 80, 128)),
        rule("anthropic-admin-key", Kind::AnthropicApiKey, "sk-ant-admin", tail(Url, 80, 128)),
        rule("anthropic-oauth-token", Kind::AnthropicApiKey, "sk-ant-oat", tail(Url, 80, 128)),
        rule("openai-project-key", Kind::OpenAiApiKey, "sk-proj-", tail(Url, 40, 200)),
        rule("openai-service-key", Kind::OpenAiApiKey, "sk-svcacct-", tail(Url, 40, 200)),
        rule("openai-admin-key", Kind::OpenAiApiKey, "sk-admin-", tail(Url, 40, 200)),
        rule("openai-user-key", Kind::OpenAiApiKey, "T3BlbkFJ", Form::Custom(token::openai)),
        rule("perplexity-api-key", Kind::PerplexityApiKey, "pplx-", tail(Alphanumeric, 48, 48)),
        rule("hugging-face-token", Kind::HuggingFaceToken, "hf_", tail(Letters, 34, 34)),
        rule(
            "hugging-face-organization-token",
            Kind::HuggingFaceToken,
            "api_org_",
            tail(Letters, 34, 34),
        ),
        rule("groq-api-key", Kind::AccessToken, "gsk_", tail(Alphanumeric, 52, 52)),
        rule("replicate-token", Kind::AccessToken, "r8_", tail(Alphanumeric, 37, 37)),
        rule("xai-api-key", Kind::AccessToken, "xai-", tail(Alphanumeric, 80, 80)),
        rule("cerebras-api-key", Kind::AccessToken, "csk-", tail(Alphanumeric, 48, 48)),
        rule("openrouter-key", Kind::AccessToken, "sk-or-v1-", tail(Hex, 64, 64)),
        rule(
            "langsmith-personal-key",
            Kind::AccessToken,
            "lsv2_pt_",
            Form::Pieces(&[Run(Hex, 32, 32), Text("_"), Run(Hex, 10, 10)]),
        ),
        rule(
            "langsmith-service-key",
            Kind::AccessToken,
            "lsv2_sk_",
            Form::Pieces(&[Run(Hex, 32, 32), Text("_"), Run(Hex, 10, 10)]),
        ),
        rule("nvidia-api-key", Kind::AccessToken, "nvapi-", tail(Url, 64, 64)),
        rule("together-api-key", Kind::AccessToken, "tgp_v1_", tail(Url, 43, 43)),
        rule("elevenlabs-api-key", Kind::AccessToken, "sk_", tail(Hex, 48, 48)),
        rule("pinecone-api-key", Kind::AccessToken, "pcsk_", tail(Word, 60, 80)),
        rule("firecrawl-api-key", Kind::AccessToken, "fc-", tail(Hex, 32, 32)),
        rule("tavily-api-key", Kind::AccessToken, "tvly-", tail(Url, 32, 48)),
        rule("jina-api-key", Kind::AccessToken, "jina_", tail(Alphanumeric, 60, 60)),
        rule("apify-token", Kind::AccessToken, "apify_api_", tail(Alphanumeric, 36, 36)),
    ],
    named: &[
        named("cohere-api-key", &["cohere", "co"], Shape::Run(Alphanumeric, 40, 40)),
        named("mistral-api-key", &["mistral"], Shape::Run(Alphanumeric, 32, 32)),
        named("deepseek-api-key", &["deepseek"], Shape::Run(Url, 35, 35)),
        named("wandb-api-key", &["wandb"], Shape::Run(Hex, 40, 40)),
        named("assemblyai-api-key", &["assemblyai"], Shape::Run(Hex, 32, 32)),
        named("privateai-key", &["privateai"], Shape::Run(Alphanumeric, 32, 32)),
    ],
};
