//! Writers: threads that have the sockets of streams that have caught up, and send them what comes.
//!
//! ```text
//! a stream and its socket → inbox → turns: what is ready, told or due → member → send ⇢ the reader
//!                                          the tail → group → batch ──┘
//! ```
//!
//! - `stream`: a stream and its socket; `inbox`: how it comes to a writer, and what wakes that
//! - `turns`: what a writer does; `places`: where it finds things again
//! - `member`: a stream in its hands; `group`: those that get the same; what they get is a `batch`, or the values of
//!   their `states`; `round`: from the first to the last of a group

mod batch;
mod group;
mod inbox;
mod member;
mod places;
mod round;
mod states;
mod stream;
mod turns;

use std::{
    fmt,
    future::pending,
    io,
    os::fd::{AsRawFd, RawFd},
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use tokio::{
    io::unix::AsyncFd,
    runtime::Handle,
    select,
    task::unconstrained,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::error;

use inbox::{Inbox, Told};
pub(super) use stream::Stream;
use turns::Turns;

/// Goes on with a stream in a task.
type Resume = fn(Stream, Writers);

/// The writers of a server. A cheap handle; they end with the last one.
#[derive(Clone)]
pub struct Writers(Arc<All>);

struct All {
    inboxes: Vec<Arc<Inbox<Stream>>>,
    /// Which one gets the next stream.
    next: AtomicUsize,
}

impl fmt::Debug for Writers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writers").field("threads", &self.0.inboxes.len()).finish_non_exhaustive()
    }
}

impl Drop for All {
    fn drop(&mut self) {
        self.inboxes.iter().for_each(|inbox| drop(inbox.tell(Told::End)));
    }
}

impl Writers {
    /// Gives a stream to one of them. Where all have ended, so does the stream.
    pub(super) fn take(&self, stream: Stream) {
        let All { inboxes, next } = &*self.0;
        let first = next.fetch_add(1, Relaxed) % inboxes.len().max(1);
        let (before, from) = inboxes.split_at(first);
        let mut stream = Some(Told::Stream(stream));
        for inbox in from.iter().chain(before) {
            stream = stream.and_then(|stream| inbox.tell(stream));
        }
    }

    /// Starts threads.
    pub(super) fn start_threads(
        threads: usize,
        ends: &[CancellationToken],
        resume: Resume,
    ) -> io::Result<Self> {
        let (writers, all) = Self::new(threads, ends, resume)?;
        for (number, turns) in all.into_iter().enumerate() {
            let runtime = Handle::current();
            let thread = thread::Builder::new().name(format!("writer-{number}"));
            thread.spawn(move || {
                let _runtime = runtime.enter();
                run(turns);
            })?;
        }
        Ok(writers)
    }

    /// Starts a task.
    pub(super) fn start_task(ends: &[CancellationToken], resume: Resume) -> io::Result<Self> {
        let (writers, all) = Self::new(1, ends, resume)?;
        for turns in all {
            // In virtual time nothing else may make it wait.
            tokio::spawn(unconstrained(run_on_the_runtime(turns)));
        }
        Ok(writers)
    }

    fn new(
        number: usize,
        ends: &[CancellationToken],
        resume: Resume,
    ) -> io::Result<(Self, Vec<Turns>)> {
        let mut turns = Vec::new();
        let mut failed = None;
        let all = Arc::new_cyclic(|all: &Weak<All>| {
            for _ in 0..number {
                let all = all.clone();
                let resume = move |stream| {
                    // Without others nobody is left to whom it matters.
                    if let Some(all) = all.upgrade() {
                        resume(stream, Self(all));
                    }
                };
                match Turns::new(Box::new(resume)) {
                    Ok(one) => turns.push(one),
                    Err(error) => failed = Some(error),
                }
            }
            let inboxes = turns.iter().map(|turns| turns.inbox().clone()).collect();
            All { inboxes, next: AtomicUsize::new(0) }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        for end in ends {
            let (end, inboxes) = (end.clone(), all.inboxes.clone());
            tokio::spawn(async move {
                end.cancelled().await;
                inboxes.iter().for_each(|inbox| drop(inbox.tell(Told::All)));
            });
        }
        Ok((Self(all), turns))
    }
}

/// Closes a writer's inbox when it ends, in whatever way.
struct Closing(Arc<Inbox<Stream>>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A writer as a thread.
fn run(mut turns: Turns) {
    let _closing = Closing(turns.inbox().clone());
    loop {
        let wait = turns.next().map(|at| at.saturating_duration_since(Instant::now()));
        match turns.turn(wait) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return error!(%error, "a writer has ended"),
        }
    }
}

/// A writer as a task.
async fn run_on_the_runtime(mut turns: Turns) {
    let _closing = Closing(turns.inbox().clone());
    loop {
        if let Err(error) = is_due(turns.poll().as_raw_fd(), turns.next()).await {
            return error!(%error, "a writer has ended");
        }
        match turns.turn(Some(Duration::ZERO)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return error!(%error, "a writer has ended"),
        }
    }
}

/// Waits for the next turn.
async fn is_due(poll: RawFd, next: Option<Instant>) -> io::Result<()> {
    #[expect(deprecated, reason = "what replaces it is unsafe; the caller keeps the poll open")]
    let ready = AsyncFd::new(poll)?;
    let due = async {
        match next {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
    };
    select! {
        ready = ready.readable() => ready.map(drop),
        () = due => Ok(()),
    }
}
