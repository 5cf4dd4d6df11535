//! One reader of a stream.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use mio::net::TcpStream;

use super::delays::Delays;
use crate::Result;

pub(super) struct Reader {
    pub(super) socket: TcpStream,
    /// It has got the head of its answer.
    pub(super) greeted: bool,
}

impl Reader {
    pub(super) fn connect(address: SocketAddr, request: &[u8]) -> Result<Self> {
        let mut socket = std::net::TcpStream::connect(address)?;
        socket.write_all(request)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: TcpStream::from_std(socket), greeted: false })
    }

    /// Reads all that is there.
    pub(super) fn read(&mut self, buffer: &mut [u8], delays: &mut Delays) -> Result<()> {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => return Err("a stream has ended".into()),
                Ok(length) => {
                    self.take(&buffer[..length], delays)?;
                    // A socket that gives less than it could has no more; epoll tells when it does.
                    if length < buffer.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self, piece: &[u8], delays: &mut Delays) -> Result<()> {
        if self.greeted {
            delays.count(piece);
        } else if piece.starts_with(b"HTTP/1.1 200") {
            self.greeted = true;
        } else {
            return Err(format!("no stream: {}", String::from_utf8_lossy(piece)).into());
        }
        Ok(())
    }
}
