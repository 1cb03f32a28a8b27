//! How often somebody may ask.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Requests at once, and requests a second for as long as they come.
const BURST: f64 = 120.0;
const RATE: f64 = 30.0;

/// Names that are remembered: beyond it those with nothing used are forgotten.
const NAMES_MAX: usize = 10_000;

/// A bucket a name: each request takes one, time fills it.
#[derive(Default)]
pub(crate) struct Limits(Mutex<HashMap<String, (f64, Instant)>>);

impl Limits {
    /// Whether one more request of this name is answered.
    pub(crate) fn take(&self, name: &str) -> bool {
        self.take_at(name, Instant::now())
    }

    fn take_at(&self, name: &str, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |(left, at): (f64, Instant)| {
            (left + now.saturating_duration_since(at).as_secs_f64() * RATE).min(BURST)
        };
        if all.len() >= NAMES_MAX && !all.contains_key(name) {
            all.retain(|_, bucket| filled(*bucket) < BURST);
            if all.len() >= NAMES_MAX {
                return false;
            }
        }
        let bucket = all.entry(name.to_owned()).or_insert((BURST, now));
        let left = filled(*bucket);
        *bucket = ((left - 1.0).max(0.0), now);
        left >= 1.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_answered_and_then_a_rate() {
        let (limits, start) = (Limits::default(), Instant::now());
        let taken = (0..1_000).filter(|_| limits.take_at("a", start)).count();
        assert_eq!(taken, 120);
        assert!(limits.take_at("b", start));
        let later = start + Duration::from_secs(2);
        assert_eq!((0..1_000).filter(|_| limits.take_at("a", later)).count(), 60);
    }

    #[test]
    fn many_names_take_no_more_memory() {
        let (limits, start) = (Limits::default(), Instant::now());
        for number in 0..3 * NAMES_MAX {
            limits.take_at(&number.to_string(), start);
        }
        let held = limits.0.lock().map(|all| all.len());
        assert_eq!(held.ok(), Some(NAMES_MAX));
    }
}
