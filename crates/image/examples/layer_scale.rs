//! What a layer of very many small files costs: `layer_scale [FILES]`, 3,000,000 without a number.
//!
//! The layer is written while it is read, so that nothing of it lies in memory but what the
//! reader keeps. The floor is the same stream, read and thrown away.
#![expect(clippy::print_stdout, reason = "the measurements are its result")]
#![expect(clippy::unwrap_used, reason = "an example that fails ends")]
#![expect(clippy::disallowed_methods, reason = "it measures with the clock")]

use std::io::{self, Read};
use std::time::Instant;

use image::{Layer, LayerLimits};

const BLOCK_BYTES: usize = 512;
/// Bytes of each file.
const CONTENT: &[u8] = b"{\"name\": \"x\"}";
/// Every so many files one says something: the metadata of a Python package.
const METADATA_EVERY: u32 = 10_000;

/// A tar of so many files, made as it is read.
struct Files {
    next: u32,
    count: u32,
    block: Vec<u8>,
    at: usize,
}

impl Files {
    fn new(count: u32) -> Self {
        Self { next: 0, count, block: Vec::new(), at: 0 }
    }

    fn fill(&mut self) {
        let number = self.next;
        self.next += 1;
        self.at = 0;
        self.block.clear();
        if number >= self.count {
            self.block.resize(if number == self.count { 2 * BLOCK_BYTES } else { 0 }, 0);
            return;
        }
        let (a, b) = (number / 1_000, number % 1_000);
        let path = if number.is_multiple_of(METADATA_EVERY) {
            format!("srv/lib/package{a}-1.0.dist-info/METADATA")
        } else {
            format!("srv/www/node_modules/package-{a}/lib/some/deep/folder/file-{b}.js")
        };
        let content = match number % METADATA_EVERY {
            0 => format!("Metadata-Version: 2.1\nName: package{a}\nVersion: 1.0\n\n").into_bytes(),
            _ => CONTENT.to_vec(),
        };
        let mut header = [0; BLOCK_BYTES];
        header[..path.len()].copy_from_slice(path.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
        self.block.extend_from_slice(&header);
        self.block.extend_from_slice(&content);
        self.block.resize(self.block.len().next_multiple_of(BLOCK_BYTES), 0);
    }
}

impl Read for Files {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < buffer.len() {
            if self.at == self.block.len() {
                if self.next > self.count {
                    break;
                }
                self.fill();
            }
            let count = (self.block.len() - self.at).min(buffer.len() - written);
            buffer[written..written + count].copy_from_slice(&self.block[self.at..self.at + count]);
            (written, self.at) = (written + count, self.at + count);
        }
        Ok(written)
    }
}

fn main() {
    let count = std::env::args().nth(1).map_or(3_000_000, |it| it.parse().unwrap());
    let start = Instant::now();
    let mut window = vec![0; 256 * 1024];
    let (mut stream, mut bytes) = (Files::new(count), 0_u64);
    loop {
        let read = stream.read(&mut window).unwrap();
        if read == 0 {
            break;
        }
        bytes += read as u64;
    }
    let floor = start.elapsed().as_secs_f64();
    let before = peak_mib();
    let start = Instant::now();
    let layer = Layer::read(Files::new(count), &LayerLimits::default()).unwrap();
    let taken = start.elapsed().as_secs_f64();
    println!(
        "a layer of {} files, {} MB, {} finds, {} gaps: {taken:.2} s, {:.1} times the floor \
         ({floor:.2} s, writing it); peak {:.0} MiB, {before:.0} of them before it",
        layer.entries,
        bytes / 1_000_000,
        layer.finds.len(),
        layer.gaps.len(),
        taken / floor,
        peak_mib(),
    );
}

/// The most memory the process had.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kibibytes = line.split_whitespace().next().and_then(|it| it.parse::<f64>().ok());
    kibibytes.unwrap_or_default() / 1024.0
}
