//! An identity provider, by `OpenID` Connect: the authorization code flow with PKCE.
//!
//! Sources: `OpenID` Connect Core 1.0, sections 3.1 (the flow) and 3.1.3.7 (what of an ID token is
//! checked); RFC 7636 (PKCE, `S256`); RFC 9700, section 2.1 (what is safe of it). Names are made
//! as the API server makes them, so that roles mean the same person
//! (`--oidc-username-claim`, `--oidc-groups-prefix` …).

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use collect::cluster::Authenticated;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::secret;
use crate::arguments::InterfaceOptions;

/// Algorithms of ID tokens: those with keys that only the provider has.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Bytes of an answer of the provider, at the most.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Longest wait for an answer of the provider.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Keys are read anew after this time, and for an unknown key after the shorter one.
const KEYS_KEPT: Duration = Duration::from_hours(1);
const KEYS_KEPT_LEAST: Duration = Duration::from_mins(1);

/// Seconds by which clocks may differ.
const LEEWAY: u64 = 60;

/// Groups of a user, at the most.
const GROUPS_MAX: usize = 1_000;

/// What is known of the provider beforehand.
#[derive(Clone)]
pub(crate) struct ProviderSettings {
    /// Its address, as its tokens name it.
    pub(crate) issuer: String,
    /// What it calls us.
    pub(crate) client_id: String,
    /// What proves to it that it is us; none for a public client.
    pub(crate) client_secret: Option<String>,
    /// Where we are reached by browsers: `https://bollwerk.example`.
    pub(crate) address: String,
    /// The claim that is the user's name, and what is put before it.
    pub(crate) username_claim: String,
    pub(crate) username_prefix: String,
    /// The claim that lists groups, and what is put before each.
    pub(crate) groups_claim: String,
    pub(crate) groups_prefix: String,
    /// The authority of its certificate, in PEM, if it is not a public one.
    pub(crate) authority: Option<Vec<u8>>,
}

impl ProviderSettings {
    /// What the flags say; none without an issuer.
    pub(crate) fn of(arguments: &InterfaceOptions) -> Result<Option<Self>> {
        let given = &arguments.provider;
        let (Some(issuer), Some(client_id), Some(address)) =
            (&given.oidc_issuer_url, &given.oidc_client_id, &arguments.url)
        else {
            return Ok(None);
        };
        let read = |path: &PathBuf| {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let secret = given.oidc_client_secret_file.as_ref().map(read).transpose()?;
        let secret = secret.map(|it| String::from_utf8(it).map(|it| it.trim().to_owned()));
        let prefix = match given.oidc_username_prefix.as_deref() {
            Some("-") => String::new(),
            Some(prefix) => prefix.to_owned(),
            // As the API server has it: `sub` is unique within an issuer alone.
            None if given.oidc_username_claim == "email" => String::new(),
            None => format!("{issuer}#"),
        };
        Ok(Some(Self {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: secret.transpose().context("the client's secret is no text")?,
            address: address.clone(),
            username_claim: given.oidc_username_claim.clone(),
            username_prefix: prefix,
            groups_claim: given.oidc_groups_claim.clone(),
            groups_prefix: given.oidc_groups_prefix.clone(),
            authority: given.oidc_ca_file.as_ref().map(read).transpose()?,
        }))
    }
}

/// An identity provider.
pub(crate) struct Provider {
    settings: ProviderSettings,
    client: reqwest::Client,
    found: Found,
    keys: Mutex<(JwkSet, Instant)>,
}

/// What the provider says of itself.
#[derive(Clone, Debug, Deserialize)]
struct Found {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// A login that was begun: what the browser keeps until it comes back.
pub(crate) struct Started {
    /// Where the browser is sent.
    pub(crate) address: String,
    /// `state.verifier.nonce`, for its cookie.
    pub(crate) cookie: String,
}

impl Provider {
    /// Asks the provider about itself.
    pub(crate) async fn find(settings: ProviderSettings) -> Result<Self> {
        let issuer = settings.issuer.trim_end_matches('/');
        if !issuer.starts_with("https://") {
            bail!("the issuer `{issuer}` is not reached by https");
        }
        let mut client = reqwest::Client::builder()
            .timeout(ANSWER_WAIT)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = &settings.authority {
            let authority = reqwest::Certificate::from_pem(pem)
                .context("the provider's authority is no certificate")?;
            client = client.tls_certs_only([authority]);
        }
        let client = client.build().context("no way to the provider")?;
        let address = format!("{issuer}/.well-known/openid-configuration");
        let found: Found = read(client.get(&address)).await.context("the provider is not found")?;
        if found.issuer.trim_end_matches('/') != issuer {
            bail!("the provider at {issuer} calls itself `{}`", found.issuer);
        }
        for endpoint in [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri] {
            if !endpoint.starts_with("https://") {
                bail!("the provider names `{endpoint}`, which is not reached by https");
            }
        }
        let keys: JwkSet = read(client.get(&found.jwks_uri)).await.context("no keys")?;
        Ok(Self { settings, client, found, keys: Mutex::new((keys, Instant::now())) })
    }

    /// What it is called: the host of its address.
    pub(crate) fn name(&self) -> &str {
        let host = self.settings.issuer.trim_start_matches("https://");
        host.split('/').next().unwrap_or(host)
    }

    /// Whether a token says that it is this provider's. Nothing is verified by it.
    pub(crate) fn is_issuer_of(&self, token: &str) -> bool {
        #[derive(Deserialize)]
        struct Issuer {
            iss: Option<String>,
        }
        let claims = insecure_decode_claims::<Issuer>(token);
        claims.is_ok_and(|it| it.iss.as_deref() == Some(&self.found.issuer))
    }

