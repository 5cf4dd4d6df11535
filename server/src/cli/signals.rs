//! Signals that ask the program to end, and how. A separate thread receives them, so that the program ends
//! even if something hangs: a disk, a response, another thread.

use std::{io, thread, time::Duration};

use tokio::{
    runtime::Builder,
    select,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
    time::sleep,
};
use tracing::warn;

use super::systemd;
use crate::config::CLOSE;

/// How the program is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Pending work is finished.
    Drain,
    /// It is not.
    AtOnce,
}

/// Reports the first SIGTERM, which allows `drain`, or SIGINT. On the second, or when the time that the first allows is over,
/// calls `exit` on the thread that receives them.
///
/// # Errors
/// If the operating system cannot deliver signals.
pub fn listen(
    drain: Duration,
    exit: impl FnOnce() + Send + 'static,
) -> io::Result<oneshot::Receiver<Ending>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = {
        let _within = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let (tell, told) = oneshot::channel();
    let listening = async move {
        let (ending, patience) = select! {
            _ = terminate.recv() => (Ending::Drain, drain),
            _ = interrupt.recv() => (Ending::AtOnce, CLOSE),
        };
        // A receiver that is not there to hear it is ending already.
        let _ = tell.send(ending);
        select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = sleep(patience) => warn!(after_s = patience.as_secs(), "shutdown timed out"),
        }
    };
    thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(listening);
        exit();
    })?;
    Ok(told)
}

/// Has everything reloaded at each SIGHUP, which would otherwise end the program: sends `reload` where to
/// say that it is done. systemd is told when it begins and ends.
///
/// # Errors
/// If the operating system cannot deliver signals.
pub fn on_hang_up(reload: mpsc::Sender<oneshot::Sender<()>>) -> io::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hang_up.recv().await.is_some() {
            systemd::reloading();
            let (done, is_done) = oneshot::channel();
            // Without TLS there is nobody to load anything.
            if reload.send(done).await.is_ok() {
                let _ = is_done.await;
            }
            systemd::ready();
        }
    });
    Ok(())
}

/// Makes a write beyond the file size limit (`ulimit -f`) fail as on a full disk: without this, the kernel
/// kills the program.
///
/// # Errors
/// If the operating system cannot deliver signals.
pub fn outlive_the_limit_of_file_sizes() -> io::Result<()> {
    // The handler stays when this end of it is dropped.
    signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop)
}
