//! The programs that are measured, each as a child process with a log of its own.

mod belfry;
mod dialect;
pub(crate) mod nginx;
mod peer;
mod raw;

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    path::PathBuf,
};

use tempfile::TempDir;

use self::dialect::Dialect;
pub(crate) use self::peer::Peer;
use crate::{Result, http, process::Process};

/// A program that can be started again for each round.
pub(crate) enum Contender {
    /// One `send` for each reader from one thread with epoll: what the kernel costs, and rustls.
    Raw,
    /// A build of Belfry.
    Belfry {
        name: String,
        program: PathBuf,
        ephemeral: bool,
    },
    Peer(Peer),
}

/// How its clients connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    Plain,
    /// With a certificate of its own making.
    Tls,
}

/// A running one.
pub(crate) struct Serving {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) security: Security,
    /// Where it takes what is published.
    pub(crate) publish_at: SocketAddr,
    /// For publishing.
    token: Option<String>,
    dialect: Dialect,
    /// With its log; removed when this goes.
    #[expect(dead_code, reason = "held until the program has ended")]
    folder: Option<TempDir>,
    /// What it stands in front of.
    #[expect(dead_code, reason = "held until the program has ended")]
    origin: Option<Box<Serving>>,
    /// What runs with it and is not measured.
    beside: Option<Process>,
}

impl Contender {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Raw => "raw epoll",
            Self::Belfry { name, .. } => name,
            Self::Peer(peer) => peer.name(),
        }
    }

    /// Its name where it is measured with TLS or without.
    pub(crate) fn name_over(&self, security: Security) -> &str {
        match (self, security) {
            (Self::Raw, Security::Tls) => "raw rustls",
            _ => self.name(),
        }
    }

    /// Starts it with room for so many connections, over plain HTTP.
    pub(crate) fn start(&self, connections: usize) -> Result<Serving> {
        self.start_with(connections, Security::Plain)
    }

    /// The same, with TLS or without; peers are started without.
    pub(crate) fn start_with(&self, connections: usize, security: Security) -> Result<Serving> {
        let serving = match self {
            Self::Raw => raw::start(security)?,
            Self::Peer(peer) => return peer.start(connections),
            Self::Belfry { program, ephemeral, .. } => {
                belfry::Launch { program, ephemeral: *ephemeral, connections, security }.start()?
            }
        };
        Ok(Serving { security, ..serving })
    }
}

impl Serving {
    /// One that speaks Belfry's dialect and says its address.
    fn like_belfry(mut process: Process) -> Result<Self> {
        Ok(Self::at(process.address()?, process, None))
    }

    fn at(address: SocketAddr, process: Process, folder: Option<TempDir>) -> Self {
        let (dialect, publish_at) = (Dialect::BELFRY, address);
        Self {
            process,
            address,
            security: Security::Plain,
            publish_at,
            token: None,
            dialect,
            folder,
            origin: None,
            beside: None,
        }
    }

    /// The request for a stream of these topics.
    pub(crate) fn stream_request(&self, topics: &[String]) -> Vec<u8> {
        self.get(&(self.dialect.stream)(topics))
    }

    /// The request for what follows the event with that id in a topic.
    pub(crate) fn resume_request(&self, topic: &str, id: &str) -> Vec<u8> {
        let path = (self.dialect.stream)(&[topic.to_owned()]);
        self.get(&format!("{path}&last_event_id={id}"))
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let address = self.address;
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n")
            .into_bytes()
    }

    /// The request that publishes an event.
    pub(crate) fn publish_request(&self, topic: &str, data: &str) -> Vec<u8> {
        let token = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let (path, body) = ((self.dialect.publish)(topic), (self.dialect.body)(topic, data));
        let (address, token, length) = (self.publish_at, token.unwrap_or_default(), body.len());
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\n{token}Content-Type: {}\r\nContent-Length: {length}\r\n\r\n{body}",
            self.dialect.content_type
        )
        .into_bytes()
    }

    /// Publishes an event to Belfry, waits for the answer, and returns the event's id.
    pub(crate) fn publish(&self, topic: &str, data: &str) -> Result<String> {
        let mut socket = TcpStream::connect(self.publish_at)?;
        socket.write_all(&self.publish_request(topic, data))?;
        let text = http::answer(&mut socket)?;
        let id = text.split_once("\"id\":\"").and_then(|(_, rest)| rest.split_once('"'));
        id.map(|(id, _)| id.to_owned()).ok_or_else(|| text.as_str().into())
    }
}