    /// Begins a login.
    pub(crate) fn start(&self) -> Result<Started> {
        let fresh = || secret().map_err(|_| anyhow!("the system has no random numbers"));
        let (state, verifier, nonce) = (fresh()?, fresh()?, fresh()?);
        let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref());
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.redirect())
            .append_pair("scope", "openid profile email groups")
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let mark = if self.found.authorization_endpoint.contains('?') { '&' } else { '?' };
        let address = format!("{}{mark}{query}", self.found.authorization_endpoint);
        Ok(Started { address, cookie: format!("{state}.{verifier}.{nonce}") })
    }

    fn redirect(&self) -> String {
        format!("{}/oidc/callback", self.settings.address.trim_end_matches('/'))
    }

    /// Ends a login: `state` and `code` are what the browser came back with, `cookie` is what it
    /// kept.
    pub(crate) async fn finish(
        &self,
        state: &str,
        code: &str,
        cookie: &str,
    ) -> Result<Authenticated> {
        #[derive(Deserialize)]
        struct Answer {
            id_token: String,
        }
        let mut parts = cookie.split('.');
        let [Some(wanted), Some(verifier), Some(nonce), None] =
            [parts.next(), parts.next(), parts.next(), parts.next()]
        else {
            bail!("the login was not begun in this browser");
        };
        if aws_lc_rs::constant_time::verify_slices_are_equal(state.as_bytes(), wanted.as_bytes())
            .is_err()
        {
            bail!("the login was not begun in this browser");
        }
        let redirect = self.redirect();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect),
            ("client_id", &self.settings.client_id),
            ("code_verifier", verifier),
        ];
        fields.extend(self.settings.client_secret.as_deref().map(|it| ("client_secret", it)));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .client
            .post(&self.found.token_endpoint)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form);
        let answer: Answer = read(request).await.context("the provider gives no token")?;
        self.verify(&answer.id_token, Some(nonce)).await
    }

    /// Whose ID token it is. `nonce` is that of the login, where it was one.
    pub(crate) async fn verify(&self, token: &str, nonce: Option<&str>) -> Result<Authenticated> {
        let header = decode_header(token).context("it is no JSON Web Token")?;
        if !ALGORITHMS.contains(&header.alg) {
            bail!("it is signed by {:?}, which proves nothing", header.alg);
        }
        let key = self.key(header.kid.as_deref()).await?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[&self.settings.client_id]);
        validation.set_issuer(&[&self.found.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        let claims: Value = decode(token, &key, &validation).context("it does not hold")?.claims;
        if let Some(nonce) = nonce
            && claims["nonce"].as_str() != Some(nonce)
        {
            bail!("it is of another login");
        }
        // A token for several parties must say that it was made for us (Core, 3.1.3.7, 4 and 5).
        if let Some(party) = claims["azp"].as_str()
            && party != self.settings.client_id
        {
            bail!("it was made for another client");
        }
        self.user(&claims)
    }

    fn user(&self, claims: &Value) -> Result<Authenticated> {
        let settings = &self.settings;
        let claim = &settings.username_claim;
        let name = claims[claim].as_str().filter(|it| !it.is_empty());
        let name = name.with_context(|| format!("it has no claim `{claim}`"))?;
        if claim == "email" && claims["email_verified"].as_bool() == Some(false) {
            bail!("its e-mail address was not verified");
        }
        let groups = match &claims[&settings.groups_claim] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if groups.len() > GROUPS_MAX {
            bail!("it lists more than {GROUPS_MAX} groups");
        }
        let prefixed = |group: &str| format!("{}{group}", settings.groups_prefix);
        let user = Authenticated {
            name: format!("{}{name}", settings.username_prefix),
            groups: groups.into_iter().map(prefixed).collect(),
        };
        // Kubernetes' own names are not a provider's to give.
        let is_own = |name: &String| name.starts_with("system:");
        if is_own(&user.name) || user.groups.iter().any(is_own) {
            bail!("it takes a name of Kubernetes' own; set a prefix");
        }
        Ok(user)
    }

    /// The key that a token names; the only one where it names none.
    async fn key(&self, id: Option<&str>) -> Result<DecodingKey> {
        let lock = || self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let find = |keys: &JwkSet| {
            let key = match id {
                Some(id) => keys.find(id),
                None if keys.keys.len() == 1 => keys.keys.first(),
                None => None,
            };
            key.map(DecodingKey::from_jwk)
        };
        let (found, age) = {
            let kept = lock();
            (find(&kept.0), kept.1.elapsed())
        };
        let is_fresh = if found.is_some() { age < KEYS_KEPT } else { age < KEYS_KEPT_LEAST };
        if !is_fresh {
            let keys: JwkSet = read(self.client.get(&self.found.jwks_uri)).await?;
            let found = find(&keys);
            *lock() = (keys, Instant::now());
            return found.context("its key is none of the provider's")?.context("a broken key");
        }
        found.context("its key is none of the provider's")?.context("a broken key")
    }
}

/// An answer in JSON, of a bounded size.
async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T> {
    let mut answer = request.send().await.map_err(|error| anyhow!(error.without_url()))?;
    let status = answer.status();
    if !status.is_success() {
        bail!("it answers with status {status}");
    }
    let mut text = Vec::new();
    while let Some(part) = answer.chunk().await? {
        text.extend_from_slice(&part);
        if text.len() as u64 > ANSWER_BYTES_MAX {
            bail!("it answers with more than 1 MiB");
        }
    }
    serde_json::from_slice(&text).map_err(|error| anyhow!("its answer is not understood: {error}"))
}
