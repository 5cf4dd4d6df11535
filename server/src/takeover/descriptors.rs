//! Descriptors that pass from one process to another over a unix socket (`SCM_RIGHTS`, see `unix(7)`).

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::net::UnixStream as BlockingStream,
    },
};

use rustix::{
    cmsg_space,
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};
use tokio::{io::Interest, net::UnixStream};

/// The kernel passes no more with one message (`SCM_MAX_FD`).
pub(super) const MOST: usize = 253;

/// Stands for them in the stream.
const MARK: [u8; 1] = *b"+";

/// Sends a byte with the descriptors.
pub(super) async fn send(to: &UnixStream, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    if descriptors.len() > MOST {
        return Err(io::Error::other("there are too many sockets to hand over"));
    }
    to.async_io(Interest::WRITABLE, || {
        let rights = SendAncillaryMessage::ScmRights(descriptors);
        let mut room = vec![MaybeUninit::uninit(); rights.size()];
        let mut beside = SendAncillaryBuffer::new(&mut room);
        beside.push(rights);
        sendmsg(to, &[IoSlice::new(&MARK)], &mut beside, SendFlags::NOSIGNAL)?;
        Ok(())
    })
    .await
}

/// Receives that byte, and them.
pub(super) fn receive(from: &BlockingStream) -> io::Result<Vec<OwnedFd>> {
    let mut room = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST))];
    let mut beside = RecvAncillaryBuffer::new(&mut room);
    let mut mark = [0];
    let read =
        recvmsg(from, &mut [IoSliceMut::new(&mut mark)], &mut beside, RecvFlags::CMSG_CLOEXEC)?;
    if read.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut received = Vec::new();
    for message in beside.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            received.extend(descriptors);
        }
    }
    Ok(received)
}
