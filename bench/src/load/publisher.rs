//! One publisher: it waits for the answer before its next event.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use mio::{Interest, Registry, Token, net::TcpStream};

use super::event::Draft;
use crate::{Result, http};

/// Longer than an answer to a publish is.
const ANSWER: usize = 4096;

pub(super) struct Publisher {
    address: SocketAddr,
    token: Token,
    /// None once the server has closed it, as some do after each answer.
    socket: Option<TcpStream>,
    draft: Draft,
    /// What has come of the answer.
    answer: Vec<u8>,
    idle: bool,
}

impl Publisher {
    pub(super) fn new(address: SocketAddr, token: Token, draft: Draft) -> Self {
        let answer = Vec::with_capacity(ANSWER);
        Self { address, token, socket: None, draft, answer, idle: true }
    }

    /// Whether it waits for no answer.
    pub(super) fn is_idle(&self) -> bool {
        self.idle
    }

    /// Connects, unless it is connected.
    pub(super) fn connect(&mut self, registry: &Registry) -> Result<()> {
        if self.socket.is_none() {
            let socket = std::net::TcpStream::connect(self.address)?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(socket);
            registry.register(&mut socket, self.token, Interest::READABLE)?;
            self.socket = Some(socket);
        }
        Ok(())
    }

    pub(super) fn publish(&mut self, registry: &Registry, topic: usize, number: u64) -> Result<()> {
        self.connect(registry)?;
        let request = self.draft.fill(topic, number);
        let socket = self.socket.as_mut().ok_or("a publisher is not connected")?;
        if socket.write(request)? < request.len() {
            return Err("a publisher's socket takes no request".into());
        }
        self.idle = false;
        Ok(())
    }

    /// Reads all that is there.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        while let Some(socket) = &mut self.socket {
            match socket.read(buffer) {
                Ok(0) if self.idle => self.socket = None,
                Ok(0) => return Err("a publish is not answered: the connection has ended".into()),
                Ok(length) => self.take(&buffer[..length])?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) if self.idle => self.socket = None,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn take(&mut self, piece: &[u8]) -> Result<()> {
        self.answer.extend(piece);
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
