//! A client of the raw broadcaster: what it has asked for, and what is still owed to it.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;

use super::sealing::Sealing;
use crate::{Result, http};

pub(super) struct Connection<S> {
    pub(super) socket: TcpStream,
    sealing: S,
    read: Vec<u8>,
    /// What the socket did not take.
    rest: Vec<u8>,
}

/// What a client wants.
pub(super) enum Asked {
    /// The events of these topics.
    Stream(Vec<String>),
    /// To publish, to a topic, some data.
    Publish(String, String),
}

impl<S: Sealing> Connection<S> {
    pub(super) fn new(socket: TcpStream, sealing: S) -> Self {
        Self { socket, sealing, read: vec![], rest: vec![] }
    }

    /// Takes in what has come, and answers what TLS alone asks for; an error is also that the client has
    /// closed.
    pub(super) fn read(&mut self) -> io::Result<()> {
        let mut piece = [0; 8192];
        loop {
            match self.socket.read(&mut piece) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.sealing.open(&piece[..length], &mut self.read)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.send(&[]),
                Err(error) => return Err(error),
            }
        }
    }

    /// The next request, once all of it is there.
    pub(super) fn asked(&mut self) -> Result<Option<Asked>> {
        let Some(request) = http::request(&self.read)? else { return Ok(None) };
        let asked = match request.path.strip_prefix("/topics/") {
            Some(topic) => Asked::Publish(topic.into(), str::from_utf8(request.body)?.into()),
            None => {
                let (_, query) = request.path.split_once('?').unwrap_or_default();
                let topics = query.split('&').filter_map(|pair| pair.strip_prefix("topic="));
                Asked::Stream(topics.map(Into::into).collect())
            }
        };
        let length = request.length;
        self.read.drain(..length);
        Ok(Some(asked))
    }

    /// Sends with one call; what the socket does not take follows when it can be written again.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let bytes = self.sealing.seal(bytes)?;
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.rest.is_empty() {
            self.rest.extend(bytes);
            return Ok(());
        }
        match self.socket.write(bytes) {
            Ok(length) => self.rest.extend(&bytes[length..]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.rest.extend(bytes),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub(super) fn write_rest(&mut self) -> io::Result<()> {
        while !self.rest.is_empty() {
            match self.socket.write(&self.rest) {
                Ok(length) => drop(self.rest.drain(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
