//! One publisher: it waits for the answer before its next event.

use std::{net::SocketAddr, sync::Arc};

use mio::{Interest, Registry, Token};
use tokio_rustls::rustls::ClientConfig;

use super::{
    connection::{Connection, Room},
    event::Draft,
};
use crate::{Result, http};

/// Longer than an answer to a publish is.
const ANSWER: usize = 4096;

pub(super) struct Publisher {
    address: SocketAddr,
    token: Token,
    /// None once the server has closed it, as some do after each answer.
    connection: Option<Connection>,
    /// None without TLS.
    tls: Option<Arc<ClientConfig>>,
    draft: Draft,
    /// What has come of the answer.
    answer: Vec<u8>,
    idle: bool,
}

impl Publisher {
    pub(super) fn new(
        address: SocketAddr,
        tls: Option<Arc<ClientConfig>>,
        token: Token,
        draft: Draft,
    ) -> Self {
        let answer = Vec::with_capacity(ANSWER);
        Self { address, token, connection: None, tls, draft, answer, idle: true }
    }

    /// Whether it waits for no answer.
    pub(super) fn is_idle(&self) -> bool {
        self.idle
    }

    /// Connects, unless it is connected.
    pub(super) fn connect(&mut self, registry: &Registry) -> Result<()> {
        if self.connection.is_none() {
            let mut connection = Connection::open(self.address, self.tls.as_ref())?;
            registry.register(&mut connection.socket, self.token, Interest::READABLE)?;
            self.connection = Some(connection);
        }
        Ok(())
    }

    pub(super) fn publish(&mut self, registry: &Registry, topic: usize, number: u64) -> Result<()> {
        self.connect(registry)?;
        let request = self.draft.fill(topic, number);
        self.connection.as_mut().ok_or("a publisher is not connected")?.send(request)?;
        self.idle = false;
        Ok(())
    }

    /// Reads all that is there, and its end: some servers close after each answer.
    pub(super) fn read(&mut self, room: &mut Room) -> Result<()> {
        while let Some(connection) = &mut self.connection {
            match connection.read(room) {
                Ok(Some(piece)) => self.take(piece.said)?,
                Ok(None) => break,
                Err(_) if self.idle => self.connection = None,
                Err(error) => return Err(format!("a publish is not answered: {error}").into()),
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
