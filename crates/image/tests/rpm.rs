//! rpm's databases, written by rpm and by Berkeley DB, beside what rpm says is in them.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, outside of them")]

mod archive;
mod damage;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use archive::{Written, tar};
use image::{Fact, Layer, LayerLimits};
use package::Package;

const SPECIFICATION: &str = "\
Name: alpha
Epoch: 2
Version: 1.0~rc1
Release: 3.el9
Summary: a
License: MIT AND Apache-2.0
BuildArch: noarch
%description
a
%package -n beta-libs
Summary: b
Version: 7
%description -n beta-libs
b
%package many
Summary: c
%description many
c
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/usr/share/many
echo a > %{buildroot}/usr/bin/alpha
echo b > %{buildroot}/etc/beta
for number in $(seq 300); do echo > %{buildroot}/usr/share/many/file-$number; done
%files
/usr/bin/alpha
%files -n beta-libs
/etc/beta
%files many
/usr/share/many
";
const QUERY: &str = "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH} %{LICENSE}\n";

/// A folder with a database of a few packages, written by rpm.
struct Database {
    folder: PathBuf,
}

impl Database {
    /// None where rpm is not installed.
    fn new(name: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.spec"), SPECIFICATION).unwrap();
        let this = Self { folder };
        let top = format!("_topdir {}", this.folder.display());
        this.run("rpmbuild", &["-bb", "--define", &top, "a.spec"])?;
        let built = this.folder.join("RPMS/noarch");
        let mut arguments = vec!["-i", "--justdb", "--nodeps", "--dbpath", this.path()];
        let files: Vec<String> = std::fs::read_dir(built)
            .unwrap()
            .map(|entry| entry.unwrap().path().display().to_string())
            .collect();
        arguments.extend(files.iter().map(String::as_str));
        this.run("rpm", &arguments)?;
        Some(this)
    }

    fn path(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Option<Vec<u8>> {
        let beside = std::env::var_os("BOLLWERK_RPM")
            .map_or_else(|| program.into(), |rpm| Path::new(&rpm).with_file_name(program));
        output(Command::new(beside).args(arguments).current_dir(&self.folder), program, b"")
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).unwrap()
    }

    /// What rpm says is in the database.
    fn said(&self, arguments: &[&str]) -> Vec<String> {
        let all = [&["-qa", "--dbpath", self.path()], arguments].concat();
        let said = String::from_utf8(self.run("rpm", &all).unwrap()).unwrap();
        let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The headers of all packages, as rpm stores them.
    fn headers(&self) -> Vec<Vec<u8>> {
        /// What stands before each in an export.
        const MAGIC_BYTES: usize = 8;
        let all = self.run("rpmdb", &["--exportdb", "--dbpath", self.path()]).unwrap();
        let mut rest = &all[..];
        let mut headers = Vec::new();
        while !rest.is_empty() {
            rest = &rest[MAGIC_BYTES..];
            let word = |at: usize| u32::from_be_bytes(*rest[at..].first_chunk().unwrap()) as usize;
            let (header, after) = rest.split_at(8 + 16 * word(0) + word(4));
            headers.push(header.to_vec());
            rest = after;
        }
        headers
    }
}

/// What a program writes; none where it is not installed, which only a developer's machine may do.
fn output(command: &mut Command, name: &str, input: &[u8]) -> Option<Vec<u8>> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{name}: {error}");
            println!("not compared: {name}: {error}");
            return None;
        }
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    Some(done.stdout)
}

fn read(path: &str, content: &[u8]) -> Layer {
    Layer::read(&tar(&[Written::file(path, content)])[..], &LayerLimits::default()).unwrap()
}

fn packages(layer: &Layer) -> Vec<&Package> {
    let facts = layer.finds.iter().filter_map(|find| match &find.fact {
        Fact::Packages(packages) => Some(packages),
        _ => None,
    });
    facts.flatten().collect()
}

/// The same lines that rpm is asked for.
fn lines(layer: &Layer) -> Vec<String> {
    let line = |it: &&Package| {
        let architecture = it.architecture.as_deref().unwrap_or("(none)");
        format!("{} {} {architecture} {}", it.name, it.version, it.licences.join(" "))
    };
    let mut lines: Vec<String> = packages(layer).iter().map(line).collect();
    lines.sort();
    lines
}

fn owned(layer: &Layer) -> usize {
    let files = layer.finds.iter().filter_map(|find| match &find.fact {
        Fact::Owned(paths) => Some(paths.len()),
        _ => None,
    });
    files.sum()
}

