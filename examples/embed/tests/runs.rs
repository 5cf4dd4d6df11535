//! The example as its reader runs it: what it publishes arrives, and its authoriser decides.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The program, until this is dropped.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_embed"))
            .env("LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        Self { child, address }
    }

    fn ask(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// What it answers to a publisher who presents this.
    fn publish(&self, authorization: &str) -> String {
        let mut said = String::new();
        let request = format!(
            "POST /topics/news HTTP/1.1\r\nHost: embed\r\n{authorization}Content-Length: 5\r\n\
             Connection: close\r\n\r\nhello"
        );
        self.ask(&request).read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Reads a stream up to some words.
fn read_to(stream: &mut TcpStream, words: &str) {
    let (mut said, mut piece) = (String::new(), [0; 4096]);
    while !said.contains(words) {
        let read = stream.read(&mut piece).expect("it comes within ten seconds");
        assert!(read > 0, "the stream ended: {said}");
        said += std::str::from_utf8(&piece[..read]).unwrap();
    }
}

#[test]
fn what_is_published_from_rust_arrives_and_the_authoriser_decides_who_else_publishes() {
    let program = Program::start();
    let mut stream = program.ask("GET /sse?topic=news HTTP/1.1\r\nHost: embed\r\n\r\n");
    read_to(&mut stream, "data: news number ");

    for (authorization, status) in [
        ("", "401"),
        ("Authorization: Bearer wrong\r\n", "401"),
        ("Authorization: Bearer sesame\r\n", "200"),
    ] {
        let said = program.publish(authorization);
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{authorization}: {said}");
    }
    read_to(&mut stream, "data: hello\n");
}
