//! How fast a folder of YAML files is read: `read_corpus FOLDER`.
#![expect(clippy::print_stdout, reason = "a program that prints its measurements")]
#![expect(clippy::cast_precision_loss, reason = "measurements are printed with few digits")]

use std::path::Path;
use std::time::{Duration, Instant};

use saphyr_parser::{Event, Parser};
use yaml::{Limits, Stream};
use yaml_rust2::YamlLoader;

/// Runs of each measurement, of which the best counts.
const RUNS: usize = 5;

fn main() {
    let folder = std::env::args().nth(1).expect("usage: read_corpus FOLDER");
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let bytes: Vec<Vec<u8>> =
        files.iter().map(|path| std::fs::read(path).expect("a readable file")).collect();
    let texts: Vec<&str> = bytes.iter().filter_map(|file| std::str::from_utf8(file).ok()).collect();
    let total: usize = texts.iter().map(|text| text.len()).sum();
    println!("{} files, {:.1} MB", texts.len(), total as f64 / 1e6);

    let floor = || bytes.iter().filter(|file| std::str::from_utf8(file).is_ok()).count();
    let ours = || sum(&texts, |text| Stream::yaml(text, &Limits::default()).node_count());
    let slow = || sum(&texts, |text| Stream::yaml_slowly(text, &Limits::default()).node_count());
    let saphyr = || sum(&texts, saphyr_tree);
    let rust2 = || sum(&texts, |text| YamlLoader::load_from_str(text).map_or(0, |all| all.len()));
    show("UTF-8 check", measure(floor), total);
    let best = measure(ours);
    show("yaml", best, total);
    show("yaml, slow path only", measure(slow), total);
    let saphyr = measure(saphyr);
    show("saphyr-parser, tree", saphyr, total);
    let rust2 = measure(rust2);
    show("yaml-rust2", rust2, total);
    let fastest = saphyr.min(rust2);
    println!("{:.1} times the fastest other", fastest.as_secs_f64() / best.as_secs_f64());

    let streams = texts.iter().map(|text| Stream::yaml(text, &Limits::default()));
    let (mut fast, mut nodes, mut peak) = (0, 0, 0);
    for stream in streams {
        fast += stream.fast_bytes();
        nodes += stream.node_count();
        peak = peak.max(stream.arena_bytes());
    }
    println!("{:.1} % of the bytes on the fast path", 100.0 * fast as f64 / total as f64);
    println!("{nodes} nodes, the largest arena has {:.1} MB", peak as f64 / 1e6);
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            files.push(path);
        }
    }
}

fn sum(texts: &[&str], read: impl Fn(&str) -> usize) -> usize {
    texts.iter().map(|text| read(text)).sum()
}

fn measure(work: impl Fn() -> usize) -> Duration {
    let run = |_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed()
    };
    (0..RUNS).map(run).min().expect("at least one run")
}

fn show(name: &str, time: Duration, bytes: usize) {
    println!("{name:<22} {:7.1} MB/s", bytes as f64 / 1e6 / time.as_secs_f64());
}

/// The simplest tree: as little work as a tree can be.
enum Tree<'t> {
    Scalar(std::borrow::Cow<'t, str>),
    Collection(Vec<Tree<'t>>),
}

/// Reads with `saphyr-parser`; the number of nodes.
fn saphyr_tree(text: &str) -> usize {
    let mut open: Vec<Vec<Tree<'_>>> = vec![Vec::new()];
    for event in Parser::new_from_str(text) {
        let Ok((event, _)) = event else { break };
        let node = match event {
            Event::Scalar(text, ..) => Tree::Scalar(text),
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                open.push(Vec::new());
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                Tree::Collection(open.pop().unwrap_or_default())
            }
            _ => continue,
        };
        if let Some(parent) = open.last_mut() {
            parent.push(node);
        }
    }
    open.iter().flatten().map(count).sum()
}

fn count(tree: &Tree<'_>) -> usize {
    match tree {
        Tree::Scalar(text) => usize::from(!text.is_empty()),
        Tree::Collection(children) => 1 + children.iter().map(count).sum::<usize>(),
    }
}