#[test]
fn sqlite_says_what_rpm_says() {
    let Some(database) = Database::new("rpm-sqlite") else { return };
    let path = "var/lib/rpm/rpmdb.sqlite";
    let file = database.file("rpmdb.sqlite");
    let layer = read(path, &file);
    assert_eq!(layer.gaps, []);
    assert_eq!(lines(&layer), database.said(&["--qf", QUERY]));
    assert_eq!(lines(&layer).len(), 3);
    assert_eq!(owned(&layer), database.said(&["-l"]).len());
    let sources: Vec<_> = packages(&layer).into_iter().map(|it| it.source.clone()).collect();
    let named = sources.iter().flatten().filter(|source| source.name == "alpha");
    assert_eq!((named.count(), sources.len()), (2, 3));
    let log = read("var/lib/rpm/rpmdb.sqlite-wal", b"x");
    assert_eq!(log.gaps.len(), 1);
    damage::each(&file, 4_999, |bytes| drop(read(path, bytes)));
}

#[test]
fn berkeley_says_what_rpm_says() {
    let Some(database) = Database::new("rpm-berkeley") else { return };
    let headers = database.headers();
    let path = "usr/lib/sysimage/rpm/Packages";
    let expected = database.said(&["--qf", QUERY]);
    std::fs::remove_file(database.folder.join("rpmdb.sqlite")).unwrap();
    for (order, page_bytes) in [("1234", 512), ("4321", 4_096), ("1234", 32_768)] {
        // As rpm has them: small numbers in the order of the machine, the highest under 0.
        let mut dump = format!(
            "VERSION=3\nformat=bytevalue\ntype=hash\ndb_lorder={order}\ndb_pagesize={page_bytes}\n\
             HEADER=END\n"
        );
        let highest = (headers.len() as u32).to_le_bytes().to_vec();
        for (number, value) in [&highest].into_iter().chain(&headers).enumerate() {
            for bytes in [&(number as u32).to_le_bytes()[..], value] {
                dump.push(' ');
                dump.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
                dump.push('\n');
            }
        }
        dump.push_str("DATA=END\n");
        let _ = std::fs::remove_file(database.folder.join("Packages"));
        let mut load = Command::new(
            std::env::var_os("BOLLWERK_DB_LOAD").unwrap_or_else(|| "db5.3_load".into()),
        );
        load.arg("Packages").current_dir(&database.folder);
        if output(&mut load, "db5.3_load", dump.as_bytes()).is_none() {
            return;
        }
        let file = database.file("Packages");
        let layer = read(path, &file);
        assert_eq!(layer.gaps, [], "{page_bytes}");
        let by_rpm = database.said(&["--define", "_db_backend bdb_ro", "--qf", QUERY]);
        assert_eq!(by_rpm, expected, "rpm reads what was written here");
        assert_eq!(lines(&layer), expected, "{page_bytes}");
        damage::each(&file, 4_999, |bytes| drop(read(path, bytes)));
    }
}

/// No rpm of Debian writes this form: it is written here, by rpm's `rpmpkg.c`.
#[test]
fn ndb_says_what_rpm_says() {
    let Some(database) = Database::new("rpm-ndb") else { return };
    let headers = database.headers();
    let words = |words: &[u32]| words.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<u8>>();
    let mut slots = [&b"RpmP"[..], &words(&[0, 1, 1, 9, 0, 0, 0])].concat();
    let mut blobs = Vec::new();
    for (at, header) in headers.iter().enumerate() {
        let number = at as u32 + 1;
        let start = ((4_096 + blobs.len()) / 16) as u32;
        let blob = [&b"BlbS"[..], &words(&[number, 1, header.len() as u32]), header].concat();
        blobs.extend(blob);
        // A checksum, the length again and a magic end it, at the end of its last block.
        blobs.resize((blobs.len() + 12).next_multiple_of(16), 0);
        let blocks = (4_096 + blobs.len()) as u32 / 16 - start;
        slots.extend([&b"Slot"[..], &words(&[number, start, blocks])].concat());
    }
    while slots.len() < 4_096 {
        slots.extend([&b"Slot"[..], &words(&[0, 0, 0])].concat());
    }
    let file = [slots, blobs].concat();
    let path = "usr/lib/sysimage/rpm/Packages.db";
    let layer = read(path, &file);
    assert_eq!(layer.gaps, []);
    assert_eq!(lines(&layer), database.said(&["--qf", QUERY]));
    damage::each(&file, 4_999, |bytes| drop(read(path, bytes)));
    // Every slot the first package: what grows without end is refused.
    let mut same = file.clone();
    let first = same[32..48].to_vec();
    same[32..4_096].chunks_exact_mut(16).for_each(|slot| slot.copy_from_slice(&first));
    assert_eq!(read(path, &same).gaps.len(), 1);
}
