//! Registries, by the distribution protocol.
//!
//! Source: OCI distribution specification 1.1, Docker's token authentication specification.

mod challenge;
mod credentials;
mod referrers;
mod resuming;

use std::io::Read;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use image::{Descriptor, Digest, Reference};
use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RANGE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use reqwest::{Method, StatusCode, Url, redirect};

use challenge::Challenge;
pub use credentials::{Credential, Credentials};
pub use referrers::{Referrer, ReferrerKind, Referrers};
use resuming::Resuming;

use crate::http::{is_loopback, told};

/// Kinds of documents that are asked for.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";
/// Tries of one request.
const TRIES_MAX: u32 = 4;
/// Before the second try; doubled before each further one.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause a registry may ask for; a longer one ends the request.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);
const REDIRECTS_MAX: usize = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer that is a token or an error.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// The header by which a registry tells what it answers with.
const CONTENT_DIGEST: &str = "docker-content-digest";

/// One request.
#[derive(Default)]
struct Ask<'a> {
    /// GET, unless it says another.
    method: Method,
    /// Kinds of documents that are taken.
    accept: &'a str,
    /// The first byte that is wanted.
    from: u64,
}

/// Why a registry gives no answer of use.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// It could not be reached, or broke off.
    #[error("{registry} cannot be reached: {error}")]
    Connection {
        /// Its host.
        registry: String,
        /// What failed, without any credential.
        error: String,
    },
    /// It says no.
    #[error("{registry} answers {status} for {what}: {said}")]
    Refused {
        /// Its host.
        registry: String,
        /// The code, such as 404.
        status: u16,
        /// What was asked for.
        what: String,
        /// Its reason, or what can be done.
        said: String,
    },
    /// Its answer is not what the protocol says.
    #[error("{registry} does not keep to the protocol: {reason}")]
    Protocol {
        /// Its host.
        registry: String,
        /// How.
        reason: String,
    },
}

/// How registries are asked.
#[derive(Clone, Debug)]
pub struct RegistryOptions {
    /// Who asks.
    pub credentials: Credentials,
    /// Whether plain HTTP is spoken with registries on this machine.
    pub insecure: bool,
    /// Between two pieces of an answer.
    pub read_timeout: Duration,
    /// Before the second try.
    pub pause: Duration,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            insecure: false,
            read_timeout: READ_TIMEOUT,
            pause: PAUSE,
        }
    }
}

/// One repository of a registry.
pub struct Registry {
    client: Client,
    base: Url,
    reference: Reference,
    options: RegistryOptions,
    /// The header that was accepted last.
    authorization: Mutex<Option<HeaderValue>>,
}

impl Registry {
    /// A repository. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// If its host is none, or plain HTTP was asked for with one on another machine.
    pub fn new(reference: Reference, options: RegistryOptions) -> Result<Self, RegistryError> {
        let host = match reference.registry.as_str() {
            // The name in references is not that of the host which serves them.
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let registry = || reference.registry.clone();
        let scheme = if options.insecure { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{host}/v2/")).map_err(|error| {
            RegistryError::Protocol { registry: registry(), reason: error.to_string() }
        })?;
        if options.insecure && !is_loopback(&base) {
            let reason = "plain HTTP is spoken with registries on this machine alone".to_owned();
            return Err(RegistryError::Protocol { registry: registry(), reason });
        }
        let client = Client::builder()
            .user_agent(concat!("bollwerk/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // Of each wait, not of a whole layer.
            .timeout(options.read_timeout)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| RegistryError::Connection {
                registry: registry(),
                error: told(&error),
            })?;
        Ok(Self { client, base, reference, options, authorization: Mutex::new(None) })
    }

    /// Its name, for people.
    pub fn name(&self) -> String {
        self.reference.to_string()
    }

    /// The manifest or index that is named, and what describes it. Verified where a digest is
    /// named; of a tag nothing but the registry's word tells what it stands for.
    pub fn named(&self) -> Result<(Descriptor, Vec<u8>), RegistryError> {
        let version = self.reference.version();
        let content = self.manifest(version)?;
        let descriptor = Descriptor {
            media_type: String::new(),
            digest: self.reference.digest.clone().unwrap_or_else(|| Digest::of(&content)),
            size: content.len() as u64,
            platform: None,
            annotations: None,
            urls: Vec::new(),
        };
        Ok((descriptor, content))
    }

    /// A manifest or index, not yet verified.
    pub fn manifest(&self, version: &str) -> Result<Vec<u8>, RegistryError> {
        let url = self.url("manifests", version)?;
        let response = self.get(&url, MANIFESTS, 0)?;
        self.content(response)
    }

    /// A blob, not yet verified. Where it breaks off it is asked for again from there on; it ends
    /// after as many bytes as its descriptor says, and fails if there are fewer.
    pub fn blob(
        &self,
        descriptor: &Descriptor,
    ) -> Result<Box<dyn Read + Send + '_>, RegistryError> {
        let url = self.url("blobs", descriptor.digest.as_str())?;
        let response = self.get(&url, "*/*", 0)?;
        if let Some(length) = response.content_length().filter(|it| *it != descriptor.size) {
            let size = descriptor.size;
            return Err(self.protocol(format!("a blob of {length} bytes, {size} are said to be")));
        }
        Ok(Box::new(Resuming::new(self, url, response, descriptor.size)))
    }

