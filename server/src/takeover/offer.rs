//! The predecessor's part: hands its sockets and its log to a successor that comes for them, and carries
//! on as before if the successor fails.

use std::{
    env,
    error::Error,
    io,
    os::fd::BorrowedFd,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use belfry_hub::log::{Embedded, Unavailable};
use rustix::process::geteuid;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::Mutex,
    time::{sleep, timeout},
};
use tracing::{error, info, warn};

use super::{
    descriptors,
    message::{self, FromPredecessor, FromSuccessor, SOCKET, Supervision, VERSION},
    remote::Remote,
};
use crate::{
    data_socket,
    edge::listen::{Copied, Listeners},
    endings::Endings,
};

/// How long a successor may take for its first word.
const HELLO_WITHIN: Duration = Duration::from_secs(5);

/// After this long without the log, a line in the log says so.
const WARNED_AFTER: Duration = Duration::from_secs(5);

/// Between two attempts to take the log back.
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// The pause after a failed attempt to accept a successor.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

type Failed = Box<dyn Error + Send + Sync>;

/// What a server offers to its successor.
#[derive(Debug)]
pub struct Offer {
    listener: UnixListener,
    log: Arc<Embedded>,
    endings: Endings,
    /// Locked while a successor is at it, and from then on if it has taken over.
    sockets: Mutex<Vec<Copied>>,
}

impl Offer {
    /// The log in a data directory, and the sockets.
    ///
    /// # Errors
    /// If there is no descriptor left, or no socket can be made in the directory; outside of a runtime too.
    pub fn new(
        folder: &Path,
        log: Arc<Embedded>,
        listeners: &Listeners,
        endings: Endings,
    ) -> io::Result<Self> {
        let copied = listeners.each().map(|(purpose, one)| Copied::of(one, purpose));
        let sockets = copied.collect::<io::Result<_>>()?;
        let listener = data_socket::listen(folder, SOCKET)?;
        Ok(Self { listener, log, endings, sockets: Mutex::new(sockets) })
    }

    /// Waits for a successor until the shutdown. Calls `handed_over` once it has everything, with its process where
    /// the kernel says which one it is.
    pub async fn stand(self, handed_over: impl Fn(u32) + Send + Sync + 'static) {
        let shutdown = self.endings.shutdown.clone();
        let (offer, handed_over) = (Arc::new(self), Arc::new(handed_over));
        while let Some(accepted) = shutdown.run_until_cancelled(offer.listener.accept()).await {
            match accepted {
                Ok((stream, _)) => {
                    let (offer, handed_over) = (offer.clone(), handed_over.clone());
                    tokio::spawn(async move { offer.receive(stream, &*handed_over).await });
                }
                // Usually there is no descriptor left.
                Err(error) => {
                    warn!(%error, "cannot accept a successor");
                    sleep(AFTER_REFUSAL).await;
                }
            }
        }
    }

    async fn receive(&self, mut stream: UnixStream, handed_over: &(dyn Fn(u32) + Send + Sync)) {
        let Ok(peer) = stream.peer_cred() else { return };
        if peer.uid() != geteuid().as_raw() {
            return warn!(uid = peer.uid(), "refused a takeover by another user");
        }
        // It may be of a namespace that this one does not see.
        let process = peer.pid().and_then(|process| process.try_into().ok()).filter(|id| *id > 0);
        let shutdown = &self.endings.shutdown;
        match shutdown.run_until_cancelled(greet(&mut stream)).await {
            None => return,
            Some(Err(error)) => return warn!(process, %error, "refused a takeover"),
            Some(Ok(())) => {}
        }
        let Ok(mut sockets) = self.sockets.try_lock() else {
            warn!(process, "refused a second takeover");
            return refuse(&mut stream, "another takeover is under way").await;
        };
        info!(process, "a successor is preparing to take over");
        match self.hand_over(stream, process, &sockets).await {
            Ok(answering) => {
                // Whoever connects is the successor's from now on, whatever becomes of it.
                sockets.clear();
                if let Some(process) = process {
                    handed_over(process);
                }
                // Also after the shutdown, until the last of them is answered.
                answering.await;
                // What is refused from here on would find nobody who answers.
                shutdown.cancelled().await;
            }
            Err(_) if shutdown.is_cancelled() => {}
            Err(error) => warn!(process, %error, "the takeover failed; carrying on as before"),
        }
    }

