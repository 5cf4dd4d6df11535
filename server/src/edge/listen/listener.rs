//! A socket that listens.

use std::{
    fs, io,
    net::TcpListener as StdTcpListener,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::{fs::MetadataExt, net::UnixListener as StdUnixListener},
    },
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::Router;
use belfry_hub::http::Writers;
use serde::{Deserialize, Serialize};
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
    /// What answers them, if it is not what answers everywhere.
    pub(in crate::edge) application: Option<Router>,
    /// Its connections begin with a header of the PROXY protocol.
    pub(in crate::edge) proxied: bool,
    /// Send the streams of clients that do not speak TLS. Default none.
    pub(in crate::edge) writers: Option<Writers>,
    pub(super) endpoint: Endpoint,
    /// Removed with the listener.
    pub(super) file: Option<SocketFile>,
    /// systemd opened it.
    pub(super) passed: bool,
}

#[derive(Debug)]
pub(in crate::edge) enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl AsFd for Listening {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }
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

    /// The same, where only `application` answers.
    #[must_use]
    pub fn answered_by(self, application: Router) -> Self {
        Self { application: Some(application), ..self }
    }

    /// The same, where each connection has to begin with a header of the PROXY protocol, or not.
    #[must_use]
    pub fn with_proxy_protocol(self, proxied: bool) -> Self {
        Self { proxied, ..self }
    }

    /// The same, whose streams are sent by writers where clients do not speak TLS.
    #[must_use]
    pub fn with_writers(self, writers: Option<Writers>) -> Self {
        Self { writers, ..self }
    }

    /// What its clients have to speak first.
    #[must_use]
    pub fn tls(&self) -> Option<Tls> {
        self.tls.clone()
    }

    /// Whether its clients speak TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The file of a socket that was handed over is removed by this process from now on.
    pub fn own_file(&self) {
        if let Some(file) = &self.file {
            file.is_ours(true);
        }
    }

    /// The port at which its clients speak https.
    #[must_use]
    pub fn https_port(&self) -> Option<u16> {
        match self.endpoint {
            Endpoint::Tcp(address) if self.is_secure() => Some(address.port()),
            _ => None,
        }
    }

    fn new(socket: Listening, endpoint: Endpoint, file: Option<SocketFile>) -> Self {
        let (tls, application, writers, proxied, passed) = (None, None, None, false, false);
        Self { socket, tls, application, proxied, writers, endpoint, file, passed }
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
        Ok(Self::new(socket, endpoint, file))
    }
}

impl TryFrom<TcpListener> for Listener {
    type Error = io::Error;

    fn try_from(socket: TcpListener) -> io::Result<Self> {
        let endpoint = Endpoint::Tcp(socket.local_addr()?);
        let socket = Listening::Tcp(socket);
        Ok(Self::new(socket, endpoint, None))
    }
}

/// What tells a file from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl From<fs::Metadata> for Identity {
    fn from(file: fs::Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino() }
    }
}

/// The file of a socket that we made: removed when the last of these handles to it is dropped.
#[derive(Clone, Debug)]
pub(super) struct SocketFile(Arc<Made>);

#[derive(Debug)]
struct Made {
    path: PathBuf,
    identity: Identity,
    /// Another process removes it otherwise.
    ours: AtomicBool,
}

impl SocketFile {
    /// The one that is at a path.
    pub(super) fn at(path: PathBuf) -> io::Result<Self> {
        let identity = fs::symlink_metadata(&path)?.into();
        Ok(Self::made_at(path, identity))
    }

    /// The one that was made at a path, whatever is there by now.
    pub(super) fn made_at(path: PathBuf, identity: Identity) -> Self {
        Self(Arc::new(Made { path, identity, ours: AtomicBool::new(true) }))
    }

    pub(super) fn identity(&self) -> Identity {
        self.0.identity
    }

    /// Says whether this process is to remove it.
    pub(super) fn is_ours(&self, ours: bool) {
        self.0.ours.store(ours, Ordering::Relaxed);
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // Another server may have put its own in this place.
        let is_ours = |file: fs::Metadata| Identity::from(file) == self.identity;
        if *self.ours.get_mut() && fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
