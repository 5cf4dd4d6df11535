//! The successor's part: finds the server that runs, and takes its sockets and its log.

use std::{
    io,
    os::{fd::AsFd, unix::net::UnixStream as BlockingStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use belfry_hub::Log;
use rustix::{net::sockopt::socket_peercred, process::geteuid};
use tokio::{
    net::{UnixStream, unix::OwnedReadHalf},
    sync::mpsc,
};
use tracing::{debug, info, warn};

use super::{
    descriptors,
    message::{self, FromPredecessor, FromSuccessor, SOCKET, Supervision, VERSION},
};
use crate::{config::Endpoint, data_socket, edge::listen::Inherited};

/// How long the predecessor may take for an answer. To let go of the log may take it a second.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// The server that runs.
#[derive(Debug)]
pub struct Predecessor {
    stream: BlockingStream,
    process: u32,
    supervision: Supervision,
    inherited: Inherited,
}

impl Predecessor {
    /// Finds the server that uses a data directory, and takes its sockets; `None` where none runs.
    ///
    /// # Errors
    /// If it refuses, or is another user's.
    pub fn find(folder: &Path) -> io::Result<Option<Self>> {
        let stream = match data_socket::connect(folder, SOCKET) {
            Ok(stream) => stream,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
                    _ => Err(error),
                };
            }
        };
        stream.set_read_timeout(Some(ANSWERED_WITHIN))?;
        let peer = socket_peercred(stream.as_fd())?;
        if peer.uid != geteuid() {
            return Err(io::Error::other(format!("it belongs to user {}", peer.uid.as_raw())));
        }
        message::write_now(&stream, &FromSuccessor::Hello { version: VERSION })?;
        let (sockets, supervision) = match message::read_now(&stream)? {
            FromPredecessor::Sockets { sockets, supervision } => (sockets, supervision),
            other => return Err(refusal(&other)),
        };
        let inherited = Inherited::new(descriptors::receive(&stream)?, &sockets)?;
        let process = peer.pid.as_raw_nonzero().get().unsigned_abs();
        Ok(Some(Self { stream, process, supervision, inherited }))
    }

    /// Where the sockets listen that systemd has passed to it.
    #[must_use]
    pub fn passed(&self) -> Vec<Endpoint> {
        self.inherited.passed()
    }

    /// Its sockets.
    pub fn inherited(&mut self) -> &mut Inherited {
        &mut self.inherited
    }

    /// The variables by which systemd told it how to be told that it serves: their names and values.
    pub fn supervision(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Supervision { socket, watchdog } = &self.supervision;
        let both = [("NOTIFY_SOCKET", socket), ("WATCHDOG_USEC", watchdog)];
        both.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Has it close the log.
    ///
    /// # Errors
    /// If it cannot, or has ended.
    pub fn close_log(&self) -> io::Result<()> {
        message::write_now(&self.stream, &FromSuccessor::WantsLog)?;
        match message::read_now(&self.stream)? {
            FromPredecessor::LogIsFree => Ok(()),
            other => Err(refusal(&other)),
        }
    }

    /// Tells it to end, and answers from the log what it still asks. From here on there is no way back.
    ///
    /// # Errors
    /// If the runtime cannot take its socket; it does not hear of it then.
    pub fn relieve(self, log: Arc<dyn Log>) -> io::Result<()> {
        let Self { stream, process, inherited, .. } = self;
        stream.set_nonblocking(true)?;
        let (reader, mut writer) = UnixStream::from_std(stream.try_clone()?)?.into_split();
        inherited.remove_files();
        if let Err(error) = message::write_now(&stream, &FromSuccessor::Serves) {
            // It cannot take the log back any more.
            warn!(process, %error, "the server being taken over exited too early");
            return Ok(());
        }
        info!(process, "took over");
        let (answers, mut outgoing) = mpsc::unbounded_channel();
        tokio::spawn(answer(reader, log, answers));
        tokio::spawn(async move {
            while let Some(answer) = outgoing.recv().await {
                if message::write(&mut writer, &answer).await.is_err() {
                    break;
                }
            }
        });
        Ok(())
    }
}

/// Answers calls until it has ended.
async fn answer(
    mut reader: OwnedReadHalf,
    log: Arc<dyn Log>,
    answers: mpsc::UnboundedSender<FromSuccessor>,
) {
    loop {
        match message::read(&mut reader).await {
            Ok(FromPredecessor::Asks { number, call }) => {
                let (log, answers) = (log.clone(), answers.clone());
                tokio::spawn(async move {
                    // Whoever asked must not wait for ever: it cannot read that, and says so.
                    let answer = call.answer(&*log).await.unwrap_or_default();
                    let newest = log.spans().newest();
                    let _ = answers.send(FromSuccessor::Answers { number, answer, newest });
                });
            }
            Ok(other) => return warn!(?other, "the server that was taken over spoke out of turn"),
            Err(error) => return debug!(%error, "the server that was taken over has exited"),
        }
    }
}

fn refusal(said: &FromPredecessor) -> io::Error {
    match said {
        FromPredecessor::Refuses { why } => io::Error::other(why.clone()),
        other => io::Error::other(format!("the running server said {other:?} out of turn")),
    }
}
