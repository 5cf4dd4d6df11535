//! One side of a TLS connection, without its socket: what came is opened, what is sent is sealed.

mod client;
mod server;

use std::{
    io::{self, ErrorKind, Read, Write},
    sync::Arc,
};

use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection,
    pki_types::ServerName,
};

pub(crate) use self::{client::trusting_any, server::self_signed};
use crate::Result;

/// The protocol (ALPN) of a load.
pub(crate) const HTTP1: &[u8] = b"http/1.1";

pub(crate) struct Session {
    connection: Connection,
    /// What was sealed last; kept, so that sealing needs no new memory.
    sealed: Vec<u8>,
}

impl Session {
    pub(crate) fn server(config: Arc<ServerConfig>) -> Result<Self> {
        Ok(Self::over(ServerConnection::new(config)?.into()))
    }

    /// Connects over a socket that blocks, and waits until the handshake is done.
    pub(crate) fn client(
        config: Arc<ClientConfig>,
        socket: &mut (impl Read + Write),
    ) -> Result<Self> {
        let connection = ClientConnection::new(config, ServerName::try_from("localhost")?)?;
        let mut connection = Connection::from(connection);
        while connection.is_handshaking() {
            connection.complete_io(socket)?;
        }
        Ok(Self::over(connection))
    }

    /// What is sealed leaves at once, so there is no limit to what may wait.
    fn over(mut connection: Connection) -> Self {
        connection.set_buffer_limit(None);
        Self { connection, sealed: vec![] }
    }

    /// Opens what came, and appends what it says.
    pub(crate) fn open(&mut self, mut came: &[u8], said: &mut Vec<u8>) -> io::Result<()> {
        while !came.is_empty() {
            self.connection.read_tls(&mut came)?;
            self.connection.process_new_packets().map_err(io::Error::other)?;
            match self.connection.reader().read_to_end(said) {
                Ok(_) => return Err(ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Seals what is to be sent, after what the handshake has left to send.
    pub(crate) fn seal(&mut self, said: &[u8]) -> io::Result<&[u8]> {
        self.sealed.clear();
        self.connection.writer().write_all(said)?;
        while self.connection.wants_write() {
            self.connection.write_tls(&mut self.sealed)?;
        }
        Ok(&self.sealed)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        thread,
    };

    use super::{HTTP1, Session, self_signed, trusting_any};

    #[test]
    fn what_is_sealed_is_opened_in_whatever_pieces_it_comes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serving = thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut server = Session::server(self_signed().unwrap()).unwrap();
            let (mut said, mut piece) = (vec![], [0; 7]);
            while said != b"hello" {
                let length = socket.read(&mut piece).unwrap();
                server.open(&piece[..length], &mut said).unwrap();
                socket.write_all(server.seal(b"").unwrap()).unwrap();
            }
            let large = vec![b'.'; 100_000];
            socket.write_all(server.seal(&large).unwrap()).unwrap();
        });
        let mut socket = TcpStream::connect(address).unwrap();
        let mut client = Session::client(trusting_any(HTTP1).unwrap(), &mut socket).unwrap();
        socket.write_all(client.seal(b"hello").unwrap()).unwrap();
        serving.join().unwrap();
        let (mut came, mut said) = (vec![], vec![]);
        socket.read_to_end(&mut came).unwrap();
        client.open(&came, &mut said).unwrap();
        assert_eq!(said, [b'.'; 100_000]);
    }
}
