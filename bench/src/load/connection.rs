//! A connection of the load, with TLS or without.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
    sync::Arc,
};

use mio::net::TcpStream;
use tokio_rustls::rustls::ClientConfig;

use crate::{Result, tls::Session};

const READ_AT_ONCE: usize = 64 * 1024;

pub(super) struct Connection {
    pub(super) socket: TcpStream,
    /// None without TLS.
    session: Option<Box<Session>>,
}

/// Room for what is read, shared by all connections.
pub(super) struct Room {
    came: Vec<u8>,
    /// What it says, where it was encrypted.
    said: Vec<u8>,
}

/// What was read at once.
pub(super) struct Piece<'a> {
    pub(super) said: &'a [u8],
    /// The socket has given less than it could: it has no more, until epoll says so.
    pub(super) is_last: bool,
}

impl Room {
    pub(super) fn new() -> Self {
        Self { came: vec![0; READ_AT_ONCE], said: Vec::with_capacity(READ_AT_ONCE) }
    }
}

impl Connection {
    /// Connects, and waits for the handshake where there is one.
    pub(super) fn open(address: SocketAddr, tls: Option<&Arc<ClientConfig>>) -> Result<Self> {
        let mut socket = std::net::TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let session = tls.map(|tls| Session::client(tls.clone(), &mut socket)).transpose()?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: TcpStream::from_std(socket), session: session.map(Box::new) })
    }

    /// Sends a request, which the socket has to take whole.
    pub(super) fn send(&mut self, request: &[u8]) -> Result<()> {
        let bytes = match &mut self.session {
            Some(session) => session.seal(request)?,
            None => request,
        };
        if self.socket.write(bytes)? < bytes.len() {
            return Err("a socket takes no request".into());
        }
        Ok(())
    }

    /// Reads once; none where there is nothing for now. An end is an error.
    pub(super) fn read<'a>(&mut self, room: &'a mut Room) -> io::Result<Option<Piece<'a>>> {
        let length = match self.socket.read(&mut room.came) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        let (came, is_last) = (&room.came[..length], length < room.came.len());
        let Some(session) = &mut self.session else {
            return Ok(Some(Piece { said: came, is_last }));
        };
        room.said.clear();
        session.open(came, &mut room.said)?;
        Ok(Some(Piece { said: &room.said, is_last }))
    }
}
