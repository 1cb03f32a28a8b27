//! Audit logs, event by event: what was done, by whom.
//!
//! A line is a JSON value: an event of `audit.k8s.io` (what the API server writes, and what EKS
//! delivers), an `EventList` (its webhook), or one of the envelopes of managed clusters: AKS has
//! the event as text in `properties.log`, GKE a `protoPayload` of its own. Only the last stage of
//! a request counts, and only what was allowed.

mod envelope;
mod gke;
mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead};

use hashbrown::HashMap;
use model::usage::{Action, Observed, Usage};

use envelope::{Event, Stage};

use crate::lines::read_line;

/// Longest line that is read, in bytes: a webhook's batch has at most 10 MB.
const LINE_BYTES_MAX: usize = 16 << 20;
/// Unreadable lines that are told one by one.
const EXAMPLES_MAX: usize = 10;
/// Most different actions that are kept; a log with more is cut, which is told.
const ACTIONS_MAX: usize = 4_000_000;

/// Takes in audit logs, one after the other.
#[derive(Default)]
pub struct Reader {
    symbols: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
    counts: HashMap<(u32, [u32; 5]), u64>,
    groups: HashMap<u32, Vec<u32>>,
    usage: Usage,
}

/// The last field of a path's key, which no API group is.
const PATH: &str = "\u{0}path";

