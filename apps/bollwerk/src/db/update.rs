//! `bollwerk db update`: what is new, from whoever publishes it or from a mirror.
//!
//! Nothing is replaced before all of it is there, verified, and can be opened. What fails leaves
//! the database of before as it was.

mod prebuilt;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use advisory::signature::{PublicKey, digest_of};
use advisory::{Database, Date, Intake};
use anyhow::{Context, Result, bail, ensure};
use collect::advisories::{DownloadOptions, Downloader, Fetched, digest, replace};
use report::harmless;

use super::chosen::{state, user_path};
use super::source::{Typed, tell};
use super::upstream::{UPSTREAM, Upstream};
use super::verify::key;
use super::{UNKNOWN, now};
use crate::arguments::DbUpdate;
use crate::console::{RED, YELLOW};

/// What a database begins with.
const MAGIC: &[u8] = b"bollwerk-db\n";

/// One file that is wanted.
struct Wanted {
    name: String,
    from: String,
    /// What is published under that name; none for what is named by its address.
    known: Option<&'static Upstream>,
}

impl Wanted {
    /// What is published, where its publisher has it or below the address of a mirror.
    fn of(known: &'static Upstream, mirror: Option<&str>) -> Self {
        let from = mirror.map_or_else(|| known.url.to_owned(), |it| format!("{it}{}", known.path));
        Self { name: known.name.to_owned(), from, known: Some(known) }
    }
}

/// All that an update goes by.
struct Update<'u> {
    arguments: &'u DbUpdate,
    downloader: Downloader,
    key: Option<PublicKey>,
    to: PathBuf,
    /// The file of before; empty if there is none.
    before: Vec<u8>,
    /// What goes wrong without ending the update.
    failures: usize,
}

/// Runs the command; the code to exit with.
pub(super) fn run(arguments: &DbUpdate) -> Result<u8> {
    let to = arguments.to.clone().or_else(user_path);
    let to = to.context("there is no folder for your data: name a file with `--to`")?;
    let wanted = wanted(arguments)?;
    let key = arguments.database_key.as_deref().map(key).transpose()?;
    let options = DownloadOptions {
        total_timeout: Duration::from_secs(arguments.max_seconds),
        read_timeout: Duration::from_secs(arguments.max_seconds)
            .min(DownloadOptions::default().read_timeout),
        bytes_max: arguments.max_bytes,
        allows_plain: key.is_some(),
        ..DownloadOptions::default()
    };
    let before = fs::read(&to).unwrap_or_default();
    let downloader = Downloader::new(options)?;
    let mut update = Update { arguments, downloader, key, to, before, failures: 0 };
    match update.run(&wanted) {
        Ok(()) if update.failures == 0 => Ok(0),
        Ok(()) => Ok(UNKNOWN),
        Err(error) => {
            let kept = if update.before.is_empty() {
                "there is no database of before"
            } else {
                "the database of before is kept"
            };
            let text = harmless(&format!("{error:#}"));
            anstream::eprintln!("{RED}not updated:{RED:#} {text}; {kept}");
            Ok(UNKNOWN)
        }
    }
}

/// What is to be fetched.
fn wanted(arguments: &DbUpdate) -> Result<Vec<Wanted>> {
    let mut found = Vec::new();
    for from in &arguments.from {
        if from.ends_with('/') && is_address(from) {
            found.extend(UPSTREAM.iter().map(|it| Wanted::of(it, Some(from))));
        } else {
            found.push(Wanted { name: from.clone(), from: from.clone(), known: None });
        }
    }
    if arguments.from.is_empty() {
        found.extend(UPSTREAM.iter().map(|it| Wanted::of(it, None)));
    }
    for name in &arguments.only {
        if !UPSTREAM.iter().any(|it| it.name == name) {
            let names: Vec<&str> = UPSTREAM.iter().map(|it| it.name).collect();
            bail!("nothing published is called `{name}`; there are {}", names.join(", "));
        }
    }
    if !arguments.only.is_empty() {
        found.retain(|it| arguments.only.contains(&it.name));
    }
    Ok(found)
}

