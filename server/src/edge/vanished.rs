//! Detects a peer that has vanished without closing its socket.
//!
//! `TCP_USER_TIMEOUT` would detect this too, but not only this: Linux also applies it when the window stays
//! too small for what is queued next, and so disconnects a reader that is slow but alive.

use std::{
    mem,
    os::fd::{AsFd, AsRawFd, BorrowedFd},
    time::Duration,
};

use socket2::SockRef;

/// A socket that can tell how long its peer has been silent.
pub(super) trait Peer {
    /// Whether bytes are waiting for an acknowledgement and none has arrived for this long.
    fn is_silent(&self, patience: Duration) -> bool;

    /// Whether bytes are waiting to leave and none has for this long.
    fn is_stuck(&self, patience: Duration) -> bool;

    /// How many of the bytes that were written the peer has not acknowledged; 0 where nobody knows.
    fn unacknowledged(&self) -> u64;

    /// What has not left is discarded when the socket is closed. Otherwise the kernel would keep it for as
    /// long as the peer takes a few bytes now and then.
    fn give_up(&self);
}

/// A TCP socket.
pub(super) struct Tcp<S>(pub(super) S);

impl<S: AsFd> Peer for Tcp<S> {
    fn is_silent(&self, patience: Duration) -> bool {
        self.unacknowledged() > 0
            && state(self.0.as_fd())
                .is_some_and(|state| millis(state.tcpi_last_ack_recv) >= patience)
    }

    fn is_stuck(&self, patience: Duration) -> bool {
        // A peer that lives acknowledges what asks for its window, and data is only sent where there is some.
        self.unacknowledged() > 0
            && state(self.0.as_fd())
                .is_some_and(|state| millis(state.tcpi_last_data_sent) >= patience)
    }

    fn unacknowledged(&self) -> u64 {
        unacknowledged(self.0.as_fd()).and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)
    }

    fn give_up(&self) {
        // Where that cannot be set, the kernel keeps it for longer.
        let _ = SockRef::from(&self.0).set_linger(Some(Duration::ZERO));
    }
}

/// How many bytes the peer has not acknowledged, sent or not; `None` where that cannot be asked.
fn unacknowledged(socket: BorrowedFd<'_>) -> Option<libc::c_int> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open as long as `socket` is borrowed; TIOCOUTQ writes one int.
    #[expect(unsafe_code, reason = "no well-kept crate asks this of a socket")]
    let asked = unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    (asked == 0).then_some(bytes)
}

fn millis(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

/// What the kernel says of a connection; `None` where that cannot be asked.
fn state(socket: BorrowedFd<'_>) -> Option<libc::tcp_info> {
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
    (asked == 0).then_some(info)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        time::timeout,
    };

    use super::*;

    #[tokio::test]
    async fn what_is_not_read_is_stuck_and_what_is_acknowledged_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut ours = Tcp(listener.accept().await.unwrap().0);
        let patience = Duration::from_millis(500);
        while timeout(patience, ours.0.write_all(&[0; 1 << 16])).await.is_ok() {}
        assert!(!ours.is_stuck(Duration::from_secs(3600)));
        while !ours.is_stuck(patience) {
            tokio::task::yield_now().await;
        }
        drop(ours.0.try_write(b"the end"));
        assert!(ours.is_stuck(patience));
        let reading = tokio::spawn(async move { theirs.read_to_end(&mut Vec::new()).await });
        while ours.unacknowledged() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(!ours.is_stuck(Duration::ZERO));
        drop(ours);
        reading.await.unwrap().unwrap();
    }
}
