//! Somebody who takes messages over HTTP, on loopback, and answers as he is told to.
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(dead_code, clippy::allow_attributes, reason = "not every test uses every helper")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longest wait for a request.
const WAIT: Duration = Duration::from_mins(1);

/// A request that came.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// How a request is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// With this status and header.
    Status(u16, &'static str),
    /// The connection ends without an answer.
    HangUp,
    /// Nothing is said for as long as the test runs.
    Silence,
}

pub(crate) struct Receiver {
    pub(crate) address: String,
    asked: Channel<Asked>,
}

impl Receiver {
    /// Answers with each of these in turn, and from then on with 200.
    pub(crate) fn start(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (out, asked) = channel();
        let mut replies: Vec<Reply> = replies.to_vec();
        replies.reverse();
        let replies = Arc::new(Mutex::new(replies));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (out, replies) = (out.clone(), Arc::clone(&replies));
                std::thread::spawn(move || drop(answer(stream.unwrap(), &out, &replies)));
            }
        });
        Self { address, asked }
    }

    /// The next request.
    pub(crate) fn next(&self) -> Asked {
        self.asked.recv_timeout(WAIT).expect("a request comes")
    }

    /// Whether another request has come.
    pub(crate) fn has_more(&self) -> bool {
        self.asked.try_recv().is_ok()
    }
}

fn answer(
    stream: TcpStream,
    out: &Sender<Asked>,
    replies: &Mutex<Vec<Reply>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |it| it.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let reply = replies.lock().unwrap().pop().unwrap_or(Reply::Status(200, ""));
    let _ = out.send(Asked { path, headers, body: String::from_utf8(body).unwrap() });
    let mut stream = stream;
    match reply {
        Reply::Status(status, header) => {
            let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
            write!(
                stream,
                "HTTP/1.1 {status} it\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
        Reply::HangUp => Ok(()),
        Reply::Silence => {
            std::thread::park();
            Ok(())
        }
    }
}
