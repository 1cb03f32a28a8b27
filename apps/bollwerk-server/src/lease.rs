//! Which of several servers writes: the one that holds a `Lease`.
//!
//! The others answer reviews and show pages as well; they only do not record. No clock of
//! another machine is trusted: a lease is free once it did not change for its duration as this
//! process counts it. A server that was stopped for a while and believes that it still holds the
//! lease is kept from writing by the store, which knows whose term it is.
//!
//! Source: `k8s.io/client-go/tools/leaderelection`, whose durations these are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use collect::cluster::{Connection, ConnectionError};
use serde_json::{Value, json};
use tokio::sync::watch;

/// How long a lease holds that is not renewed.
const DURATION: Duration = Duration::from_secs(15);

/// How long the holder tries to renew before it stops to write.
pub(crate) const RENEW_DEADLINE: Duration = Duration::from_secs(10);

/// Between two tries.
const RETRY: Duration = Duration::from_secs(2);

/// What was seen of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Observed {
    holder: String,
    /// Changes with each renewal.
    version: String,
    transitions: i64,
}

impl Observed {
    fn of(lease: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            holder: text(&lease["spec"]["holderIdentity"]),
            version: text(&lease["metadata"]["resourceVersion"]),
            transitions: lease["spec"]["leaseTransitions"].as_i64().unwrap_or_default(),
        }
    }
}

/// What to do about a lease.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Create,
    Renew,
    Take,
    Wait,
}

/// What was seen of the lease, and since when it has been so by this process' own count.
#[derive(Debug, Default)]
struct Memory(Option<(Observed, Instant)>);

impl Memory {
    /// What to do, given what is seen now.
    fn step(&mut self, own: &str, seen: Option<&Observed>, now: Instant) -> Step {
        let Some(seen) = seen else { return Step::Create };
        if seen.holder == own {
            return Step::Renew;
        }
        let since = match &self.0 {
            Some((before, since)) if before == seen => *since,
            _ => {
                self.0 = Some((seen.clone(), now));
                now
            }
        };
        let is_free = seen.holder.is_empty() || now.duration_since(since) > DURATION;
        if is_free { Step::Take } else { Step::Wait }
    }
}

/// Tries to hold a lease for as long as the program runs.
pub(crate) struct Lease {
    pub(crate) connection: Arc<Connection>,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Who this process is: unique among the servers.
    pub(crate) own: String,
    /// When the renewal began that succeeded last; none while another holds it.
    pub(crate) renewed: watch::Sender<Option<Instant>>,
}

impl Lease {
    pub(crate) async fn keep(self) {
        let mut memory = Memory::default();
        loop {
            let began = Instant::now();
            match self.attempt(&mut memory).await {
                Ok(true) => drop(self.renewed.send_replace(Some(began))),
                Ok(false) => drop(self.renewed.send_replace(None)),
                Err(error) => tracing::warn!(%error, "the lease cannot be read or renewed"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Whether the lease is held after one try.
    async fn attempt(&self, memory: &mut Memory) -> Result<bool, ConnectionError> {
        let all = format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", self.namespace);
        let one = format!("{all}/{}", self.name);
        let (status, lease) = self.connection.ask("GET", &one, None).await?;
        let seen = match status {
            200 => Some(Observed::of(&lease)),
            404 => None,
            _ => return Err(self.connection.refused(status, &lease)),
        };
        let step = memory.step(&self.own, seen.as_ref(), Instant::now());
        let (method, path) = match step {
            Step::Wait => return Ok(false),
            Step::Create => ("POST", &all),
            Step::Renew | Step::Take => ("PUT", &one),
        };
        let wanted = self.wanted(lease, seen.as_ref(), &step);
        let (status, answer) = self.connection.ask(method, path, Some(&wanted)).await?;
        match status {
            200 | 201 => Ok(true),
            // Somebody else was faster.
            409 => Ok(false),
            _ => Err(self.connection.refused(status, &answer)),
        }
    }

    fn wanted(&self, lease: Value, seen: Option<&Observed>, step: &Step) -> Value {
        // `MicroTime` of `k8s.io/apimachinery` has six digits.
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        let mut wanted = match seen {
            Some(_) => lease,
            None => json!({
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self.name, "namespace": self.namespace},
                "spec": {},
            }),
        };
        let spec = &mut wanted["spec"];
        spec["holderIdentity"] = self.own.as_str().into();
        spec["leaseDurationSeconds"] = DURATION.as_secs().into();
        spec["renewTime"] = now.as_str().into();
        if *step != Step::Renew {
            spec["acquireTime"] = now.as_str().into();
            let before = seen.map_or(0, |it| it.transitions);
            spec["leaseTransitions"] = if seen.is_some() { before + 1 } else { 0 }.into();
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(holder: &str, version: &str) -> Observed {
        Observed { holder: holder.to_owned(), version: version.to_owned(), transitions: 0 }
    }

    #[test]
    fn a_lease_is_taken_once_it_does_not_change_for_its_duration() {
        let (mut memory, start) = (Memory::default(), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(memory.step("me", None, at(0)), Step::Create);
        assert_eq!(memory.step("me", Some(&seen("other", "1")), at(0)), Step::Wait);
        assert_eq!(memory.step("me", Some(&seen("other", "1")), at(14)), Step::Wait);
        // It was renewed: the time counts anew.
        assert_eq!(memory.step("me", Some(&seen("other", "2")), at(16)), Step::Wait);
        assert_eq!(memory.step("me", Some(&seen("other", "2")), at(31)), Step::Wait);
        assert_eq!(memory.step("me", Some(&seen("other", "2")), at(32)), Step::Take);
        assert_eq!(memory.step("me", Some(&seen("me", "3")), at(32)), Step::Renew);
        // One that was given back is free at once.
        assert_eq!(memory.step("me", Some(&seen("", "4")), at(33)), Step::Take);
    }
}
