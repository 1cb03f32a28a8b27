//! What a run cost: for `--stats`.

use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

/// Stages of a run with their time.
pub(crate) struct Stats {
    start: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl Stats {
    /// Starts the clock.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), stages: Vec::new() }
    }

    /// The stage that has just ended.
    pub(crate) fn stage(&mut self, name: &'static str) {
        let before: Duration = self.stages.iter().map(|(_, time)| *time).sum();
        self.stages.push((name, self.start.elapsed().saturating_sub(before)));
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: &Duration| time.as_secs_f64() * 1e3;
        write!(formatter, "wall {:.1} ms (", milliseconds(&self.start.elapsed()))?;
        for (number, (name, time)) in self.stages.iter().enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            write!(formatter, "{comma}{name} {:.1}", milliseconds(time))?;
        }
        write!(formatter, ")")?;
        if let Some(seconds) = cpu_seconds() {
            write!(formatter, ", CPU {:.1} ms", seconds * 1e3)?;
        }
        if let Some(kib) = peak_kib() {
            write!(formatter, ", peak {:.1} MiB", kib / 1024.0)?;
        }
        Ok(())
    }
}

/// Most memory the process ever held, where the system tells (Linux).
fn peak_kib() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time of all threads, where the system tells (Linux, `proc_pid_schedstat`).
fn cpu_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold blanks; utime and stime are fields 14 and 15.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    for field in [11, 12] {
        // The kernel counts in hundredths of a second (USER_HZ).
        nanoseconds += fields.get(field)?.parse::<f64>().ok()? * 1e7;
    }
    Some(nanoseconds / 1e9)
}