    /// Hands the sockets over, and waits until the successor wants the log.
    async fn prepare(&self, stream: &mut UnixStream, sockets: &[Copied]) -> Result<(), Failed> {
        let about = sockets.iter().map(Copied::about).collect();
        let supervision = Supervision {
            socket: env::var("NOTIFY_SOCKET").ok(),
            watchdog: env::var("WATCHDOG_USEC").ok(),
        };
        let said = FromPredecessor::Sockets { sockets: about, supervision };
        message::write(stream, &said).await?;
        let descriptors: Vec<BorrowedFd<'_>> = sockets.iter().map(Copied::socket).collect();
        descriptors::send(stream, &descriptors).await?;
        // It may take its time: nothing has changed yet.
        match message::read(stream).await.map_err(ended)? {
            FromSuccessor::WantsLog => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Hands everything over. What is returned answers this server's last requests.
    async fn hand_over(
        &self,
        mut stream: UnixStream,
        process: Option<u32>,
        sockets: &[Copied],
    ) -> Result<impl Future<Output = ()> + use<>, Failed> {
        let preparing = self.prepare(&mut stream, sockets);
        let Some(prepared) = self.endings.shutdown.run_until_cancelled(preparing).await else {
            return Err("this server exits".into());
        };
        prepared?;
        // From here on a shutdown ends nothing: what waits for the log is answered during the drain, whoever has it.
        let begun = Instant::now();
        if let Err(Unavailable(why)) = self.log.let_go().await {
            refuse(&mut stream, &why).await;
            return Err(why.into());
        }
        if let Err(error) = self.is_opened(&mut stream).await {
            drop(stream);
            self.take_back().await;
            return Err(error);
        }
        let (remote, answering) = Remote::new(stream, &*self.log);
        self.log.hand_to(Arc::new(remote));
        sockets.iter().for_each(Copied::leave_file);
        let waited_ms = begun.elapsed().as_millis();
        info!(process, waited_ms, "handed over; exiting");
        self.endings.relieved.cancel();
        Ok(answering)
    }

    /// Waits until the successor has opened the log and serves.
    async fn is_opened(&self, stream: &mut UnixStream) -> Result<(), Failed> {
        message::write(stream, &FromPredecessor::LogIsFree).await?;
        let mut serves = std::pin::pin!(message::read(stream));
        let served = match timeout(WARNED_AFTER, &mut serves).await {
            Ok(served) => served,
            Err(_) => {
                warn!(
                    "the successor is taking a long time to open the log; publishes wait until it serves or exits"
                );
                serves.await
            }
        };
        match served.map_err(ended)? {
            FromSuccessor::Serves => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Opens the log again, as soon as nobody else has it.
    async fn take_back(&self) {
        let begun = Instant::now();
        let mut warned = false;
        while let Err(why) = self.log.take_back().await {
            if why.stays() {
                error!(%why, "cannot take the log back; exiting, so that a restart can open it");
                return self.endings.shutdown.cancel();
            }
            if begun.elapsed() > WARNED_AFTER && !std::mem::replace(&mut warned, true) {
                warn!(%why, "cannot take the log back yet");
            }
            sleep(AGAIN_AFTER).await;
        }
    }
}

/// Hears the successor's first word.
async fn greet(stream: &mut UnixStream) -> Result<(), Failed> {
    match timeout(HELLO_WITHIN, message::read(stream)).await?? {
        FromSuccessor::Hello { version: VERSION } => Ok(()),
        FromSuccessor::Hello { version } => {
            let why = format!(
                "the running server supports version {VERSION} of the takeover protocol, not {version}"
            );
            refuse(stream, &why).await;
            Err(why.into())
        }
        other => Err(unexpected(&other)),
    }
}

async fn refuse(stream: &mut UnixStream, why: &str) {
    // Whoever has left does not need to hear it.
    let _ = message::write(stream, &FromPredecessor::Refuses { why: why.into() }).await;
}

fn ended(error: io::Error) -> Failed {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => "it has exited".into(),
        _ => error.into(),
    }
}

fn unexpected(said: &FromSuccessor) -> Failed {
    format!("it said {said:?} out of turn").into()
}
