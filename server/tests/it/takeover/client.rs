//! Clients that a takeover must not disturb: one that sends requests, on kept connections or on new ones, and
//! one that follows a topic.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::{sleep, timeout},
};

/// The longest that an answer may take.
const BOUND: Duration = Duration::from_secs(60);

/// Sends one request after the other, on one connection for as long as the server keeps it.
pub(crate) struct Requester {
    address: SocketAddr,
    token: String,
    keeps: bool,
    stream: Option<BufReader<TcpStream>>,
    /// How many connections it has had.
    pub(crate) connections: u32,
}

impl Requester {
    pub(crate) fn new(address: SocketAddr, token: &str, keeps: bool) -> Self {
        Self { address, token: token.into(), keeps, stream: None, connections: 0 }
    }

    /// Asks, and returns the body of a 200. Nothing is tried again: whatever else happens is an error.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<String> {
        timeout(BOUND, self.asking(method, path, body)).await?
    }

    async fn asking(&mut self, method: &str, path: &str, body: &str) -> io::Result<String> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                self.connections += 1;
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let (token, length) = (&self.token, body.len());
        let close = if self.keeps { "" } else { "Connection: close\r\n" };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{close}\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await?;
        let head = head_of(&mut stream).await?;
        let body = body_of(&mut stream, &head).await?;
        if !head.starts_with("http/1.1 200 ") {
            return Err(io::Error::other(head + &body));
        }
        if !head.contains("connection: close") {
            self.stream = Some(stream);
        }
        Ok(body)
    }
}

/// A head, in lower case.
async fn head_of(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            let why = format!("the connection ended after {head:?}");
            return Err(io::Error::new(ErrorKind::UnexpectedEof, why));
        }
    }
    Ok(head.to_lowercase())
}

async fn body_of(stream: &mut BufReader<TcpStream>, head: &str) -> io::Result<String> {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await?;
    if head.contains("transfer-encoding: chunked") {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size).await?;
            let size = usize::from_str_radix(size.trim_end(), 16).map_err(io::Error::other)?;
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk).await?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    }
    String::from_utf8(body).map_err(io::Error::other)
}

/// Follows a topic as an `EventSource` does: when the stream ends it comes back, with the last id.
#[derive(Debug)]
pub(crate) struct Follower {
    address: SocketAddr,
    topic: &'static str,
    last: Option<String>,
    retry: Duration,
    /// What it was shown: sequence and data.
    pub(crate) shown: Vec<(u64, String)>,
    /// How many streams it has had.
    pub(crate) streams: u32,
}

impl Follower {
    pub(crate) fn new(address: SocketAddr, topic: &'static str) -> Self {
        let retry = Duration::from_secs(3);
        Self { address, topic, last: None, retry, shown: Vec::new(), streams: 0 }
    }

    /// Opens its first stream, and returns once that says where it begins.
    pub(crate) async fn begin(&mut self) -> io::Result<BufReader<TcpStream>> {
        let mut stream = self.open().await?;
        while self.last.is_none() {
            self.event(&mut stream).await?;
        }
        Ok(stream)
    }

    /// Goes on with a stream until it is shown the event of this data.
    pub(crate) async fn until(
        &mut self,
        mut stream: BufReader<TcpStream>,
        data: &str,
    ) -> io::Result<()> {
        while self.shown.last().is_none_or(|(_, last)| last != data) {
            if !timeout(BOUND, self.event(&mut stream)).await?? {
                sleep(self.retry).await;
                stream = self.open().await?;
            }
        }
        Ok(())
    }

    async fn open(&mut self) -> io::Result<BufReader<TcpStream>> {
        self.streams += 1;
        let mut stream = BufReader::new(TcpStream::connect(self.address).await?);
        let (topic, last) = (self.topic, self.last.as_deref().unwrap_or_default());
        let last = if last.is_empty() { "" } else { &format!("Last-Event-ID: {last}\r\n") };
        let request = format!("GET /sse?topic={topic} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = head_of(&mut stream).await?;
        if !head.starts_with("http/1.1 200 ") {
            return Err(io::Error::other(head));
        }
        Ok(stream)
    }

    /// Takes in the next event; `false` at the end of the stream. Fails if it is cut.
    async fn event(&mut self, stream: &mut BufReader<TcpStream>) -> io::Result<bool> {
        let (mut data, mut id, mut gap) = (None, None, false);
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Err(io::Error::other("a stream was cut instead of ended"));
            }
            let text = line.trim_end_matches('\n');
            if let Some(said) = text.strip_prefix("data: ") {
                data = Some(said.to_owned());
            } else if let Some(said) = text.strip_prefix("id: ") {
                id = Some(said.to_owned());
            } else if let Some(said) = text.strip_prefix("retry: ") {
                self.retry = Duration::from_millis(said.parse().map_err(io::Error::other)?);
            } else if text == "event: gap" {
                gap = true;
            } else if text == "0\r" {
                return Ok(false);
            } else if text.is_empty() {
                break;
            }
        }
        assert!(!gap, "a gap after {:?}: {data:?}", self.last);
        if let Some(id) = id {
            let (_, sequence) = id.rsplit_once('-').unwrap();
            if let Some(data) = data {
                self.shown.push((sequence.parse().unwrap(), data));
            }
            self.last = Some(id);
        }
        Ok(true)
    }
}
