//! Rules: chat, mail. The pages say what each finds.

use crate::SecretKind as Kind;
use crate::form::Alphabet::{Alphanumeric, Base64, Digits, Dotted, Hex, Percent, Url};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, around, tail};
use crate::rule::{Family, Shape, named, rule};
use crate::token;

pub(super) const CHAT: Family = Family {
    id: "chat",
    page: include_str!("../pages/chat.md"),
    rules: &[
        rule("slack-bot-token", Kind::SlackToken, "xoxb-", tail(Url, 24, 128)),
        rule("slack-user-token", Kind::SlackToken, "xoxp-", tail(Url, 40, 128)),
        rule("slack-configuration-token", Kind::SlackToken, "xoxe-", tail(Url, 40, 200)),
        rule("slack-workspace-token", Kind::SlackToken, "xoxa-", tail(Url, 8, 64)),
        rule("slack-refresh-token", Kind::SlackToken, "xoxr-", tail(Url, 8, 64)),
        rule("slack-legacy-token", Kind::SlackToken, "xoxs-", tail(Url, 24, 128)),
        rule("slack-legacy-user-token", Kind::SlackToken, "xoxo-", tail(Url, 24, 128)),
        rule("slack-session-token", Kind::SlackToken, "xoxc-", tail(Url, 40, 200)),
        rule("slack-session-cookie", Kind::SlackToken, "xoxd-", tail(Percent, 60, 400)),
        rule("slack-app-token", Kind::SlackToken, "xapp-", tail(Url, 40, 200)),
        rule(
            "slack-service-webhook",
            Kind::SlackWebhook,
            "hooks.slack.com/services/",
            tail(Base64, 43, 56),
        ),
        rule(
            "slack-workflow-webhook",
            Kind::SlackWebhook,
            "hooks.slack.com/workflows/",
            tail(Base64, 43, 80),
        ),
        rule(
            "slack-trigger-webhook",
            Kind::SlackWebhook,
            "hooks.slack.com/triggers/",
            tail(Base64, 43, 80),
        ),
        rule(
            "discord-webhook",
            Kind::DiscordWebhook,
            "discord.com/api/webhooks/",
            Form::Custom(token::discord_webhook),
        ),
        rule(
            "discord-webhook-old",
            Kind::DiscordWebhook,
            "discordapp.com/api/webhooks/",
            Form::Custom(token::discord_webhook),
        ),
        rule(
            "teams-webhook",
            Kind::TeamsWebhook,
            ".webhook.office.com/webhookb2/",
            Form::Custom(token::teams_webhook),
        ),
        rule("telegram-bot-token", Kind::TelegramBotToken, ":AA", Form::Custom(token::telegram)),
    ],
    named: &[
        named("discord-token", &["discord"], Shape::Run(Dotted, 59, 80)),
        named("mattermost-token", &["mattermost"], Shape::Run(Alphanumeric, 26, 26)),
        named("gitter-token", &["gitter"], Shape::Run(Url, 40, 40)),
    ],
};

pub(super) const MAIL: Family = Family {
    id: "mail",
    page: include_str!("../pages/mail.md"),
    rules: &[
        rule("sendgrid-api-key", Kind::SendGridApiKey, "SG.", tail(Dotted, 66, 66)),
        rule("brevo-api-key", Kind::SendinblueApiKey, "xkeysib-", tail(Url, 81, 81)),
        rule("brevo-smtp-key", Kind::SendinblueApiKey, "xsmtpsib-", tail(Url, 81, 81)),
        rule("mailgun-key", Kind::AccessToken, "key-", tail(Hex, 32, 32)),
        rule("mailersend-token", Kind::AccessToken, "mlsn.", tail(Hex, 64, 64)),
        rule("mailchimp-api-key", Kind::AccessToken, "-us", around((Hex, 32, 32), (Digits, 1, 2))),
        rule(
            "resend-api-key",
            Kind::AccessToken,
            "re_",
            Form::Pieces(&[Run(Alphanumeric, 8, 8), Text("_"), Run(Alphanumeric, 24, 24)]),
        ),
        rule("twilio-api-key", Kind::TwilioApiKey, "SK#", Form::Custom(token::twilio)),
    ],
    named: &[
        named("twilio-auth-token", &["twilio"], Shape::Run(Hex, 32, 32)),
        named("mailgun-signing-key", &["mailgun"], Shape::Run(Dotted, 32, 50)),
        named("messagebird-token", &["messagebird"], Shape::Run(Alphanumeric, 25, 25)),
        named("mailjet-key", &["mailjet"], Shape::Run(Hex, 32, 32)),
        named("sendbird-token", &["sendbird"], Shape::Run(Hex, 40, 40)),
        named("intercom-token", &["intercom"], Shape::Run(Base64, 60, 60)),
        named("plivo-token", &["plivo"], Shape::Run(Base64, 40, 60)),
    ],
};
