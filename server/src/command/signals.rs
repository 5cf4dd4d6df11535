//! Signals that ask the program to end go in, how it is to end comes out. They are heard on a thread of
//! their own, which ends the program itself where something hangs: a disk, an answer, another thread.

use std::{io, process, thread, time::Duration};

use tokio::{
    runtime::Builder,
    select,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    time::sleep,
};
use tracing::warn;

/// How long the program goes on after SIGTERM at most.
pub const DRAIN: Duration = Duration::from_secs(10);

/// How much of that is left for closing the log, and how long the program goes on after SIGINT.
pub const CLOSE: Duration = Duration::from_secs(2);

/// How the program is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// What is under way is waited for.
    Drain,
    /// It is not.
    AtOnce,
}

/// Tells of the first SIGTERM or SIGINT. With the second, or when what the first allows is over, the
/// program ends, with `last_words` before.
///
/// # Errors
/// Where the operating system does not tell of signals.
pub fn listen(last_words: impl FnOnce() + Send + 'static) -> io::Result<oneshot::Receiver<Ending>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt) = {
        let _within = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let (tell, told) = oneshot::channel();
    let listening = async move {
        let (ending, patience) = select! {
            _ = terminate.recv() => (Ending::Drain, DRAIN),
            _ = interrupt.recv() => (Ending::AtOnce, CLOSE),
        };
        // Who is not there to hear it is ending already.
        let _ = tell.send(ending);
        select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = sleep(patience) => warn!(after_s = patience.as_secs(), "not ended in time"),
        }
    };
    thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(listening);
        last_words();
        process::exit(0);
    })?;
    Ok(told)
}

/// Has a write beyond the limit of a file's size (`ulimit -f`) fail as one to a full disk does: without
/// this the kernel kills the program.
///
/// # Errors
/// Where the operating system does not tell of signals.
pub fn outlive_the_limit_of_file_sizes() -> io::Result<()> {
    // The handler stays when this end of it is dropped.
    signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop)
}
