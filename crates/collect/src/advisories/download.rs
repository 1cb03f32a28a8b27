//! Files over HTTP: asked for only if they have changed, gone on with where they broke off.
//!
//! Source: RFC 9110, sections 13 (conditional requests) and 14 (ranges).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, LOCATION, RANGE,
};
use reqwest::{StatusCode, Url, redirect};
use serde::{Deserialize, Serialize};

use crate::http::{is_loopback, told};

/// Tries of one file.
const TRIES_MAX: u32 = 4;
/// Before the second try; doubled before each further one.
const PAUSE: Duration = Duration::from_millis(500);
const REDIRECTS_MAX: usize = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Of one file, all tries together.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(30);
/// Bytes of one file.
const BYTES_MAX: u64 = 2 << 30;
/// Bytes that are read at once.
const BLOCK_BYTES: usize = 64 << 10;

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The server could not be reached, or broke off.
    #[error("{url} cannot be fetched: {reason}")]
    Connection {
        /// The address, without credentials.
        url: String,
        /// What failed.
        reason: String,
    },
    /// It says no.
    #[error("{url} cannot be fetched: the server answers {status}")]
    Refused {
        /// The address.
        url: String,
        /// The code, such as 404.
        status: u16,
    },
    /// What it answers is not taken.
    #[error("{url} is not fetched: {reason}")]
    Unfit {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// It could not be kept.
    #[error("{path} cannot be written: {error}")]
    Write {
        /// The file.
        path: String,
        /// What failed.
        error: io::Error,
    },
}

/// How files are fetched.
#[derive(Clone, Debug)]
pub struct DownloadOptions {
    /// Between two pieces of an answer.
    pub read_timeout: Duration,
    /// Of one file, all tries together.
    pub total_timeout: Duration,
    /// Bytes of one file.
    pub bytes_max: u64,
    /// Before the second try.
    pub pause: Duration,
    /// Whether plain HTTP is spoken with other machines: where what comes is verified otherwise.
    pub allows_plain: bool,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            read_timeout: READ_TIMEOUT,
            total_timeout: TOTAL_TIMEOUT,
            bytes_max: BYTES_MAX,
            pause: PAUSE,
            allows_plain: false,
        }
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It came; so many bytes went over the network.
    New(u64),
    /// It is as it was when it was fetched before.
    Unchanged,
}

/// What a server said of a file, for the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Validators {
    url: String,
    etag: Option<String>,
    last_modified: Option<String>,
}

/// Fetches files.
pub struct Downloader {
    client: Client,
    options: DownloadOptions,
}

