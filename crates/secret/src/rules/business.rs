//! Rules: payment, commerce, work. The pages say what each finds.

use crate::SecretKind as Kind;
use crate::form::Alphabet::{Alphanumeric, Base64, Digits, Dotted, Graphic, Hex, Upper, Url, Word};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, UUID, tail};
use crate::rule::{Family, Shape, named, rule};
use crate::token;

pub(super) const PAYMENT: Family = Family {
    id: "payment",
    page: include_str!("../pages/payment.md"),
    rules: &[
        rule("stripe-live-key", Kind::StripeKey, "sk_live_", tail(Alphanumeric, 10, 128)),
        rule("stripe-test-key", Kind::StripeKey, "sk_test_", tail(Alphanumeric, 10, 128)),
        rule("stripe-production-key", Kind::StripeKey, "sk_prod_", tail(Alphanumeric, 10, 128)),
        rule(
            "stripe-restricted-live-key",
            Kind::StripeKey,
            "rk_live_",
            tail(Alphanumeric, 10, 128),
        ),
        rule(
            "stripe-restricted-test-key",
            Kind::StripeKey,
            "rk_test_",
            tail(Alphanumeric, 10, 128),
        ),
        rule(
            "stripe-restricted-production-key",
            Kind::StripeKey,
            "rk_prod_",
            tail(Alphanumeric, 10, 128),
        ),
        rule("stripe-webhook-secret", Kind::StripeKey, "whsec_", tail(Base64, 32, 64)),
        rule("square-access-token", Kind::SquareToken, "sq0atp-", tail(Url, 22, 60)),
        rule("square-oauth-secret", Kind::SquareToken, "sq0csp-", tail(Url, 43, 60)),
        rule("square-personal-token", Kind::SquareToken, "EAAA", tail(Url, 60, 60)),
        rule(
            "flutterwave-secret-key",
            Kind::AccessToken,
            "FLWSECK",
            Form::Custom(token::flutterwave),
        ),
        rule(
            "braintree-access-token",
            Kind::AccessToken,
            "access_token$production$",
            Form::Pieces(&[Run(Alphanumeric, 16, 16), Text("$"), Run(Hex, 32, 32)]),
        ),
    ],
    named: &[
        named("gocardless-token", &["gocardless"], Shape::Run(Url, 40, 50)),
        named("lob-api-key", &["lob"], Shape::Run(Word, 36, 44)),
        named("plaid-secret", &["plaid"], Shape::Run(Hex, 30, 30)),
        named("coinbase-secret", &["coinbase"], Shape::Run(Url, 64, 64)),
        named("kraken-key", &["kraken"], Shape::Run(Base64, 80, 90)),
        named("kucoin-key", &["kucoin"], Shape::Uuid),
        named("bittrex-key", &["bittrex"], Shape::Run(Hex, 32, 32)),
        named("finnhub-token", &["finnhub"], Shape::Run(Alphanumeric, 20, 20)),
        named("finicity-token", &["finicity"], Shape::Run(Hex, 32, 32)),
    ],
};

pub(super) const COMMERCE: Family = Family {
    id: "commerce",
    page: include_str!("../pages/commerce.md"),
    rules: &[
        rule("shopify-access-token", Kind::ShopifyToken, "shpat_", tail(Hex, 32, 32)),
        rule("shopify-custom-token", Kind::ShopifyToken, "shpca_", tail(Hex, 32, 32)),
        rule("shopify-private-token", Kind::ShopifyToken, "shppa_", tail(Hex, 32, 32)),
        rule("shopify-shared-secret", Kind::ShopifyToken, "shpss_", tail(Hex, 32, 32)),
        rule("easypost-live-key", Kind::AccessToken, "EZAK", tail(Alphanumeric, 54, 54)),
        rule("easypost-test-key", Kind::AccessToken, "EZTK", tail(Alphanumeric, 54, 54)),
        rule("shippo-live-token", Kind::AccessToken, "shippo_live_", tail(Hex, 40, 40)),
        rule("shippo-test-token", Kind::AccessToken, "shippo_test_", tail(Hex, 40, 40)),
        rule("duffel-live-token", Kind::AccessToken, "duffel_live_", tail(Url, 43, 43)),
        rule("duffel-test-token", Kind::AccessToken, "duffel_test_", tail(Url, 43, 43)),
        rule("hubspot-token-na", Kind::AccessToken, "pat-na1-", Form::Pieces(UUID)),
        rule("hubspot-token-eu", Kind::AccessToken, "pat-eu1-", Form::Pieces(UUID)),
        rule("woocommerce-consumer-secret", Kind::AccessToken, "cs_", tail(Hex, 40, 40)),
        rule(
            "zoho-token",
            Kind::AccessToken,
            "1000.",
            Form::Pieces(&[Run(Hex, 32, 32), Text("."), Run(Hex, 32, 32)]),
        ),
        rule("typeform-token", Kind::AccessToken, "tfp_", tail(Dotted, 59, 59)),
    ],
    named: &[
        named("hubspot-key", &["hubspot"], Shape::Uuid),
        named("etsy-token", &["etsy"], Shape::Run(Alphanumeric, 24, 24)),
        named("squarespace-token", &["squarespace"], Shape::Uuid),
        named("zendesk-token", &["zendesk"], Shape::Run(Alphanumeric, 40, 40)),
        named("freshbooks-token", &["freshbooks"], Shape::Run(Hex, 64, 64)),
        named("amplitude-secret", &["amplitude"], Shape::Run(Hex, 32, 32)),
        named("beamer-token", &["beamer"], Shape::Run(Dotted, 44, 46)),
        named("algolia-api-key", &["algolia"], Shape::Run(Hex, 32, 32)),
        named("adafruit-key", &["adafruit"], Shape::Run(Url, 32, 32)),
        named("freemius-secret", &["freemius"], Shape::Run(Graphic, 32, 32)),
    ],
};

