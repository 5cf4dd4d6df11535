//! A scripted server, which answers one connection after another as told, and reports what it was asked.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

/// What becomes of a connection.
pub(crate) enum Answer {
    /// Nothing but its end, once the request is there.
    Cut,
    /// These bytes, and its end.
    Whole(String),
    /// These bytes, and silence.
    Silent(String),
}

/// What was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The request line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&prefix))
    }
}

pub(crate) struct Scripted {
    address: SocketAddr,
    asked: Receiver<Asked>,
}

impl Scripted {
    /// Gives each connection the next answer; after the last one nobody listens.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, asked) = channel();
        let answers: Vec<_> = answers.into_iter().collect();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for answer in answers {
                let (mut connection, _) = listener.accept().unwrap();
                let _ = sender.send(read(&connection));
                match answer {
                    Answer::Cut => {}
                    Answer::Whole(said) => connection.write_all(said.as_bytes()).unwrap(),
                    Answer::Silent(said) => {
                        connection.write_all(said.as_bytes()).unwrap();
                        silent.push(connection);
                    }
                }
            }
            drop(listener);
            // Silent until the test is over.
            loop {
                thread::park();
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request; fails where none comes in 10 s.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.recv_timeout(Duration::from_secs(10)).unwrap()
    }
}

fn read(connection: &TcpStream) -> Asked {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "half a request: {head:?}");
    }
    let mut asked = Asked { head: head.to_lowercase(), body: Vec::new() };
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    asked.body.resize(length, 0);
    reader.read_exact(&mut asked.body).unwrap();
    asked
}

/// The bytes of a whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Whole(format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

/// What a stream begins with.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nretry: 10\n\n";

/// An event as `format=json` writes it.
pub(crate) fn event(id: &str, data: &str) -> String {
    format!(
        "data: {{\"id\":\"{id}\",\"type\":\"message\",\"topics\":[\"a\"],\"data\":\"{data}\",\"at\":\"2026-11-22T05:18:01.400Z\"}}\nid: {id}\n\n"
    )
}
