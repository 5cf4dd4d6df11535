//! The socket of a connection, whichever kind its listener accepts.

use std::{
    io::{self, IoSlice},
    os::fd::OwnedFd,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use belfry_hub::client::Address;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use super::{
    listen::Listening,
    vanished::{Peer, Tcp},
};

/// A connected socket.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Which kind a socket is of that is outside of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp,
    Unix,
}

impl Kind {
    /// Puts a socket of this kind back into the runtime.
    pub(super) fn wake(self, socket: OwnedFd) -> io::Result<Socket> {
        Ok(match self {
            Self::Tcp => Socket::Tcp(TcpStream::from_std(socket.into())?),
            Self::Unix => Socket::Unix(UnixStream::from_std(socket.into())?),
        })
    }
}

impl Listening {
    /// The next connection, and where it comes from.
    pub(super) async fn accept(&self) -> io::Result<(Socket, Address)> {
        match self {
            Self::Tcp(listener) => {
                let (socket, peer) = listener.accept().await?;
                Ok((Socket::Tcp(socket), peer.into()))
            }
            Self::Unix(listener) => {
                let (socket, _) = listener.accept().await?;
                Ok((Socket::Unix(socket), Address::Unix))
            }
        }
    }
}

impl Socket {
    /// Takes it out of the runtime.
    pub(super) fn park(self) -> io::Result<(Kind, OwnedFd)> {
        Ok(match self {
            Self::Tcp(socket) => (Kind::Tcp, socket.into_std()?.into()),
            Self::Unix(socket) => (Kind::Unix, socket.into_std()?.into()),
        })
    }

    /// Sets its options. They could be inherited from the listener, but not by who connected before
    /// these were set.
    pub(super) fn tune(&self, send_buffer: usize) -> io::Result<()> {
        let socket = match self {
            Self::Tcp(socket) => {
                socket.set_nodelay(true)?;
                SockRef::from(socket)
            }
            Self::Unix(socket) => SockRef::from(socket),
        };
        socket.set_send_buffer_size(send_buffer)
    }
}

/// Passes a call on to whichever socket it is.
macro_rules! on_either {
    ($socket:expr, $method:ident $(, $argument:expr)*) => {
        match $socket.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).$method($($argument),*),
            Socket::Unix(socket) => Pin::new(socket).$method($($argument),*),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        on_either!(self, poll_read, context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        on_either!(self, poll_write, context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_either!(self, poll_write_vectored, context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_either!(self, poll_flush, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_either!(self, poll_shutdown, context)
    }
}

/// A peer on this machine cannot vanish without its socket being closed, and what has not left a unix socket is the
/// peer's already.
impl Peer for Socket {
    fn is_silent(&self, patience: Duration) -> bool {
        matches!(self, Self::Tcp(socket) if Tcp(socket).is_silent(patience))
    }

    fn is_stuck(&self, patience: Duration) -> bool {
        matches!(self, Self::Tcp(socket) if Tcp(socket).is_stuck(patience))
    }

    fn unacknowledged(&self) -> u64 {
        match self {
            Self::Tcp(socket) => Tcp(socket).unacknowledged(),
            Self::Unix(_) => 0,
        }
    }

    fn give_up(&self) {
        if let Self::Tcp(socket) = self {
            Tcp(socket).give_up();
        }
    }
}