pub(super) const WORK: Family = Family {
    id: "work",
    page: include_str!("../pages/work.md"),
    rules: &[
        rule("notion-token", Kind::NotionToken, "ntn_", tail(Alphanumeric, 46, 46)),
        rule("notion-token-old", Kind::NotionToken, "secret_", tail(Alphanumeric, 43, 43)),
        rule("linear-api-key", Kind::LinearApiKey, "lin_api_", tail(Alphanumeric, 40, 40)),
        rule("linear-oauth-token", Kind::LinearApiKey, "lin_oauth_", tail(Hex, 64, 64)),
        rule(
            "airtable-token",
            Kind::AccessToken,
            "pat",
            Form::Pieces(&[Run(Alphanumeric, 14, 14), Text("."), Run(Hex, 64, 64)]),
        ),
        rule(
            "asana-token",
            Kind::AccessToken,
            "2/1",
            Form::Pieces(&[
                Run(Digits, 14, 16),
                Text("/"),
                Run(Digits, 15, 17),
                Text(":"),
                Run(Hex, 32, 32),
            ]),
        ),
        rule("figma-token", Kind::AccessToken, "figd_", tail(Url, 40, 44)),
        rule("postman-api-key", Kind::PostmanApiKey, "PMAK-", tail(Url, 59, 59)),
        rule("postman-collection-key", Kind::PostmanApiKey, "PMAT-", tail(Upper, 26, 26)),
        rule("readme-api-key", Kind::AccessToken, "rdme_", tail(Alphanumeric, 70, 70)),
        rule("dropbox-token", Kind::AccessToken, "sl.", tail(Url, 130, 1500)),
        rule("contentful-token", Kind::AccessToken, "CFPAT-", tail(Url, 43, 43)),
        rule("frame-io-token", Kind::AccessToken, "fio-u-", tail(Url, 64, 64)),
        rule("wakatime-key", Kind::AccessToken, "waka_", Form::Pieces(UUID)),
        rule("adobe-client-secret", Kind::AccessToken, "p8e-", tail(Alphanumeric, 32, 32)),
        rule("intra42-secret", Kind::AccessToken, "s-s4t2ud-", tail(Hex, 64, 64)),
    ],
    named: &[
        named("asana-secret", &["asana"], Shape::Run(Alphanumeric, 32, 32)),
        named("airtable-key", &["airtable"], Shape::Run(Alphanumeric, 17, 17)),
        named("contentful-key", &["contentful"], Shape::Run(Url, 43, 43)),
        named("dropbox-secret", &["dropbox"], Shape::Run(Alphanumeric, 15, 15)),
        named("looker-secret", &["looker"], Shape::Run(Alphanumeric, 20, 24)),
        named("linkedin-secret", &["linkedin"], Shape::Run(Alphanumeric, 14, 16)),
        named("facebook-secret", &["facebook", "fb"], Shape::Run(Hex, 32, 32)),
        named("twitter-secret", &["twitter"], Shape::Run(Alphanumeric, 45, 50)),
        named("twitch-secret", &["twitch"], Shape::Run(Alphanumeric, 30, 30)),
        named("flickr-key", &["flickr"], Shape::Run(Hex, 32, 32)),
        named("nytimes-key", &["nytimes"], Shape::Run(Url, 32, 32)),
        named("rapidapi-key", &["rapidapi"], Shape::Run(Url, 50, 50)),
        named("cisco-meraki-key", &["meraki"], Shape::Run(Hex, 40, 40)),
    ],
};
