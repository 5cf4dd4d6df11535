//! A socket that listens.

use std::{
    fs, io,
    net::TcpListener as StdTcpListener,
    os::unix::{fs::MetadataExt, net::UnixListener as StdUnixListener},
    path::PathBuf,
};

use tokio::net::{TcpListener, UnixListener};

use crate::{config::Endpoint, edge::tls::Tls};

/// How many connections the kernel keeps until they are accepted: as many as it allows, which is
/// `net.core.somaxconn`. It drops what comes beyond, and a client tries again after 1, 3 and 7 s.
pub(super) const BACKLOG: i32 = i32::MAX;

/// A socket that listens, and what is particular to the connections that it accepts.
#[derive(Debug)]
pub struct Listener {
    pub(in crate::edge) socket: Listening,
    /// What its clients have to speak first.
    pub(in crate::edge) tls: Option<Tls>,
    endpoint: Endpoint,
    /// Removed with the listener.
    _file: Option<SocketFile>,
}

#[derive(Debug)]
pub(in crate::edge) enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Where it listens; with the port that the kernel chose.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The same, for clients that speak TLS. A Unix socket stays as it is: who connects there is on this
    /// machine, and usually a proxy.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        if matches!(self.socket, Listening::Unix(_)) { self } else { Self { tls, ..self } }
    }

    /// Whether its clients speak TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    pub(super) fn tcp(socket: StdTcpListener) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::try_from(TcpListener::from_std(socket)?)
    }

    pub(super) fn unix(
        socket: StdUnixListener,
        endpoint: Endpoint,
        file: Option<SocketFile>,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let socket = Listening::Unix(UnixListener::from_std(socket)?);
        Ok(Self { socket, tls: None, endpoint, _file: file })
    }
}

impl TryFrom<TcpListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: TcpListener) -> io::Result<Self> {
        let endpoint = Endpoint::Tcp(socket.local_addr()?);
        Ok(Self { socket: Listening::Tcp(socket), tls: None, endpoint, _file: None })
    }
}

/// The file of a socket that we made: removed when this is dropped.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    pub(super) fn at(path: PathBuf) -> io::Result<Self> {
        let file = fs::symlink_metadata(&path)?;
        Ok(Self { path, device: file.dev(), inode: file.ino() })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Another server may have put its own in this place.
        let is_ours = |file: fs::Metadata| (file.dev(), file.ino()) == (self.device, self.inode);
        if fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
