//! One reader of a stream.

use std::{io, net::SocketAddr, sync::Arc};

use tokio_rustls::rustls::ClientConfig;

use super::{
    connection::{Connection, Room},
    delays::Delays,
};
use crate::Result;

pub(super) struct Reader {
    pub(super) connection: Connection,
    /// It has got the head of its answer.
    pub(super) greeted: bool,
}

impl Reader {
    pub(super) fn connect(
        address: SocketAddr,
        tls: Option<&Arc<ClientConfig>>,
        request: &[u8],
    ) -> Result<Self> {
        let mut connection = Connection::open(address, tls)?;
        connection.send(request)?;
        Ok(Self { connection, greeted: false })
    }

    /// Reads all that is there.
    pub(super) fn read(&mut self, room: &mut Room, delays: &mut Delays) -> Result<()> {
        let ended = |error: io::Error| format!("a stream has ended: {error}");
        while let Some(piece) = self.connection.read(room).map_err(ended)? {
            self.take(piece.said, delays)?;
            if piece.is_last {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, piece: &[u8], delays: &mut Delays) -> Result<()> {
        if self.greeted {
            delays.count(piece);
        } else if piece.starts_with(b"HTTP/1.1 200") {
            self.greeted = true;
        } else if !piece.is_empty() {
            return Err(format!("no stream: {}", String::from_utf8_lossy(piece)).into());
        }
        Ok(())
    }
}
