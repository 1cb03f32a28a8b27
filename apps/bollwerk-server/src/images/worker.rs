//! Asks registries for what runs, and tells what came of it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use bollwerk::config::images::ImageSettings;
use bollwerk::image::{Scanned, Scanner};
use image::Reference;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::running::Running;
use super::schedule::{Job, Schedule};

/// How often it is looked whether something is due that nobody has told of.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Jobs before it is looked again what runs: what is new and exposed need not wait for hundreds.
const JOBS_AT_ONCE: usize = 32;

/// What came of a job.
#[derive(Debug)]
pub enum Told {
    /// An image was scanned.
    Scanned {
        /// What was asked for.
        pull: String,
        /// What is known of it.
        image: Box<Scanned>,
        /// What tells the database from every other.
        database: u64,
        /// When it was begun.
        begun: Timestamp,
        /// When it was done.
        at: Timestamp,
    },
    /// A tag was looked up.
    Tag {
        /// The reference.
        reference: String,
        /// The digest it names now.
        digest: String,
        /// When.
        at: Timestamp,
    },
    /// Something could not be had: a gap of what was asked for.
    Missed {
        /// What.
        job: Job,
        /// Why, without any credential.
        reason: String,
        /// When it was begun.
        begun: Timestamp,
        /// When it is tried again.
        again: Timestamp,
    },
}

/// Follows what runs for as long as somebody tells of it: images that were not scanned yet, or
/// with another database, and tags that were not looked up for long. `schedule` says what was done
/// by earlier runs, `wait` is told how much is still to be done. No more jobs than
/// `settings.at_once` run side by side, and no more begin in a minute than `settings.per_minute`.
pub async fn follow(
    settings: ImageSettings,
    mut running: watch::Receiver<Arc<[Running]>>,
    mut schedule: Schedule,
    tell: impl Fn(Told),
    wait: impl Fn(usize),
) {
    if !settings.scan {
        return;
    }
    let settings = Arc::new(settings);
    let mut pace = interval(Duration::from_mins(1) / settings.per_minute.max(1));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_more = false;
    loop {
        if !is_more {
            tokio::select! {
                changed = running.changed() => if changed.is_err() { return },
                _ = look.tick() => {}
            }
        }
        is_more = false;
        if running.borrow().is_empty() {
            // What was done stays known: nobody may have told yet of what runs.
            wait(0);
            continue;
        }
        // Opened anew each time: a newer database is seen, and none is held while nothing is due.
        let scanner = match open(&settings).await {
            Ok(scanner) => Arc::new(scanner),
            Err(error) => {
                let now = running.borrow_and_update().clone();
                let reason = format!("{error:#}");
                missed(&mut schedule, &now, &settings, &reason).into_iter().for_each(&tell);
                continue;
            }
        };
        let now: Arc<[Running]> = running.borrow_and_update().clone();
        let database = scanner.database().1;
        let due = schedule.due(&now, database, settings.tags_every, Timestamp::now());
        let (out, mut done) = mpsc::channel(settings.at_once.max(1));
        let mut left = due.len();
        wait(left);
        is_more = left > JOBS_AT_ONCE;
        let mut jobs = due.into_iter().take(JOBS_AT_ONCE);
        let mut at_work = 0;
        loop {
            while at_work < settings.at_once.max(1) {
                let Some(job) = jobs.next() else { break };
                pace.tick().await;
                begin(job, Arc::clone(&scanner), Arc::clone(&settings), out.clone());
                at_work += 1;
            }
            if at_work == 0 {
                break;
            }
            let Some((job, begun, said)) = done.recv().await else { break };
            at_work -= 1;
            left -= 1;
            wait(left);
            tell(take(&mut schedule, (job, begun), said, database));
        }
    }
}

/// Nothing can be asked for now: each image, and each tag, is a gap of its own.
fn missed(
    schedule: &mut Schedule,
    running: &[Running],
    settings: &ImageSettings,
    reason: &str,
) -> Vec<Told> {
    let begun = Timestamp::now();
    // No database has this fingerprint: all is due that was not put off.
    let due = schedule.due(running, 0, settings.tags_every, begun);
    let told = due.into_iter().map(|job| {
        let again = schedule.failed(&job, begun);
        Told::Missed { job, reason: reason.to_owned(), begun, again }
    });
    told.collect()
}

/// A job that was done: when it was begun, and what came of it.
type Done = (Job, Timestamp, Result<Said>);

fn begin(job: Job, scanner: Arc<Scanner>, settings: Arc<ImageSettings>, out: mpsc::Sender<Done>) {
    tokio::task::spawn_blocking(move || {
        let begun = Timestamp::now();
        let said = ask(&scanner, &settings, &job);
        // Whoever listened is gone: so is the need.
        let _ = out.blocking_send((job, begun, said));
    });
}

async fn open(settings: &ImageSettings) -> Result<Scanner> {
    let options = settings.scanner.clone();
    tokio::task::spawn_blocking(move || Scanner::open(options)).await?
}

/// What a registry said.
enum Said {
    Image(Box<Scanned>),
    Digest(String),
}

fn ask(scanner: &Scanner, settings: &ImageSettings, job: &Job) -> Result<Said> {
    let (Job::Scan(reference) | Job::Tag(reference)) = job;
    let is_here = matches!(job, Job::Scan(_)) && scanner.has(reference);
    let parsed: Reference = reference.parse()?;
    if settings.offline && !is_here {
        bail!("it is not in `images.folder`, and no registry is asked (`images.offline`)");
    }
    if !is_here && !settings.may_ask(&parsed.registry) {
        bail!("`images.registries` does not name {}", parsed.registry);
    }
    match job {
        Job::Scan(_) => Ok(Said::Image(Box::new(scanner.scan(reference, Timestamp::now())?))),
        Job::Tag(_) => scanner.names_now(reference).map(Said::Digest),
    }
}

fn take(
    schedule: &mut Schedule,
    (job, begun): (Job, Timestamp),
    said: Result<Said>,
    database: u64,
) -> Told {
    let at = Timestamp::now();
    let said = match said {
        Ok(said) => said,
        Err(error) => {
            let again = schedule.failed(&job, at);
            return Told::Missed { job, reason: format!("{error:#}"), begun, again };
        }
    };
    let (Job::Scan(reference) | Job::Tag(reference)) = job;
    match said {
        Said::Image(image) => {
            schedule.scanned(&reference, database);
            Told::Scanned { pull: reference, image, database, begun, at }
        }
        Said::Digest(digest) => {
            schedule.looked_up(&reference, at);
            Told::Tag { reference, digest, at }
        }
    }
}