impl Update<'_> {
    fn run(&mut self, wanted: &[Wanted]) -> Result<()> {
        let mut files = Vec::new();
        for one in wanted {
            let file = self.fetch(one)?;
            files.push((one, file));
        }
        let is_database = |path: &PathBuf| {
            let start = fs::File::open(path).and_then(|mut file| {
                let mut start = [0; MAGIC.len()];
                std::io::Read::read_exact(&mut file, &mut start)?;
                Ok(start)
            });
            start.is_ok_and(|start| start == MAGIC)
        };
        match files.as_slice() {
            [(_, file)] if is_database(file) => {
                let content = fs::read(file)?;
                self.install(&content)
            }
            _ if files.iter().any(|(_, file)| is_database(file)) => {
                bail!("a database that is built stands alone: name it, or its sources")
            }
            _ if self.key.is_some() => {
                bail!("`--database-key` needs a database that somebody has signed, not its sources")
            }
            _ => self.build(&files),
        }
    }

    /// The file with what is wanted.
    fn fetch(&mut self, wanted: &Wanted) -> Result<PathBuf> {
        let from = wanted.from.as_str();
        let folder = self.downloads();
        if let Some(reference) = from.strip_prefix("oci://") {
            fs::create_dir_all(&folder)?;
            let content = prebuilt::from_registry(reference, self.arguments)?;
            let file = folder.join("registry.bwdb");
            replace(&file, &content)?;
            return Ok(file);
        }
        if !is_address(from) {
            let path = PathBuf::from(from);
            ensure!(path.exists(), "no file `{from}`");
            return Ok(path);
        }
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let file = match wanted.known {
            Some(known) => folder.join(known.name),
            None => folder.join(digest_of(from.as_bytes()).replace(':', "-")),
        };
        let mut digest = None;
        if wanted.known.is_none() {
            let most = self.arguments.max_bytes;
            match prebuilt::by_head(&self.downloader, from, &self.before, most)? {
                prebuilt::Found::Nothing => {}
                prebuilt::Found::Digest(stated) => digest = Some(stated),
                prebuilt::Found::Content(content) => {
                    replace(&file, &content)?;
                    return Ok(file);
                }
            }
        }
        self.download(wanted, &file)?;
        if let Some(stated) = digest {
            let came = collect::advisories::digest(&file)?;
            if came.as_str() != stated {
                // What is kept would be asked for again with its own tag.
                fs::remove_file(&file)?;
                bail!("what came has another digest than its head states: {came}");
            }
        }
        Ok(file)
    }

    /// Fetches a file, unless what was fetched before is what there is.
    fn download(&mut self, wanted: &Wanted, file: &Path) -> Result<()> {
        match self.downloader.fetch(&wanted.from, file) {
            Ok(Fetched::Unchanged) => Ok(()),
            Ok(Fetched::New(bytes)) => {
                anstream::eprintln!("fetched {bytes} bytes from {}", harmless(&shown(wanted)));
                Ok(())
            }
            // Of several sources one may fail: what was fetched of it before is as good as it was.
            Err(error) if wanted.known.is_some() && file.is_file() => {
                self.failures += 1;
                let told = harmless(&error.to_string());
                let then = "what was fetched of it before is used";
                anstream::eprintln!("{YELLOW}not fetched:{YELLOW:#} {told}; {then}");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Builds a database of files, unless it was built of the same before.
    fn build(&mut self, files: &[(&Wanted, PathBuf)]) -> Result<()> {
        let (now, today) = now(self.arguments.now)?;
        let mut digests = Vec::new();
        for (_, file) in files {
            digests.push(digest(file)?.to_string());
        }
        let mut intake = Intake::new(now, today);
        let opened = Database::split(&self.before).and_then(|(bytes, _)| Database::open(bytes));
        if let Ok(database) = opened {
            let told: Vec<String> = database.provenance().into_iter().map(|it| it.digest).collect();
            if told == digests {
                self.tell_up_to_date();
                return Ok(());
            }
            intake.seen_before(&database);
        }
        for (wanted, file) in files {
            let mut typed = match wanted.known {
                Some(known) => Typed { path: file.clone(), form: None, source: known.source() },
                None => Typed::read(&file.to_string_lossy())?,
            };
            if wanted.known.is_none() && is_address(&wanted.from) {
                typed.source.name = shown(wanted);
                typed.source.url = shown(wanted);
            }
            typed.take(&mut intake)?;
        }
        let taken = intake.finish();
        tell(&taken);
        ensure!(taken.built.records > 0, "no record can be matched with anything");
        self.failures += usize::from(taken.refused_count > 0);
        self.replace(&taken.built.bytes)
    }

    /// Takes a database that somebody has built.
    fn install(&mut self, file: &[u8]) -> Result<()> {
        let bytes = prebuilt::trusted(file, self.key.as_ref())?;
        let database = Database::open(bytes)?;
        if file == self.before.as_slice() {
            self.tell_up_to_date();
            return Ok(());
        }
        let opened = Database::split(&self.before).and_then(|(bytes, _)| Database::open(bytes));
        let of = |database: &Database<'_>| (database.built_at(), state(database).map(Date::days));
        if let Ok(before) = opened
            && of(&database) < of(&before)
            && !self.arguments.allow_older
        {
            let [new, old] = [&database, &before].map(|it| {
                state(it).map_or_else(|| "no known day".to_owned(), |day| day.to_string())
            });
            bail!("it is of {new}, the one that is there of {old}; `--allow-older` takes it");
        }
        self.replace(file)
    }

    fn replace(&self, file: &[u8]) -> Result<()> {
        let shown = self.to.display();
        let count = Database::split(file).and_then(|(bytes, _)| Database::open(bytes));
        let count = count?.advisories_count();
        replace(&self.to, file).with_context(|| format!("{shown} cannot be written"))?;
        anstream::println!("updated {shown}: {count} advisories, {} bytes", file.len());
        Ok(())
    }

    fn tell_up_to_date(&self) {
        anstream::println!("{} is up to date", self.to.display());
    }

    /// What was fetched, kept for the next time.
    fn downloads(&self) -> PathBuf {
        let mut name = self.to.as_os_str().to_owned();
        name.push(".downloads");
        PathBuf::from(name)
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// What a file is called for people: an address may hold a password or a token.
fn shown(wanted: &Wanted) -> String {
    if wanted.known.is_some() || !is_address(&wanted.from) {
        return wanted.name.clone();
    }
    let (scheme, rest) = wanted.from.split_once("://").unwrap_or(("https", &wanted.from));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{path}")
}
