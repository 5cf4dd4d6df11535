//! The socket of a connection that was taken back from HTTP, as the edge makes it. With it goes all that lasts as
//! long as the connection, such as its place among those that are limited.

use std::{io, os::fd::AsFd};

use tokio::io::{AsyncRead, AsyncWrite};

use crate::budget::Progress;

/// How much a client may send after its request, in bytes. It is discarded.
pub(super) const MOST_DISCARDED: usize = 64 * 1024;

/// A socket that tasks of the runtime read from and write to.
pub trait Awake: AsyncRead + AsyncWrite + Send + Unpin {
    /// How far it has come; it is dropped where that says so.
    fn progress(&self) -> &Progress;

    /// Takes it out of the runtime. It does not block from then on either.
    ///
    /// # Errors
    /// Those of the system; then the connection is lost.
    fn park(self: Box<Self>) -> io::Result<Box<dyn Parked>>;
}

/// The same outside of the runtime.
pub trait Parked: AsFd + Send {
    /// Puts it back. Called within the runtime.
    ///
    /// # Errors
    /// Those of the system; then the connection is lost.
    fn wake(self: Box<Self>) -> io::Result<Box<dyn Awake>>;

    /// Whether its peer is gone without having closed it. Counts that.
    fn has_vanished(&mut self) -> bool;
}
