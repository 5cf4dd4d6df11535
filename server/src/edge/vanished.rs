//! Detects a peer that has vanished without closing its socket.
//!
//! `TCP_USER_TIMEOUT` would detect this too, but not only this: Linux also applies it when the window stays
//! too small for what is queued next, and so disconnects a reader that is slow but alive.

use std::{mem, os::fd::AsRawFd, time::Duration};

use socket2::SockRef;
use tokio::net::TcpStream;

/// A socket that can tell how long its peer has been silent.
pub(super) trait Peer {
    /// Whether bytes are waiting for an acknowledgement and none has arrived for this long.
    fn is_silent(&self, patience: Duration) -> bool;

    /// How many of the bytes that were written the peer has not acknowledged; 0 where nobody knows.
    fn unacknowledged(&self) -> u64;

    /// What has not left is discarded when the socket is closed. Otherwise the kernel would keep it for as
    /// long as the peer takes a few bytes now and then.
    fn give_up(&self);
}

impl Peer for TcpStream {
    fn is_silent(&self, patience: Duration) -> bool {
        self.unacknowledged() > 0 && silence(self).is_some_and(|silence| silence >= patience)
    }

    fn unacknowledged(&self) -> u64 {
        unacknowledged(self).and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)
    }

    fn give_up(&self) {
        // Where that cannot be set, the kernel keeps it for longer.
        let _ = SockRef::from(self).set_linger(Some(Duration::ZERO));
    }
}

/// How many bytes the peer has not acknowledged, sent or not; `None` where that cannot be asked.
fn unacknowledged(socket: &TcpStream) -> Option<libc::c_int> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open as long as `socket` is borrowed; TIOCOUTQ writes one int.
    #[expect(unsafe_code, reason = "no well-kept crate asks this of a socket")]
    let asked = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    (asked == 0).then_some(bytes)
}

/// How long ago the last acknowledgement came; `None` where that cannot be asked.
fn silence(socket: &TcpStream) -> Option<Duration> {
    let mut length = libc::socklen_t::try_from(mem::size_of::<libc::tcp_info>()).ok()?;
    // SAFETY: `tcp_info` is plain integers, for which all zeroes is a value; the kernel writes at most
    // `length` bytes of it, and the descriptor is open as long as `socket` is borrowed.
    #[expect(unsafe_code, reason = "no well-kept crate asks this of a socket")]
    let (asked, info) = unsafe {
        let mut info: libc::tcp_info = mem::zeroed();
        let into = (&raw mut info).cast();
        let descriptor = socket.as_raw_fd();
        let asked =
            libc::getsockopt(descriptor, libc::IPPROTO_TCP, libc::TCP_INFO, into, &raw mut length);
        (asked, info)
    };
    (asked == 0).then(|| Duration::from_millis(info.tcpi_last_ack_recv.into()))
}
