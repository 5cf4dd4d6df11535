//! Sockets that systemd has opened and passes on (`LISTEN_FDS`, see `sd_listen_fds(3)`).

use std::{
    io, net::TcpListener as StdTcpListener, os::unix::net::UnixListener as StdUnixListener,
    path::PathBuf,
};

use listenfd::ListenFd;
use socket2::SockRef;

use super::listener::{BACKLOG, Listener};
use crate::config::Endpoint;

/// The sockets that were passed to this process.
#[derive(Debug, Default)]
pub struct Passed(Vec<Socket>);

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(StdTcpListener),
    Unix(StdUnixListener),
}

impl Passed {
    /// Takes what was passed: none if another process was meant (`LISTEN_PID`).
    ///
    /// # Errors
    /// If one of them is not a stream socket.
    pub fn take() -> io::Result<Self> {
        let mut passed = ListenFd::from_env();
        let mut sockets = Vec::new();
        for number in 0..passed.len() {
            if let Ok(Some(socket)) = passed.take_tcp_listener(number) {
                sockets.push(Socket::Tcp(socket));
            } else if let Some(socket) = passed.take_unix_listener(number)? {
                sockets.push(Socket::Unix(socket));
            }
        }
        Ok(Self(sockets))
    }

    /// Where they listen.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn endpoints(&self) -> io::Result<Vec<Endpoint>> {
        self.0.iter().map(Socket::endpoint).collect()
    }

    pub(super) fn listeners(self) -> io::Result<Vec<Listener>> {
        let passed = |socket: Socket| Ok(Listener { passed: true, ..socket.listener()? });
        self.0.into_iter().map(passed).collect()
    }
}

impl Socket {
    pub(super) fn endpoint(&self) -> io::Result<Endpoint> {
        match self {
            Self::Tcp(socket) => socket.local_addr().map(Endpoint::Tcp),
            Self::Unix(socket) => {
                let address = socket.local_addr()?;
                Ok(Endpoint::Unix(address.as_pathname().map_or_else(PathBuf::new, Into::into)))
            }
        }
    }

    pub(super) fn listener(self) -> io::Result<Listener> {
        let endpoint = self.endpoint()?;
        match self {
            Self::Tcp(socket) => {
                // Again, with a backlog of our own.
                SockRef::from(&socket).listen(BACKLOG)?;
                Listener::tcp(socket)
            }
            Self::Unix(socket) => {
                SockRef::from(&socket).listen(BACKLOG)?;
                Listener::unix(socket, endpoint, None)
            }
        }
    }
}