    /// What is named now, by its digest. Only the head is asked for, which registries count as no
    /// pull; where it does not tell the digest, the whole is.
    pub fn digest(&self) -> Result<Digest, RegistryError> {
        let url = self.url("manifests", self.reference.version())?;
        let head = Ask { method: Method::HEAD, accept: MANIFESTS, from: 0 };
        let told = self.ask(&url, &head)?;
        let told = told.headers().get(CONTENT_DIGEST).and_then(|it| it.to_str().ok());
        match told.and_then(|it| it.parse().ok()) {
            Some(digest) => Ok(digest),
            None => Ok(self.named()?.0.digest),
        }
    }

    fn url(&self, kind: &str, version: &str) -> Result<Url, RegistryError> {
        let path = format!("{}/{kind}/{version}", self.reference.repository);
        self.base.join(&path).map_err(|error| self.protocol(error.to_string()))
    }

    /// An answer with content, from byte `from` on.
    fn get(&self, url: &Url, accept: &str, from: u64) -> Result<Response, RegistryError> {
        self.ask(url, &Ask { accept, from, ..Ask::default() })
    }

    /// An answer: authenticated, tried again, and followed to where it is.
    fn ask(&self, url: &Url, ask: &Ask<'_>) -> Result<Response, RegistryError> {
        let mut pause = self.options.pause;
        for last in (0..TRIES_MAX).rev() {
            let answer = self.authenticated(url, ask);
            let wait = match &answer {
                Ok(response) => match response.status() {
                    status if status.is_success() => return self.whole(answer?, ask.from),
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                        asked_pause(response.headers()).unwrap_or(pause)
                    }
                    status if status.is_server_error() => pause,
                    _ => return Err(self.refused(url, answer?)),
                },
                Err(RegistryError::Connection { .. }) => pause,
                Err(_) => return answer,
            };
            if last == 0 || wait > RETRY_AFTER_MAX {
                return Err(match answer {
                    Ok(response) => self.refused(url, response),
                    Err(error) => error,
                });
            }
            thread::sleep(wait);
            pause *= 2;
        }
        Err(self.connection("no try was left".to_owned()))
    }

    /// Whether an answer begins where it was asked to.
    fn whole(&self, response: Response, from: u64) -> Result<Response, RegistryError> {
        if from > 0 && response.status() != StatusCode::PARTIAL_CONTENT {
            return Err(self.protocol("it broke off and does not go on from there".to_owned()));
        }
        Ok(response)
    }

    /// One request, repeated once with what the registry wants to see.
    fn authenticated(&self, url: &Url, ask: &Ask<'_>) -> Result<Response, RegistryError> {
        let held = self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let response = self.followed(url, ask, held.as_ref())?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let wanted = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let wanted: Vec<&str> = wanted.filter_map(|value| value.to_str().ok()).collect();
        let Some(challenge) = Challenge::read(&wanted) else { return Ok(response) };
        let credential = self.options.credentials.of(&self.reference.registry);
        let Some(header) = self.answer(&challenge, credential.as_ref())? else {
            return Ok(response);
        };
        let response = self.followed(url, ask, Some(&header))?;
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(header);
        Ok(response)
    }

    /// What a challenge wants; none if there is no credential it could want.
    fn answer(
        &self,
        challenge: &Challenge,
        credential: Option<&Credential>,
    ) -> Result<Option<HeaderValue>, RegistryError> {
        let Challenge::Bearer { realm, service, scope } = challenge else {
            return Ok(credential.and_then(Credential::basic));
        };
        let mut url = Url::parse(realm).map_err(|error| self.protocol(error.to_string()))?;
        if url.scheme() != "https" && !(self.options.insecure && is_loopback(&url)) {
            let reason = "it sends credentials to an address without TLS".to_owned();
            return Err(self.protocol(reason));
        }
        let scope = scope
            .clone()
            .unwrap_or_else(|| format!("repository:{}:pull", self.reference.repository));
        if let Some(service) = service {
            url.query_pairs_mut().append_pair("service", service);
        }
        url.query_pairs_mut().append_pair("scope", &scope);
        let basic = credential.and_then(Credential::basic);
        let ask = Ask { accept: "application/json", ..Ask::default() };
        let response = self.once(&url, &ask, basic.as_ref())?;
        if !response.status().is_success() {
            return Err(self.refused(&url, response));
        }
        let mut content = Vec::new();
        let read = response.take(ANSWER_BYTES_MAX).read_to_end(&mut content);
        read.map_err(|error| self.connection(error.to_string()))?;
        let answer: serde_json::Value = serde_json::from_slice(&content).map_err(|_| {
            self.protocol("its answer to a request for a token is no JSON".to_owned())
        })?;
        let token = ["token", "access_token"].iter().find_map(|key| answer[*key].as_str());
        let token = token.ok_or_else(|| self.protocol("it gives no token".to_owned()))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| self.protocol("its token is none".to_owned()))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }

    /// Follows redirects, with TLS all the way. To another host nothing is told of who asks.
    fn followed(
        &self,
        url: &Url,
        ask: &Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, RegistryError> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let is_own = url.origin() == self.base.origin();
            let response = self.once(&url, ask, authorization.filter(|_| is_own))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|it| it.to_str().ok());
            let next = location.and_then(|it| url.join(it).ok());
            url = next.ok_or_else(|| self.protocol("a redirect to nowhere".to_owned()))?;
            if url.scheme() != "https" && !(self.options.insecure && is_loopback(&url)) {
                return Err(self.protocol("a redirect to an address without TLS".to_owned()));
            }
        }
        Err(self.protocol(format!("more than {REDIRECTS_MAX} redirects")))
    }

    fn once(
        &self,
        url: &Url,
        ask: &Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, RegistryError> {
        let request = self.client.request(ask.method.clone(), url.clone());
        let mut request = request.header(ACCEPT, ask.accept);
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        if ask.from > 0 {
            request = request.header(RANGE, format!("bytes={}-", ask.from));
        }
        request.send().map_err(|error| self.connection(told(&error)))
    }

    fn refused(&self, url: &Url, response: Response) -> RegistryError {
        let status = response.status();
        let mut said = String::new();
        // What it says may be cut off; its code is what counts.
        let _ = response.take(ANSWER_BYTES_MAX).read_to_string(&mut said);
        let answer: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        let advice = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "log in as with `docker login`, or check who may pull"
            }
            StatusCode::NOT_FOUND => "check the name and the tag",
            StatusCode::TOO_MANY_REQUESTS => "it asks to come back later",
            _ => "try again later",
        };
        let said: String = match message {
            "" => advice.to_owned(),
            message => {
                let plain = message.chars().filter(|char| !char.is_control());
                format!("{}; {advice}", plain.take(200).collect::<String>())
            }
        };
        RegistryError::Refused {
            registry: self.reference.registry.clone(),
            status: status.as_u16(),
            what: url.path().to_owned(),
            said,
        }
    }

    fn protocol(&self, reason: String) -> RegistryError {
        RegistryError::Protocol { registry: self.reference.registry.clone(), reason }
    }

    fn connection(&self, error: String) -> RegistryError {
        RegistryError::Connection { registry: self.reference.registry.clone(), error }
    }
}

fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
