//! Rules: private keys, logins, password hashes. The pages say what each finds.

use crate::SecretKind as Kind;
use crate::form::Alphabet::{Alphanumeric, Base64, Crypt, Digits, Mcf};
use crate::form::Piece::{Run, Text};
use crate::form::{Form, tail};
use crate::key;
use crate::login;
use crate::rule::{Family, rule};

pub(super) const PRIVATE_KEYS: Family = Family {
    id: "private-keys",
    page: include_str!("../pages/private-keys.md"),
    rules: &[
        rule("private-key", Kind::PrivateKey, "-----BEGIN ", Form::Custom(key::pem_private_key)),
        rule(
            "encoded-private-key",
            Kind::PrivateKey,
            "LS0tLS1CRUdJTi",
            Form::Custom(key::encoded_private_key),
        ),
        rule(
            "putty-private-key",
            Kind::PrivateKey,
            "PuTTY-User-Key-File-",
            Form::Custom(key::putty_private_key),
        ),
        rule("jwk-private-key", Kind::PrivateKey, "\"kty\"", Form::Custom(key::jwk_private_key)),
    ],
    named: &[],
};

pub(super) const LOGINS: Family = Family {
    id: "logins",
    page: include_str!("../pages/logins.md"),
    rules: &[
        rule("json-web-token", Kind::Jwt, "eyJ", Form::Custom(login::jwt)),
        rule("encoded-json-web-token", Kind::Jwt, "ZXlK", Form::Custom(login::encoded_jwt)),
        rule("registry-login", Kind::RegistryAuth, "\"auth\"", Form::Custom(login::registry_auth)),
        rule("url-password", Kind::ConnectionString, "://", Form::Custom(login::url_password)),
        rule("netrc-password", Kind::Password, "machine ", Form::Custom(login::netrc_password)),
        rule("curl-password", Kind::Password, "curl ", Form::Custom(login::curl_password)),
        rule("sshpass-password", Kind::Password, "sshpass ", Form::Custom(login::sshpass_password)),
    ],
    named: &[],
};

pub(super) const PASSWORD_HASHES: Family = Family {
    id: "password-hashes",
    page: include_str!("../pages/password-hashes.md"),
    rules: &[
        rule("sha512-crypt-hash", Kind::PasswordHash, "$6$", Form::Custom(login::crypt_sha512)),
        rule("sha256-crypt-hash", Kind::PasswordHash, "$5$", Form::Custom(login::crypt_sha256)),
        rule(
            "yescrypt-hash",
            Kind::PasswordHash,
            "$y$",
            Form::Pieces(&[
                Run(Crypt, 3, 8),
                Text("$"),
                Run(Crypt, 8, 86),
                Text("$"),
                Run(Crypt, 43, 43),
            ]),
        ),
        rule(
            "md5-crypt-hash",
            Kind::PasswordHash,
            "$1$",
            Form::Pieces(&[Run(Crypt, 1, 8), Text("$"), Run(Crypt, 22, 22)]),
        ),
        rule(
            "apache-md5-hash",
            Kind::PasswordHash,
            "$apr1$",
            Form::Pieces(&[Run(Crypt, 1, 8), Text("$"), Run(Crypt, 22, 22)]),
        ),
        rule(
            "bcrypt-hash-a",
            Kind::PasswordHash,
            "$2a$",
            Form::Pieces(&[Run(Digits, 2, 2), Text("$"), Run(Crypt, 53, 53)]),
        ),
        rule(
            "bcrypt-hash-b",
            Kind::PasswordHash,
            "$2b$",
            Form::Pieces(&[Run(Digits, 2, 2), Text("$"), Run(Crypt, 53, 53)]),
        ),
        rule(
            "bcrypt-hash-y",
            Kind::PasswordHash,
            "$2y$",
            Form::Pieces(&[Run(Digits, 2, 2), Text("$"), Run(Crypt, 53, 53)]),
        ),
        rule(
            "argon2-hash",
            Kind::PasswordHash,
            "$argon2id$v=19$",
            Form::Pieces(&[
                Run(Mcf, 8, 40),
                Text("$"),
                Run(Base64, 11, 64),
                Text("$"),
                Run(Base64, 22, 96),
            ]),
        ),
        rule("ldap-salted-sha-hash", Kind::PasswordHash, "{SSHA}", tail(Base64, 32, 48)),
        rule(
            "django-pbkdf2-hash",
            Kind::PasswordHash,
            "pbkdf2_sha256$",
            Form::Pieces(&[
                Run(Digits, 4, 8),
                Text("$"),
                Run(Alphanumeric, 8, 32),
                Text("$"),
                Run(Base64, 44, 44),
            ]),
        ),
        rule(
            "postgres-scram-hash",
            Kind::PasswordHash,
            "SCRAM-SHA-256$",
            Form::Pieces(&[
                Run(Digits, 4, 6),
                Text(":"),
                Run(Base64, 16, 32),
                Text("$"),
                Run(Base64, 44, 44),
                Text(":"),
                Run(Base64, 44, 44),
            ]),
        ),
    ],
    named: &[],
};
