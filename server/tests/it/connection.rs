//! A client for tests, which sends its requests over one kept connection.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use wire::topics::{History, Receipt};

/// The longest that an answer takes.
const BOUND: Duration = Duration::from_secs(20);

/// A connection to the server, with a token.
pub(crate) struct Connection {
    token: String,
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(BOUND))?;
        stream.set_nodelay(true)?;
        Ok(Self { token: token.into(), stream: BufReader::new(stream) })
    }

    /// Asks, and waits for the answer; fails where the connection does.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<Answered> {
        let (token, length) = (&self.token, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body)?;
        if head.contains("transfer-encoding: chunked") {
            body = self.chunks()?;
        }
        let body = String::from_utf8(body).unwrap();
        Ok(Answered { status: status.unwrap(), head, body })
    }

    /// A body that comes in chunks.
    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut size = String::new();
            self.stream.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim_end(), 16).map_err(io::Error::other)?;
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk)?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// Publishes, and returns the receipt; or the answer where it is no 2xx.
    pub(crate) fn publish(
        &mut self,
        topic: &str,
        data: &str,
    ) -> io::Result<Result<Receipt, Answered>> {
        self.publish_under("", topic, data)
    }

    /// The same of a server under a base path.
    pub(crate) fn publish_under(
        &mut self,
        base: &str,
        topic: &str,
        data: &str,
    ) -> io::Result<Result<Receipt, Answered>> {
        let answered = self.ask("POST", &format!("{base}/topics/{topic}"), data)?;
        Ok(match answered.status {
            200 => Ok(serde_json::from_str(&answered.body).unwrap()),
            _ => Err(answered),
        })
    }

    /// Everything in a topic after an id, page by page: id and data.
    pub(crate) fn history(&mut self, topic: &str, after: &str) -> Vec<(String, String)> {
        let (mut after, mut all) = (after.to_owned(), Vec::new());
        loop {
            let path = format!("/topics/{topic}?limit=1000&after={after}");
            let answered = self.ask("GET", &path, "").unwrap();
            assert_eq!(answered.status, 200, "{answered:?}");
            let History { events, next, gap, .. } = serde_json::from_str(&answered.body).unwrap();
            assert!(!gap, "a gap after {after:?}");
            all.extend(events.into_iter().map(|event| (event.id.unwrap(), event.data)));
            match next {
                Some(next) => after = next,
                None => return all,
            }
        }
    }

    /// Replays a topic as a stream after an id, through another one: id and data.
    pub(crate) fn replay(
        mut self,
        topic: &str,
        after: &str,
        through: &str,
    ) -> Vec<(String, String)> {
        let request = format!("GET /sse?topic={topic}&last_event_id={after} HTTP/1.0\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut all, mut data, mut line) = (Vec::new(), None, String::new());
        while all.last().is_none_or(|(id, _)| id != through) {
            line.clear();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "the stream ended: {all:?}");
            assert!(!line.starts_with("event: gap"), "a gap after {all:?}");
            if let Some(said) = line.strip_prefix("data: ") {
                data = Some(said.trim_end_matches('\n').to_owned());
            } else if let Some(id) = line.strip_prefix("id: ")
                && let Some(data) = data.take()
            {
                all.push((id.trim_end().to_owned(), data));
            }
        }
        all
    }
}

/// Begins a publish of five bytes to topic `a`, for whose body the server waits.
pub(crate) fn begin_publish(address: SocketAddr, token: &str) -> BufReader<TcpStream> {
    let mut publishing = TcpStream::connect(address).unwrap();
    publishing.set_read_timeout(Some(BOUND)).unwrap();
    let head = format!(
        "POST /topics/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    );
    publishing.write_all(head.as_bytes()).unwrap();
    let mut publishing = BufReader::new(publishing);
    let mut line = String::new();
    publishing.read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    publishing
}

/// Sends the body of one, and expects that it is answered.
pub(crate) fn finish_publish(mut publishing: BufReader<TcpStream>, data: &[u8; 5]) {
    publishing.get_mut().write_all(data).unwrap();
    is_published(publishing);
}

/// Expects that one whose body was sent is answered.
pub(crate) fn is_published(mut publishing: BufReader<TcpStream>) {
    let mut answer = String::new();
    publishing.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 200 "), "{answer}");
}
