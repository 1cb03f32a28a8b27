//! A blob that goes on where it broke off.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use reqwest::Url;
use reqwest::blocking::Response;

use super::Registry;

/// How often a blob may break off.
const BREAKS_MAX: u32 = 3;
/// How long a blob may be slow at its beginning.
const START: Duration = Duration::from_secs(30);
/// Bytes a second that it has to bring on average afterwards: 1 GB would take a day with fewer.
const RATE_MIN: u64 = 10_000;

pub(super) struct Resuming<'a> {
    registry: &'a Registry,
    url: Url,
    response: Response,
    at: u64,
    size: u64,
    breaks: u32,
    begun: Instant,
}

impl<'a> Resuming<'a> {
    pub(super) fn new(registry: &'a Registry, url: Url, response: Response, size: u64) -> Self {
        Self { registry, url, response, at: 0, size, breaks: 0, begun: Instant::now() }
    }

    /// Asks for the rest.
    fn resume(&mut self, error: io::Error) -> io::Result<()> {
        self.breaks += 1;
        if self.breaks > BREAKS_MAX {
            return Err(error);
        }
        let rest = self.registry.get(&self.url, "*/*", self.at);
        self.response = rest.map_err(io::Error::other)?;
        Ok(())
    }

    fn is_too_slow(&self) -> bool {
        let patience = self.registry.options.read_timeout.min(START);
        let elapsed = self.begun.elapsed();
        elapsed > patience && self.at < RATE_MIN.saturating_mul(elapsed.as_secs())
    }
}

impl Read for Resuming<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        loop {
            if self.is_too_slow() {
                let text = format!("slower than {RATE_MIN} bytes a second");
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            match self.response.read(buffer.get_mut(..wanted).unwrap_or_default()) {
                Ok(0) => self.resume(io::ErrorKind::UnexpectedEof.into())?,
                Ok(count) => {
                    self.at += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.resume(error)?,
            }
        }
    }
}