impl Reader {
    /// Reads one log; `name` is what it is called in messages.
    ///
    /// # Errors
    ///
    /// When the log cannot be read any further. What was read until then counts.
    pub fn read(&mut self, log: &mut dyn BufRead, name: &str) -> io::Result<()> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let is_cut = !read_line(log, LINE_BYTES_MAX, &mut line)?;
            if line.is_empty() {
                break;
            }
            if is_cut {
                self.unreadable(name, number, format!("is longer than {LINE_BYTES_MAX} bytes"));
            } else if !line.trim_ascii().is_empty()
                && let Err(reason) = self.line(&line)
            {
                self.unreadable(name, number, reason);
            }
        }
        Ok(())
    }

    /// All that was read.
    pub fn finish(self) -> Usage {
        let Self { texts, counts, groups, mut usage, .. } = self;
        let text = |symbol: u32| texts[symbol as usize].clone().into_string();
        let groups = groups.into_iter().map(|(user, groups)| {
            let groups = groups.into_iter().map(text).collect();
            (text(user), Observed { groups, actions: BTreeMap::new() })
        });
        usage.users = groups.collect();
        let counted: Vec<_> = counts.into_iter().collect();
        for ((user, key), count) in counted {
            let [namespace, api_group, resource, verb, name] = key.map(text);
            let action = if api_group == PATH {
                Action::Path { path: resource, verb }
            } else {
                Action::Resource { namespace, api_group, resource, verb, name }
            };
            let observed = usage.users.entry(text(user)).or_default();
            *observed.actions.entry(action).or_default() += count;
        }
        usage
    }

    fn unreadable(&mut self, name: &str, number: u64, reason: String) {
        self.usage.unreadable += 1;
        if self.usage.examples.len() < EXAMPLES_MAX {
            self.usage.examples.push((format!("{name}:{number}"), reason));
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let text =
            std::str::from_utf8(line.trim_ascii()).map_err(|_| "is no valid UTF-8".to_owned())?;
        self.value(&parse(text)?)
    }

    fn value(&mut self, event: &Event<'_>) -> Result<(), String> {
        if let Some(log) = event.properties.as_ref().and_then(|it| it.log.as_deref()) {
            return self.event(&parse(log)?);
        }
        if let Some(payload) = &event.proto_payload {
            return self.payload(payload, event.time());
        }
        let wrapped = event.items.as_ref().or(event.records.as_ref());
        match wrapped {
            Some(events) => events.iter().try_for_each(|event| self.wrapped(event)),
            None => self.event(event),
        }
    }

    /// An event of a list: an envelope again, but no list of lists.
    fn wrapped(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event.properties.as_ref().and_then(|it| it.log.as_deref()) {
            Some(log) => self.event(&parse(log)?),
            None => self.event(event),
        }
    }

    fn payload(&mut self, payload: &gke::Payload<'_>, time: Option<&str>) -> Result<(), String> {
        let Some(request) = gke::request(payload) else {
            self.usage.passed_over += 1;
            return Ok(());
        };
        if !request.is_allowed {
            self.usage.refused += 1;
            return Ok(());
        }
        let gke::Request { user, verb, api_group, namespace, resource, name, .. } = request;
        let key = [namespace, api_group, &resource, verb, name].map(|text| self.symbol(text));
        self.count(user, std::iter::empty(), key, 1)?;
        self.seen(time);
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), String> {
        let Some(user) = event.user() else {
            self.usage.passed_over += 1;
            return Ok(());
        };
        // A watch is told when it starts and when it ends: it is one request.
        let weight = match event.stage() {
            Stage::Received => {
                self.usage.passed_over += 1;
                return Ok(());
            }
            Stage::Started => 0,
            Stage::Ended => 1,
        };
        if !event.is_allowed() {
            self.usage.refused += weight;
            return Ok(());
        }
        let key = self.key(event)?;
        self.count(user.username.as_deref().unwrap_or_default(), user.groups(), key, weight)?;
        if weight > 0 {
            self.seen(event.time());
        } else {
            self.usage.passed_over += 1;
        }
        Ok(())
    }

    fn key(&mut self, event: &Event<'_>) -> Result<[u32; 5], String> {
        let verb = event.verb.as_deref().unwrap_or_default();
        let object = event.object_ref.as_ref();
        let object = object.and_then(|it| Some((it, it.resource.as_deref()?)));
        match (object, event.request_uri.as_deref()) {
            (Some((object, resource)), _) => {
                let [namespace, api_group, subresource, name] =
                    [&object.namespace, &object.api_group, &object.subresource, &object.name]
                        .map(|text| text.as_deref().unwrap_or_default());
                let resource = match subresource {
                    "" => Cow::Borrowed(resource),
                    subresource => Cow::Owned(format!("{resource}/{subresource}")),
                };
                Ok([namespace, api_group, &resource, verb, name].map(|text| self.symbol(text)))
            }
            (None, Some(uri)) => {
                let path = uri.split(['?', '#']).next().unwrap_or_default();
                Ok(["", PATH, path, verb, ""].map(|text| self.symbol(text)))
            }
            (None, None) => Err("names neither a resource nor a path".to_owned()),
        }
    }

    /// One more event counts.
    fn seen(&mut self, time: Option<&str>) {
        self.usage.events += 1;
        let Some(time) = time else { return };
        match &mut self.usage.window {
            None => self.usage.window = Some((time.to_owned(), time.to_owned())),
            Some((first, _)) if time < first.as_str() => time.clone_into(first),
            Some((_, last)) if time > last.as_str() => time.clone_into(last),
            Some(_) => {}
        }
    }

    fn count<'g>(
        &mut self,
        user: &str,
        groups: impl Iterator<Item = &'g str>,
        key: [u32; 5],
        weight: u64,
    ) -> Result<(), String> {
        let user = self.symbol(user);
        for group in groups {
            let group = self.symbol(group);
            let known = self.groups.entry(user).or_default();
            if !known.contains(&group) && known.len() < GROUPS_MAX {
                known.push(group);
            }
        }
        let is_full = self.counts.len() >= ACTIONS_MAX;
        match self.counts.get_mut(&(user, key)) {
            Some(count) => *count += weight,
            None if is_full => {
                return Err(format!("more than {ACTIONS_MAX} different actions: not counted"));
            }
            None => {
                self.counts.insert((user, key), weight);
            }
        }
        Ok(())
    }

    fn symbol(&mut self, text: &str) -> u32 {
        if let Some(symbol) = self.symbols.get(text) {
            return *symbol;
        }
        let symbol = self.texts.len() as u32;
        self.texts.push(text.into());
        self.symbols.insert(text.into(), symbol);
        symbol
    }
}

/// Most groups that are kept of one user.
const GROUPS_MAX: usize = 512;

fn parse<'t, T: serde::Deserialize<'t>>(text: &'t str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => "is cut off".to_owned(),
        serde_json::error::Category::Data => format!("is no audit event: {error}"),
        _ => format!("is no JSON: {error}"),
    })
}

#[cfg(test)]
mod tests;
