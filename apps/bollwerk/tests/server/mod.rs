//! A server on loopback that answers conditional requests and ranges, and errs where it is told to.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use image::Digest;

/// An answer that is given whatever is asked.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    body: Vec<u8>,
    claims: Option<usize>,
    is_dripping: bool,
    location: Option<String>,
    link: Option<String>,
}

impl Answer {
    pub(crate) fn of(status: u16, body: Vec<u8>) -> Self {
        Self { status, body, claims: None, is_dripping: false, location: None, link: None }
    }

    /// Says it is longer than it is.
    pub(crate) fn claiming(self, length: usize) -> Self {
        Self { claims: Some(length), ..self }
    }

    /// A byte now and then.
    pub(crate) fn dripping(self) -> Self {
        Self { is_dripping: true, ..self }
    }

    /// Leads elsewhere.
    pub(crate) fn at(self, location: &str) -> Self {
        Self { location: Some(location.to_owned()), ..self }
    }

    /// Goes on at another address.
    pub(crate) fn linking(self, link: &str) -> Self {
        Self { link: Some(link.to_owned()), ..self }
    }
}

#[derive(Default)]
struct Kept {
    files: BTreeMap<String, Vec<u8>>,
    answers: BTreeMap<String, Answer>,
    /// After how many bytes the next answer breaks off.
    breaks: BTreeMap<String, usize>,
    sent: Vec<(String, u16)>,
    bytes_sent: u64,
}

pub(crate) struct Server {
    address: String,
    kept: Arc<Mutex<Kept>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = kept.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                thread::spawn(move || drop(serve(&shared, stream.unwrap())));
            }
        });
        Self { address, kept }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A file, served as it should be.
    pub(crate) fn put(&self, path: &str, content: Vec<u8>) {
        let mut kept = self.kept.lock().unwrap();
        kept.answers.remove(path);
        kept.files.insert(path.to_owned(), content);
    }

    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        self.kept.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// The next answer ends after so many bytes.
    pub(crate) fn break_off(&self, path: &str, after: usize) {
        self.kept.lock().unwrap().breaks.insert(path.to_owned(), after);
    }

    /// The codes of all answers for a path.
    pub(crate) fn sent(&self, path: &str) -> Vec<u16> {
        let kept = self.kept.lock().unwrap();
        kept.sent.iter().filter(|(it, _)| it == path).map(|(_, status)| *status).collect()
    }

    /// Bytes of all bodies.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.kept.lock().unwrap().bytes_sent
    }
}

fn serve(shared: &Mutex<Kept>, mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut kept = shared.lock().unwrap();
    let (mut head, answer) = decide(&kept, &path, &headers);
    kept.sent.push((path.clone(), answer.status));
    let broken = kept.breaks.remove(&path);
    let body = answer.body.get(..broken.unwrap_or(usize::MAX)).unwrap_or(&answer.body);
    kept.bytes_sent += body.len() as u64;
    drop(kept);
    let length = answer.claims.unwrap_or(answer.body.len());
    head.insert("Content-Length", length.to_string());
    head.extend(answer.location.map(|it| ("Location", it)));
    head.extend(answer.link.map(|it| ("Link", it)));
    write!(stream, "HTTP/1.1 {} x\r\nConnection: close\r\n", answer.status)?;
    for (name, value) in head {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    if answer.is_dripping {
        for byte in body {
            stream.write_all(&[*byte])?;
            thread::sleep(Duration::from_millis(50));
        }
    }
    stream.write_all(body)
}

type Headers = BTreeMap<String, String>;

fn decide(kept: &Kept, path: &str, asked: &Headers) -> (BTreeMap<&'static str, String>, Answer) {
    let mut head = BTreeMap::new();
    if let Some(answer) = kept.answers.get(path) {
        return (head, answer.clone());
    }
    let Some(content) = kept.files.get(path) else {
        return (head, Answer::of(404, b"not here".to_vec()));
    };
    let tag = format!("\"{}\"", Digest::of(content));
    head.insert("ETag", tag.clone());
    if asked.get("if-none-match") == Some(&tag) {
        return (head, Answer::of(304, Vec::new()));
    }
    let start = asked
        .get("range")
        .and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match start.filter(|_| asked.get("if-range") == Some(&tag)) {
        Some(start) => {
            let (last, length) = (content.len() - 1, content.len());
            head.insert("Content-Range", format!("bytes {start}-{last}/{length}"));
            (head, Answer::of(206, content[start..].to_vec()))
        }
        None => (head, Answer::of(200, content.clone())),
    }
}
