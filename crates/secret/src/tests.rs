//! Tables of credentials and of texts that only look like one.
//!
//! Tokens are put together at run time: the repository holds no text that a scanner or a vendor
//! could take for a live credential.

use super::scan::{RULES, hits_per_million};
use super::{
    MATCHES_MAX, Match, Scanner, SecretKind as Kind, assigned, find, find_all, find_encoded, named,
};

/// Letters and digits without a pattern, the same on every run.
fn random(alphabet: &str, length: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64 ^ length as u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        letters[(state >> 11) as usize % letters.len()]
    };
    (0..length).map(|_| next()).collect()
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn encode(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
            encoded.push(if at > chunk.len() { '=' } else { digit });
        }
    }
    encoded
}

fn jwt_of(claims: &str) -> String {
    let header = encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = encode(claims);
    let part = |text: &str| text.trim_end_matches('=').to_owned();
    format!("{}.{}.{}", part(&header), part(&claims), random(ALNUM, 43))
}

fn pem(label: &str, breaks: &str) -> String {
    let lines = [random(ALNUM, 64), random(ALNUM, 64), random(ALNUM, 20)].join(breaks);
    format!("-----BEGIN {label}-----{breaks}{lines}{breaks}-----END {label}-----")
}

/// Tokens whose whole text is the match.
fn tokens() -> Vec<(Kind, String)> {
    let alnum = |prefix: &str, length| format!("{prefix}{}", random(ALNUM, length));
    let hex = |prefix: &str, length| format!("{prefix}{}", random(HEX, length));
    vec![
        (Kind::AwsAccessKey, format!("AKIA{}", random(BASE32, 16))),
        (Kind::AwsAccessKey, format!("ASIA{}", random(BASE32, 16))),
        (Kind::GitHubToken, alnum("ghp_", 36)),
        (Kind::GitHubToken, alnum("github_pat_", 82)),
        (Kind::GitLabToken, alnum("glpat-", 20)),
        (Kind::GitLabToken, alnum("glrt-", 20)),
        (Kind::SlackToken, format!("{}-1234509876-9876501234-{}", "xoxb", random(ALNUM, 24))),
        (Kind::SlackToken, format!("xapp-1-A0B1C2D3E4-9876501234-{}", random(HEX, 64))),
        (Kind::GoogleApiKey, alnum("AIza", 35)),
        (Kind::AzureClientSecret, format!("aB38Q~{}", random(ALNUM, 34))),
        (Kind::StripeKey, alnum("sk_live_", 24)),
        (Kind::StripeKey, alnum("rk_live_", 24)),
        (Kind::TwilioApiKey, hex("SK", 32)),
        (Kind::SendGridApiKey, format!("SG.{}.{}", random(ALNUM, 22), random(ALNUM, 43))),
        (Kind::NpmToken, alnum("npm_", 36)),
        (Kind::PyPiToken, alnum("pypi-AgEIcHlwaS5vcmc", 80)),
        (Kind::DockerHubToken, alnum("dckr_pat_", 27)),
        (Kind::DigitalOceanToken, hex("dop_v1_", 64)),
        (Kind::VaultToken, alnum("hvs.", 95)),
        (Kind::VaultToken, alnum("hvb.", 150)),
        (Kind::TerraformToken, format!("{}.atlasv1.{}", random(ALNUM, 14), random(ALNUM, 67))),
        (Kind::DatabricksToken, hex("dapi", 32)),
        (Kind::AnthropicApiKey, alnum("sk-ant-api03-", 95)),
        (Kind::OpenAiApiKey, alnum("sk-proj-", 74)),
        (Kind::OpenAiApiKey, format!("sk-{}T3BlbkFJ{}", random(ALNUM, 20), random(ALNUM, 20))),
        (Kind::HuggingFaceToken, format!("hf_{}", random(LETTERS, 34))),
        (Kind::ShopifyToken, hex("shpat_", 32)),
        (Kind::SquareToken, alnum("sq0atp-", 22)),
        (Kind::TelegramBotToken, format!("123456789:AA{}", random(ALNUM, 33))),
        (Kind::GrafanaToken, alnum("glc_", 60)),
        (Kind::GrafanaToken, format!("glsa_{}_{}", random(ALNUM, 32), random(HEX, 8))),
        (Kind::NewRelicKey, alnum("NRAK-", 27)),
        (Kind::LinearApiKey, alnum("lin_api_", 40)),
        (Kind::NotionToken, alnum("ntn_", 46)),
        (Kind::PostmanApiKey, format!("PMAK-{}-{}", random(HEX, 24), random(HEX, 34))),
        (Kind::AgeSecretKey, format!("AGE-SECRET-KEY-1{}", random(BASE32, 58))),
        (Kind::OpenShiftToken, alnum("sha256~", 43)),
        (Kind::PulumiToken, hex("pul-", 40)),
        (Kind::Jwt, jwt_of(r#"{"sub":"alice","iss":"shop"}"#)),
        (Kind::ServiceAccountToken, jwt_of(r#"{"iss":"kubernetes/serviceaccount","sub":"a"}"#)),
        (Kind::PrivateKey, pem("PRIVATE KEY", "\n")),
        (Kind::PrivateKey, pem("RSA PRIVATE KEY", "\\n")),
        (Kind::PrivateKey, pem("OPENSSH PRIVATE KEY", "\n  ")),
        (Kind::PrivateKey, pem("EC PRIVATE KEY", "\n")),
        (Kind::PrivateKey, pem("ENCRYPTED PRIVATE KEY", "\n")),
        (Kind::PrivateKey, pem("PGP PRIVATE KEY BLOCK", "\n")),
        (Kind::PrivateKey, encode(&pem("PRIVATE KEY", "\n"))),
    ]
}

#[test]
fn tokens_are_found_alone_and_between_words() {
    for (kind, token) in tokens() {
        let alone = find(&token).unwrap_or_else(|| panic!("{} is not found", kind.name()));
        assert_eq!(alone, Match { kind, start: 0, end: token.len() });
        for (before, behind) in [("token is \"", "\" ü"), ("ä=", "\n"), ("(", ")"), (" ", " ")] {
            let text = format!("{before}{token}{behind}");
            let start = before.len();
            assert_eq!(find_all(&text), [Match { kind, start, end: start + token.len() }]);
        }
    }
}

#[test]
fn a_token_inside_a_longer_word_is_none() {
    for (kind, token) in tokens() {
        if !matches!(kind, Kind::PrivateKey | Kind::TelegramBotToken) {
            assert_eq!(find(&format!("a{token}")), None, "{} behind a letter", kind.name());
        }
    }
}

/// Texts around a secret part: before, secret, behind.
fn surrounded() -> Vec<(Kind, &'static str, String, &'static str)> {
    let base64 = format!("{}==", random(ALNUM, 86));
    let signature = format!("{}%3D", random(ALNUM, 43));
    let login = encode("robot:hunter-2-really");
    vec![
        (Kind::AzureStorageKey, "AccountName=a;AccountKey=", base64, ";EndpointSuffix=x"),
        (Kind::AzureSasSignature, "https://a.blob/?sv=2024-01-01&se=9&sig=", signature, ""),
        (Kind::SlackWebhook, "https://", webhook("hooks.slack.com/services/"), ""),
        (Kind::RegistryAuth, r#"{"auths":{"ghcr.io":{"auth": ""#, login, "\"}}}"),
        (Kind::ConnectionString, "postgres://shop:", "tr0ub4dor".into(), "@db:5432/shop"),
        (Kind::ConnectionString, "redis://:", "tr0ub4dor".into(), "@redis:6379"),
        (Kind::ConnectionString, "mongodb+srv://a:", "p%40ss".into(), "@m.example.net/?x=y"),
        (Kind::BasicAuthUrl, "git clone https://bot:", "s3cr3t".into(), "@git.acme.io/a.git"),
        (
            Kind::GcpServiceAccountKey,
            r#"{"type": "service_account", "private_key": ""#,
            pem("PRIVATE KEY", "\\n"),
            "\\n\"}",
        ),
    ]
}

fn webhook(prefix: &str) -> String {
    let (team, channel, key) = (random(BASE32, 10), random(BASE32, 11), random(ALNUM, 24));
    format!("{prefix}T{team}/B{channel}/{key}")
}

#[test]
fn the_secret_part_of_a_larger_text_is_found() {
    for (kind, before, secret, behind) in surrounded() {
        let text = format!("{before}{secret}{behind}");
        let expected = Match { kind, start: before.len(), end: before.len() + secret.len() };
        assert_eq!(find(&text), Some(expected), "{}", kind.name());
    }
}

#[test]
fn harmless_texts_are_not_found() {
    let digest = format!("nginx@sha256:{}", random(HEX, 64));
    let certificate = pem("CERTIFICATE", "\n");
    let public = pem("PUBLIC KEY", "\n");
    let example = format!("AKIA{}", "IOSFODNN7EXAMPLE");
    let filler = format!("ghp_{}", "x".repeat(36));
    let too_short = format!("ghp_{}", random(ALNUM, 20));
    let encoded_certificate = encode(&certificate);
    let sketch = format!("-----BEGIN {0}-----BODY-----END {0}-----", "RSA PRIVATE KEY");
    let texts = [
        &digest,
        &certificate,
        &public,
        &example,
        &filler,
        &too_short,
        &encoded_certificate,
        &sketch.replace("BODY", "\n...\n"),
        &sketch.replace("BODY", "\n<put your key here>\n"),
        sketch.split("BODY").next().unwrap(),
        "https://user:password@host/",
        "https://$(USER):$(PASSWORD)@host/",
        "postgres://shop:${DB_PASSWORD}@db/shop",
        "amqp://{{ .user }}:{{ .password }}@mq",
        "https://example.com:8080/path@2",
        "mailto://a@b",
        "ssh://git@github.com/acme/shop.git",
        "http://user:<password>@host",
        "https://user:xxxxx@host",
        "eyJhbGciOi.x.y",
        "the design of a signed url has a sig=value",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "disk_live_migration_of_a_virtual_machine",
        r#"{"auths":{"ghcr.io":{"auth": "Zm9v"}}}"#,
    ];
    for text in texts {
        assert_eq!(find(text), None, "{text}");
    }
}

#[test]
fn names_decide_about_values() {
    let key = random(ALNUM, 32);
    let aws = random(ALNUM, 40);
    let bearer = format!("Bearer {}", random(ALNUM, 40));
    let basic = format!("Basic {}", encode("robot:hunter-2-really"));
    let uuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let cases = [
        ("DB_PASSWORD", "hunter2", Kind::Password),
        ("POSTGRES_PASSWORD", "changeme", Kind::Password),
        ("PGPASSWORD", "postgres", Kind::Password),
        ("spring.datasource.password", "s3cr3t!", Kind::Password),
        ("adminPassword", "admin", Kind::Password),
        ("MYSQL_PWD", "root", Kind::Password),
        ("SMTP_PASS", "letmein", Kind::Password),
        ("REDIS_PASSWORD_1", "12345", Kind::Password),
        ("SOURCE_DB_PASSWORD", " padded ", Kind::Password),
        ("--keystore-passphrase", "correct-horse", Kind::Password),
        ("MINIO_SECRET_KEY", "minio123", Kind::Password),
        ("AWS_SECRET_ACCESS_KEY", &aws, Kind::AwsSecretKey),
        ("API_KEY", &key, Kind::HighEntropy),
        ("apikey", &key, Kind::HighEntropy),
        ("clientSecret", &key, Kind::HighEntropy),
        ("jwt-signing-key", &key, Kind::HighEntropy),
        ("--token", &key, Kind::HighEntropy),
        ("HEROKU_API_KEY", uuid, Kind::HighEntropy),
        ("Authorization", &bearer, Kind::AuthorizationHeader),
        ("authorization", &basic, Kind::AuthorizationHeader),
    ];
    for (name, value, kind) in cases {
        let found = named(name, value).unwrap_or_else(|| panic!("{name}={value} is not found"));
        assert_eq!(found.kind, kind, "{name}={value}");
        assert!(value.trim().ends_with(&value[found.start..found.end]), "{name}");
    }
    let padded = named("password", " ab1 ").expect("a padded password");
    assert_eq!((padded.start, padded.end), (1, 4));
}

#[test]
fn names_of_things_about_credentials_are_harmless() {
    let key = random(ALNUM, 32);
    let digest = format!("sha256:{}", random(HEX, 64));
    let example = format!("{}EXAMPLEKEY", random(ALNUM, 30));
    let cases = [
        ("PASSWORD_FILE", "hunter2"),
        ("TOKEN_PATH", "hunter2"),
        ("API_KEY_NAME", &key),
        ("secretName", &key),
        ("SECRET_REF", &key),
        ("existingSecret", &key),
        ("existingPassword", "hunter2"),
        ("publicKey", &key),
        ("TOKEN_TTL", "3600"),
        ("TOKEN", "3600"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("DB_PASSWORD_SECRET_NAME", "shop-db-credentials-v2"),
        ("passwordSecret", "shop-db-credentials-v2x9"),
        ("proxy_pass", "http://backend"),
        ("PWD", "/srv"),
        ("key", &key),
        ("monkey", &key),
        ("author", "alice1234567"),
        ("keyboard", "de-nodeadkeys"),
        ("DB_PASSWORD", "$(OTHER)"),
        ("DB_PASSWORD", "${OTHER}"),
        ("DB_PASSWORD", "{{ .Values.password }}"),
        ("DB_PASSWORD", "<your-password>"),
        ("DB_PASSWORD", "REPLACE_ME"),
        ("DB_PASSWORD", "your-password"),
        ("DB_PASSWORD", "xxxxx"),
        ("DB_PASSWORD", "****"),
        ("DB_PASSWORD", "example"),
        ("DB_PASSWORD", "null"),
        ("DB_PASSWORD", "true"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "/etc/secret/password"),
        ("DB_PASSWORD", "at least eight characters"),
        ("DB_PASSWORD", "vault:secret/data/db#password"),
        ("API_TOKEN", "my-service-token"),
        ("API_TOKEN", "https://issuer/token"),
        ("API_TOKEN", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ("API_TOKEN", &digest),
        ("secret", "istio-ingressgateway-certs"),
        ("AWS_SECRET_ACCESS_KEY", &example),
        ("auth", "none"),
        ("auth", "oauth2-proxy"),
        ("Authorization", "Bearer $(TOKEN)"),
        ("Authorization", "Bearer my-token"),
    ];
    for (name, value) in cases {
        assert_eq!(named(name, value), None, "{name}={value}");
    }
}

#[test]
fn assignments_in_larger_texts_are_found() {
    let key = random(ALNUM, 32);
    let bearer = format!("curl -H 'Authorization: Bearer {key}' https://api");
    let flag = format!("agent --verbose --api-key={key} --quiet");
    let json = format!(r#"{{"user": "a", "apiKey": "{key}"}}"#);
    let cases: [(&str, &[&str]); 14] = [
        ("DB_USER=shop\nDB_PASSWORD=hunter2\n# end", &["hunter2"]),
        ("export DB_PASSWORD='hunter2 '", &["hunter2"]),
        ("export DB_PASSWORD=\"hunter2\"; run", &["hunter2"]),
        ("spring.datasource.password = hunter2", &["hunter2"]),
        ("admin:\n  password: hunter2 # weak", &["hunter2"]),
        (&json, &[&key]),
        (r#"{\"password\": \"hunter2\"}"#, &["hunter2"]),
        (&flag, &[&key]),
        ("mysql --user root --password hunter2", &["hunter2"]),
        ("run --password --verbose", &[]),
        (&bearer, &[&key]),
        ("Server=db;User=sa;Password=Str0ng!;Encrypt=true", &["Str0ng!"]),
        ("password=a1 password=b2", &["a1", "b2"]),
        ("requirepass: ${REDIS}\nmasterauth: no", &[]),
    ];
    for (text, expected) in cases {
        let found: Vec<&str> = assigned(text).iter().map(|m| &text[m.start..m.end]).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn credentials_in_a_secrets_data_are_found_behind_base64() {
    for (kind, token) in tokens() {
        assert_eq!(find_encoded(&token), Some(kind));
        assert_eq!(find_encoded(&encode(&format!("{token}\n"))), Some(kind), "{}", kind.name());
    }
    let certificate = encode(&pem("CERTIFICATE", "\n"));
    for text in ["", "hunter2", "aHVudGVyMg==", "Zm9v!", "====", certificate.as_str()] {
        assert_eq!(find_encoded(text), None, "{text}");
    }
}

#[test]
fn results_are_bounded() {
    let token = format!("AKIA{} ", random(BASE32, 16));
    assert_eq!(find_all(&token.repeat(1000)).len(), MATCHES_MAX);
    assert_eq!(assigned(&"password=hunter2 ".repeat(1000)).len(), MATCHES_MAX);
}

/// Millions of steps for each byte would be days: what is not linear does not pass here.
#[test]
fn hostile_texts_come_to_an_end() {
    const PLAIN: &[&str] = &["a", "=", "-----BEGIN "];
    let parts = [
        "a",
        "=",
        "-",
        " ",
        ":",
        "\"",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ",
        " eyJaaaaaaaaaaaaaaaaaaaaaa.eyJaaaaaaaaaaaaaaaaa.",
        "://",
        "a://b:",
        "a://b:c@",
        "password=",
        "password=xxxxxxxx",
        "--a",
        " --password",
        "\"auth\":\"",
        "LS0tLS1CRUdJTi",
        "AKIA",
        "T3BlbkFJ",
        "sig=",
        "discord.com/api/webhooks/",
        ":AA",
        "8Q~",
        "Authorization: Bearer ",
        "\u{fffd}",
        "=LS0tLS1CRUdJTi",
        "=ZXlK",
        "\"kty\"",
        "{\"kty\":\"d\":",
        "PuTTY-User-Key-File-2 Private-Lines: ",
        "machine login password ",
        "curl -u ",
        "sshpass -p ",
        "\nkind: Secret\ndata:\n  a: b\n",
        "\n---\nkind: Secret\n",
        "$6$a$",
        "a>b=",
        "datadog=a1b2c3d4e5f6a7b8",
    ];
    for part in parts {
        let size = if PLAIN.contains(&part) { 10 << 20 } else { 2 << 20 };
        let text = part.repeat(size / part.len());
        let found = find_all(&text).len() + assigned(&text).len();
        named("password", &text);
        let mut scanner = Scanner::new();
        scanner.take(text.as_bytes(), &mut |_| {});
        let read = scanner.finish(&mut |_| {});
        assert_eq!(read.bytes, text.len() as u64, "{part:?}");
        assert!(found <= 2 * MATCHES_MAX, "{part:?}");
    }
}

#[test]
fn random_texts_give_ranges_on_character_boundaries() {
    let pieces: Vec<String> = RULES
        .iter()
        .map(|rule| rule.needle.replace('#', "8"))
        .chain(tokens().into_iter().map(|(_, token)| token))
        .chain(
            ["ä", "€", "😀", " ", "\n", "\\n", "=", ":", "@", "\"", "'", "-----", "password", "--"]
                .map(str::to_owned),
        )
        .collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as usize % limit
    };
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..below(8) {
            let piece = &pieces[below(pieces.len())];
            let cut = (0..=below(piece.len() + 1)).rev().find(|at| piece.is_char_boundary(*at));
            text.push_str(if below(3) == 0 { &piece[..cut.unwrap_or(0)] } else { piece });
        }
        let all = find_all(&text);
        assert_eq!(all.first().copied(), find(&text));
        assert!(all.windows(2).all(|pair| pair[0].end <= pair[1].start), "{text}");
        let named = named("password", &text);
        for found in all.into_iter().chain(assigned(&text)).chain(named) {
            assert!(!text[found.start..found.end].is_empty(), "{text}");
        }
    }
}

#[test]
fn every_needle_is_found_by_its_window() {
    for rule in RULES {
        let text = format!("  {}  ", rule.needle.replace('#', "b"));
        assert!(hits_per_million(text.as_bytes()) > 0, "{}", rule.needle);
        assert!(rule.needle.len() >= 3);
    }
}

#[test]
fn ordinary_text_hardly_passes_the_filter() {
    let text = concat!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n",
        "    app.kubernetes.io/name: web\nspec:\n  template:\n    spec:\n      containers:\n",
        "      - name: web\n        image: registry.acme.io/web:1.27.0\n        resources:\n",
        "          limits:\n            cpu: 500m\n            memory: 128Mi\n",
    );
    assert!(hits_per_million(text.as_bytes()) < 10_000);
}