impl Downloader {
    /// One with these options.
    ///
    /// # Errors
    ///
    /// If there is no TLS to speak with.
    pub fn new(options: DownloadOptions) -> Result<Self, DownloadError> {
        let client = Client::builder()
            .user_agent(concat!("bollwerk/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // Of each wait, not of a whole file.
            .timeout(options.read_timeout)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| DownloadError::Unfit {
                url: "the client".to_owned(),
                reason: error.to_string(),
            })?;
        Ok(Self { client, options })
    }

    /// Fetches a file to a path, unless what is there is what the server has. `PATH.state` keeps
    /// what the server said of it; `PATH.part` what came before it broke off.
    pub fn fetch(&self, url: &str, to: &Path) -> Result<Fetched, DownloadError> {
        let parsed = Url::parse(url).map_err(|error| unfit(url, error.to_string()))?;
        self.check(&parsed, None)?;
        let begun = Instant::now();
        let mut pause = self.options.pause;
        let mut tries = TRIES_MAX;
        let mut over_network = 0;
        loop {
            tries -= 1;
            let attempt = self.attempt(&parsed, to, begun, &mut over_network);
            let is_passing = match &attempt {
                Err(DownloadError::Connection { .. }) => true,
                Err(DownloadError::Refused { status, .. }) => *status == 429 || *status >= 500,
                _ => false,
            };
            if !is_passing || tries == 0 || begun.elapsed() + pause > self.options.total_timeout {
                return attempt;
            }
            thread::sleep(pause);
            pause *= 2;
        }
    }

    /// A small file, in memory; none where the server has none.
    pub fn document(&self, url: &str, most: u64) -> Result<Option<Vec<u8>>, DownloadError> {
        let parsed = Url::parse(url).map_err(|error| unfit(url, error.to_string()))?;
        self.check(&parsed, None)?;
        let begun = Instant::now();
        let mut response = self.followed(&parsed, &HeaderMap::new())?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            status if !status.is_success() => return Err(refused(&parsed, status)),
            _ => {}
        }
        let mut content = Vec::new();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            self.check_time(&parsed, begun)?;
            let read = response.read(&mut block);
            let count = read.map_err(|_| broken(&parsed, "it broke off".to_owned()))?;
            if count == 0 {
                break;
            }
            content.extend_from_slice(block.get(..count).unwrap_or_default());
            if content.len() as u64 > most {
                return Err(unfit(url, format!("it has more than {most} bytes")));
            }
        }
        Ok(Some(content))
    }

    fn attempt(
        &self,
        url: &Url,
        to: &Path,
        begun: Instant,
        over_network: &mut u64,
    ) -> Result<Fetched, DownloadError> {
        let part = beside(to, "part");
        let (state_file, part_state_file) = (beside(to, "state"), beside(to, "part.state"));
        let held = kept(&part_state_file, url);
        // Only a strong tag says that the rest belongs to what is there.
        let tag = held.and_then(|it| it.etag).filter(|it| !it.starts_with("W/"));
        let have = fs::metadata(&part).map_or(0, |it| it.len());
        let mut headers = HeaderMap::new();
        let mut set = |name, value: &str| {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        };
        // Packed once more on its way, it would have other lengths than those that are told.
        set(ACCEPT_ENCODING, "identity");
        if let Some(tag) = tag.filter(|_| have > 0) {
            set(RANGE, &format!("bytes={have}-"));
            set(IF_RANGE, &tag);
        } else if let Some(before) = kept(&state_file, url).filter(|_| to.is_file()) {
            before.etag.iter().for_each(|it| set(IF_NONE_MATCH, it));
            before.last_modified.iter().for_each(|it| set(IF_MODIFIED_SINCE, it));
        }
        let response = self.followed(url, &headers)?;
        let from = match response.status() {
            StatusCode::NOT_MODIFIED => return Ok(Fetched::Unchanged),
            StatusCode::PARTIAL_CONTENT if begins_at(response.headers(), have) => have,
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                forget(&part, &part_state_file);
                return Err(broken(url, "it does not go on from where it broke off".to_owned()));
            }
            status => return Err(refused(url, status)),
        };
        let told = Validators::of(url, response.headers());
        write_state(&part_state_file, &told)?;
        self.receive(url, response, &part, from, begun, over_network).inspect_err(|error| {
            if matches!(error, DownloadError::Unfit { .. }) {
                forget(&part, &part_state_file);
            }
        })?;
        let failed = |error| DownloadError::Write { path: to.display().to_string(), error };
        fs::rename(&part, to).map_err(failed)?;
        fs::rename(&part_state_file, &state_file).map_err(failed)?;
        Ok(Fetched::New(*over_network))
    }

    /// The body into a file, from a byte of it on.
    fn receive(
        &self,
        url: &Url,
        mut response: Response,
        part: &Path,
        from: u64,
        begun: Instant,
        over_network: &mut u64,
    ) -> Result<(), DownloadError> {
        let failed = |error| DownloadError::Write { path: part.display().to_string(), error };
        let most = self.options.bytes_max;
        let expected = response.content_length().map(|length| from.saturating_add(length));
        let too_long = || unfit(url.as_str(), format!("it has more than {most} bytes"));
        if expected.is_some_and(|it| it > most) {
            return Err(too_long());
        }
        let mut options = OpenOptions::new();
        options.create(true).write(true).append(from > 0).truncate(from == 0);
        let mut file = options.open(part).map_err(failed)?;
        let mut at = from;
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            self.check_time(url, begun)?;
            let count = response
                .read(&mut block)
                .map_err(|_| broken(url, format!("it broke off after {at} bytes")))?;
            if count == 0 {
                break;
            }
            at += count as u64;
            *over_network += count as u64;
            if at > most {
                return Err(too_long());
            }
            file.write_all(block.get(..count).unwrap_or_default()).map_err(failed)?;
        }
        if expected.is_some_and(|expected| at < expected) {
            return Err(broken(url, "it was cut off".to_owned()));
        }
        file.sync_all().map_err(failed)
    }

    /// Whether a file may still take longer.
    fn check_time(&self, url: &Url, begun: Instant) -> Result<(), DownloadError> {
        let most = self.options.total_timeout;
        if begun.elapsed() <= most {
            return Ok(());
        }
        Err(unfit(url.as_str(), format!("it takes more than {} seconds", most.as_secs())))
    }

    /// Follows redirects. What asked for a machine elsewhere is not led to this one.
    fn followed(&self, url: &Url, headers: &HeaderMap) -> Result<Response, DownloadError> {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let request = self.client.get(at.clone()).headers(headers.clone());
            let response = request.send().map_err(|error| broken(&at, told(&error)))?;
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED
            {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION).and_then(|it| it.to_str().ok());
            let next = location.and_then(|it| at.join(it).ok());
            let next =
                next.ok_or_else(|| unfit(at.as_str(), "a redirect to nowhere".to_owned()))?;
            self.check(&next, Some(&at))?;
            at = next;
        }
        Err(unfit(url.as_str(), format!("more than {REDIRECTS_MAX} redirects")))
    }

    /// Whether an address may be asked, to which `from` has led.
    fn check(&self, url: &Url, from: Option<&Url>) -> Result<(), DownloadError> {
        let is_plain_allowed = self.options.allows_plain || is_loopback(url);
        let checked = match (url.scheme(), from) {
            (_, Some(from)) if is_loopback(url) && !is_loopback(from) => {
                Err("it leads to this machine itself")
            }
            ("https", _) => Ok(()),
            ("http", Some(from)) if from.scheme() != "http" || !is_plain_allowed => {
                Err("it leads to an address without TLS")
            }
            ("http", _) if is_plain_allowed => Ok(()),
            ("http", _) => Err(
                "plain HTTP is spoken with this machine alone, or where `--database-key` verifies \
                 what comes",
            ),
            _ => Err("neither `https` nor `http`"),
        };
        checked.map_err(|reason| unfit(url.as_str(), reason.to_owned()))
    }
}

