//! Looks for credentials in all files below a folder and tells what it found and how fast.
#![expect(clippy::disallowed_methods, reason = "an example that measures")]
#![expect(clippy::print_stdout, reason = "the measurement is its result")]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let root = PathBuf::from(arguments.next().unwrap_or_else(|| ".".into()));
    let mut folders = vec![root];
    let (mut scanner, mut took) = (secret::Scanner::new(), Duration::ZERO);
    let (mut bytes, mut files) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_type()?.is_file() {
                let content = fs::read(entry.path())?;
                let path = entry.path();
                let mut tell = |found: secret::Found<'_>| {
                    println!("{}:{}: {}", path.display(), found.line, found.rule);
                };
                let begun = Instant::now();
                scanner.take(&content, &mut tell);
                scanner.finish(&mut tell);
                took += begun.elapsed();
                bytes += content.len() as u64;
                files += 1;
            }
        }
    }
    let seconds = took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "printed with one digit")]
    let megabytes = bytes as f64 / 1e6;
    println!("{files} files, {megabytes:.1} MB in {seconds:.3} s: {:.0} MB/s", megabytes / seconds);
    Ok(())
}
