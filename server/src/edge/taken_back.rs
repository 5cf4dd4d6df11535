//! A socket that was taken back from hyper, with all that lasts as long as its connection.

use std::{
    io,
    net::IpAddr,
    os::fd::{BorrowedFd, OwnedFd},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use belfry_hub::{
    budget::Progress,
    http::{Awake, Parked, Writers},
};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{
    admission::Room,
    linger::Linger,
    owed::Owed,
    pass_on::pass_on,
    shared::Shared,
    socket::{Kind, Socket},
    stall::{WithoutSocket, WriteDeadline},
    vanished::Tcp,
};
use crate::tally::Open;

/// What lasts as long as a connection whose socket was taken back.
pub(super) struct Held {
    /// Counts the connection,
    pub(super) _connection: Open,
    /// and its stream.
    pub(super) _stream: Open,
    pub(super) _room: Room,
    /// The server waits for it at its end.
    pub(super) _waited_for: TaskTrackerToken,
    /// What others hold with the answer.
    pub(super) _body: Body,
    /// They end with the last that holds them.
    pub(super) _writers: Option<Writers>,
    pub(super) shared: Arc<Shared>,
    pub(super) client: IpAddr,
}

pin_project! {
    /// A socket that was taken back, in the runtime.
    pub(super) struct TakenBack<S> {
        #[pin]
        socket: Linger<S>,
        progress: Progress,
        held: Box<Held>,
    }
}

/// What goes with it outside of the runtime. There may be very many.
struct OutOfRuntime {
    kind: Kind,
    deadline: WithoutSocket,
    held: Held,
}

impl<S> TakenBack<S> {
    pub(super) fn new(socket: S, progress: Progress, held: Box<Held>) -> Self {
        let owed = Owed::new(held.shared.lingering.clone(), held.client);
        Self { socket: Linger::new(socket, owed), progress, held }
    }
}

impl<S: AsyncRead> AsyncRead for TakenBack<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().socket.poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for TakenBack<S> {
    pass_on!(write, flush, shutdown);
}

impl Awake for TakenBack<WriteDeadline<Socket>> {
    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn park(self: Box<Self>) -> io::Result<(OwnedFd, Box<dyn Parked>)> {
        let Self { socket, held, .. } = *self;
        let (socket, deadline) = socket.into_inner().part();
        let (kind, socket) = socket.park()?;
        Ok((socket, Box::new(OutOfRuntime { kind, deadline, held: *held })))
    }
}

/// Its bytes go through TLS, and so through a task.
impl Awake for TakenBack<TlsStream<WriteDeadline<Socket>>> {
    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn park(self: Box<Self>) -> io::Result<(OwnedFd, Box<dyn Parked>)> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Parked for OutOfRuntime {
    fn wake(self: Box<Self>, socket: OwnedFd) -> io::Result<Box<dyn Awake>> {
        let Self { kind, deadline, held } = *self;
        let Shared { config, counters, .. } = &*held.shared;
        let waits = (config.write_stall, config.vanished_after);
        let socket = deadline.with(kind.wake(socket)?, waits, counters.clone());
        let progress = socket.progress().clone();
        Ok(Box::new(TakenBack::new(socket, progress, Box::new(held))))
    }

    fn has_vanished(&mut self, socket: BorrowedFd<'_>) -> bool {
        let Shared { config, counters, .. } = &*self.held.shared;
        let after = config.vanished_after;
        self.kind == Kind::Tcp && self.deadline.has_vanished(&Tcp(socket), after, counters)
    }
}
