//! The programs that are measured, each as a child process with a log of its own.

mod belfry;
mod raw;

use std::{net::SocketAddr, path::PathBuf};

use tempfile::TempDir;

use crate::{Result, process::Process};

/// A program that can be started again for each round.
pub(crate) enum Contender {
    /// One `send` for each reader from one thread with epoll: what the kernel costs.
    Raw,
    /// A build of Belfry.
    Belfry { name: String, program: PathBuf, ephemeral: bool },
}

/// A running one.
pub(crate) struct Serving {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    /// For publishing.
    token: Option<String>,
    /// Its log's; removed when this goes.
    _folder: Option<TempDir>,
}

impl Contender {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Raw => "raw epoll",
            Self::Belfry { name, .. } => name,
        }
    }

    /// Starts it with room for so many connections.
    pub(crate) fn start(&self, connections: usize) -> Result<Serving> {
        match self {
            Self::Raw => raw::start(),
            Self::Belfry { program, ephemeral, .. } => {
                belfry::start(program, *ephemeral, connections)
            }
        }
    }
}

impl Serving {
    /// The request for a stream of these topics.
    pub(crate) fn stream_request(&self, topics: &[String]) -> Vec<u8> {
        let topics: Vec<_> = topics.iter().map(|topic| format!("topic={topic}")).collect();
        let (address, query) = (self.address, topics.join("&"));
        format!("GET /sse?{query} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n")
            .into_bytes()
    }

    /// The request that publishes an event.
    pub(crate) fn publish_request(&self, topic: &str, data: &str) -> Vec<u8> {
        let token = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let (address, token, length) = (self.address, token.unwrap_or_default(), data.len());
        format!(
            "POST /topics/{topic} HTTP/1.1\r\nHost: {address}\r\n{token}Content-Length: {length}\r\n\r\n{data}"
        )
        .into_bytes()
    }
}