impl Validators {
    fn of(url: &Url, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
        Self { url: shown(url.as_str()), etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
    }
}

/// What was said of this address before.
fn kept(file: &Path, url: &Url) -> Option<Validators> {
    let held: Validators = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    (held.url == shown(url.as_str())).then_some(held)
}

fn write_state(file: &Path, state: &Validators) -> Result<(), DownloadError> {
    let failed = |error| DownloadError::Write { path: file.display().to_string(), error };
    let text = serde_json::to_vec(state).map_err(|error| failed(error.into()))?;
    let mut to = File::create(file).map_err(failed)?;
    to.write_all(&text).map_err(failed)
}

fn forget(part: &Path, state: &Path) {
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(state);
}

/// `bytes 100-199/200` begins at 100.
fn begins_at(headers: &HeaderMap, at: u64) -> bool {
    let range = headers.get(CONTENT_RANGE).and_then(|it| it.to_str().ok());
    let start = range.and_then(|it| it.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
    start == Some(at)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// An address without what may be a credential: name, password and query.
fn shown(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return "the address".to_owned() };
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    parsed.set_query(None);
    parsed.set_fragment(None);
    parsed.to_string()
}

fn unfit(url: &str, reason: String) -> DownloadError {
    DownloadError::Unfit { url: shown(url), reason }
}

fn broken(url: &Url, reason: String) -> DownloadError {
    DownloadError::Connection { url: shown(url.as_str()), reason }
}

fn refused(url: &Url, status: StatusCode) -> DownloadError {
    DownloadError::Refused { url: shown(url.as_str()), status: status.as_u16() }
}
