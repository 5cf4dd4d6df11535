//! A client of HTTP/2 that sends frames as they are, and sees what comes of them.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::frames::*;

/// The longest that anything takes.
const BOUND: Duration = Duration::from_secs(10);

/// The last stream of a client, by which it sees that the connection goes on.
const LAST: u32 = 0x7fff_ffff;

/// What comes of it. Unless that is an end, the connection goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Comes {
    /// The connection ends with this error.
    GoAway(u32),
    /// The connection ends without an error.
    End,
    /// A stream ends with an error.
    Reset(u32, u32),
    /// A stream is answered with a status, and ends.
    Answer(u32, u16),
    /// The next piece of an answer has this length.
    Piece(u32, usize),
    /// This frame.
    Exactly(Frame),
    /// Nothing.
    Nothing,
}

/// A client, and what it has seen.
pub(super) struct Client {
    socket: TcpStream,
    pub(super) seen: Vec<Frame>,
    pub(super) ended: bool,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr, raw: bool) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let mut client = Self { socket, seen: Vec::new(), ended: false };
        if !raw {
            client.send(&[PREFACE, &settings(&[])].concat()).await;
            client.until(&Comes::Exactly(acknowledged())).await;
            client.send(&frame(SETTINGS, ACK, 0, &[])).await;
        }
        client
    }

    /// What comes of it is seen; it may have ended by now.
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes).await;
    }

    /// Reads until something comes, and returns whether that was it.
    pub(super) async fn until(&mut self, comes: &Comes) -> bool {
        loop {
            match timeout(BOUND, self.read()).await {
                Err(_) => return false,
                Ok(None) => {
                    self.ended = true;
                    return *comes == Comes::End;
                }
                Ok(Some(frame)) => {
                    self.seen.push(frame);
                    if let Some(it_was) = self.settles(comes) {
                        return it_was;
                    }
                }
            }
        }
    }

    async fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.socket.read_exact(&mut head).await.ok()?;
        let mut contents = vec![0; Frame::length(head)];
        self.socket.read_exact(&mut contents).await.ok()?;
        Some(Frame::new(head, contents))
    }

    /// Whether the last frame is what is waited for, or shows that it will not come.
    fn settles(&self, comes: &Comes) -> Option<bool> {
        let last = self.seen.last()?;
        let is_it = match comes {
            Comes::GoAway(error) => last.kind == GOAWAY && last.error() == Some(*error),
            Comes::Reset(stream, error) => {
                last.kind == RST_STREAM && last.stream == *stream && last.error() == Some(*error)
            }
            Comes::Answer(stream, status) => {
                let of_it = |frame: &&Frame| frame.stream == *stream && frame.kind == HEADERS;
                let head = self.seen.iter().find(of_it);
                last.stream == *stream
                    && matches!(last.kind, DATA | HEADERS)
                    && last.has(END_STREAM)
                    && head.is_some_and(|head| head.status() == Some(*status))
            }
            Comes::Piece(stream, length) => {
                if last.kind == DATA && last.stream == *stream {
                    return Some(last.contents.len() == *length);
                }
                false
            }
            Comes::Exactly(frame) => last == frame,
            Comes::End | Comes::Nothing => false,
        };
        match last.kind {
            _ if is_it => Some(true),
            GOAWAY if *comes == Comes::End && last.error() == Some(NO_ERROR) => None,
            GOAWAY | RST_STREAM => Some(false),
            _ => None,
        }
    }

    /// Whether the connection goes on as if nothing had been.
    pub(super) async fn goes_on(&mut self) -> bool {
        let asks = frame(HEADERS, WHOLE, LAST, &head("GET", "/healthz", &[]));
        // Windows may be small by now.
        self.send(&[settings(&[(4, 1000)]), asks].concat()).await;
        self.until(&Comes::Answer(LAST, 200)).await
    }
}

/// The acknowledgement of SETTINGS.
pub(super) fn acknowledged() -> Frame {
    Frame::new([0, 0, 0, SETTINGS, ACK, 0, 0, 0, 0], Vec::new())
}
