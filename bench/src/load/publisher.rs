//! One publisher: it waits for the answer before its next event.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use mio::net::TcpStream;

use super::event::Draft;
use crate::{Result, http};

/// Longer than an answer to a publish is.
const ANSWER: usize = 4096;

pub(super) struct Publisher {
    pub(super) socket: TcpStream,
    draft: Draft,
    /// What has come of the answer.
    answer: Vec<u8>,
    idle: bool,
}

impl Publisher {
    pub(super) fn connect(address: SocketAddr, draft: Draft) -> Result<Self> {
        let socket = std::net::TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let socket = TcpStream::from_std(socket);
        Ok(Self { socket, draft, answer: Vec::with_capacity(ANSWER), idle: true })
    }

    /// Whether it waits for no answer.
    pub(super) fn is_idle(&self) -> bool {
        self.idle
    }

    pub(super) fn publish(&mut self, topic: usize, number: u64) -> Result<()> {
        let request = self.draft.fill(topic, number);
        if self.socket.write(request)? < request.len() {
            return Err("a publisher's socket takes no request".into());
        }
        self.idle = false;
        Ok(())
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        match self.socket.read(buffer) {
            Ok(0) => return Err("a publisher's connection has ended".into()),
            Ok(length) => self.answer.extend(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        match http::answered(&self.answer)? {
            None => Ok(()),
            Some(200..=299) => {
                self.answer.clear();
                self.idle = true;
                Ok(())
            }
            Some(_) => Err(String::from_utf8_lossy(&self.answer).into()),
        }
    }
}
