//! The socket of a connection that was taken back from HTTP, as the edge makes it. With it goes all that lasts as
//! long as the connection, such as its place among those that are limited.

use std::{
    io,
    os::fd::{BorrowedFd, OwnedFd},
};

use tokio::io::{AsyncRead, AsyncWrite};

use crate::budget::Progress;

/// How much a client may send after its request, in bytes. It is discarded.
pub(super) const MOST_DISCARDED: usize = 64 * 1024;

/// A socket that tasks of the runtime read from and write to.
pub trait Awake: AsyncRead + AsyncWrite + Send + Unpin {
    /// How far it has come; it is dropped where that says so.
    fn progress(&self) -> &Progress;

    /// Takes it out of the runtime: the socket, which does not block from then on either, and what goes with it.
    ///
    /// # Errors
    /// Those of the system; then the connection is lost.
    fn park(self: Box<Self>) -> io::Result<(OwnedFd, Box<dyn Parked>)>;
}

/// What goes with a socket outside of the runtime.
pub trait Parked: Send {
    /// Puts the socket back. Called within the runtime.
    ///
    /// # Errors
    /// Those of the system; then the connection is lost.
    fn wake(self: Box<Self>, socket: OwnedFd) -> io::Result<Box<dyn Awake>>;

    /// Whether the peer of the socket is gone without having closed it. Counts that.
    fn has_vanished(&mut self, socket: BorrowedFd<'_>) -> bool;
}
