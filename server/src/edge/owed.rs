//! What a connection owes its client: known to its service and to what lies around its socket.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Waker},
};

use super::lingering::{Lingering, Place};

/// Whether a request is being answered on a connection, and what is left to do. A cheap handle.
#[derive(Clone, Debug)]
pub(super) struct Owed(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How many requests have begun, twice; and one while the last of them is being answered.
    turn: AtomicU32,
    /// The body of the request has not all come.
    incomplete: AtomicBool,
    /// The client waits to be asked for the body of its request.
    unasked: AtomicBool,
    /// The client may still be sending when the connection is closed.
    lingers: AtomicBool,
    lingering: Lingering,
    /// The answer is a stream, whose end nobody can foresee.
    streams: AtomicBool,
    /// How often everything had left that was written.
    flushes: AtomicU32,
    client: IpAddr,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    debt: Debt,
    /// The answer is all made.
    made: bool,
    /// The end came in the middle of a request's body.
    breaks_off: bool,
    /// Waits to be told about the end, which was kept from it.
    reader: Option<Waker>,
    /// Waits to be told when nothing is being answered any more.
    rests: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Debt {
    #[default]
    Nothing,
    /// A request has begun, and its answer is not all made.
    Answer,
    /// It is made, and may lie in a buffer.
    Flush,
}

impl Owed {
    /// Nothing yet. When it is closed, `client` gets a place among those `lingering`.
    pub(super) fn new(lingering: Lingering, client: IpAddr) -> Self {
        Self(Arc::new(Shared {
            turn: AtomicU32::new(0),
            incomplete: AtomicBool::new(false),
            unasked: AtomicBool::new(false),
            lingers: AtomicBool::new(false),
            streams: AtomicBool::new(false),
            flushes: AtomicU32::new(0),
            lingering,
            client,
            state: Mutex::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_reader(state: &mut State) {
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
    }

    /// How many requests have begun.
    pub(super) fn requests(&self) -> u32 {
        self.0.turn.load(Relaxed) >> 1
    }

    /// Whether a request is being answered.
    pub(super) fn is_busy(&self) -> bool {
        self.0.turn.load(Relaxed) & 1 == 1
    }

    /// The caller is woken once nothing is being answered any more.
    pub(super) fn wakes_when_answered(&self, context: &Context<'_>) {
        self.state().rests = Some(context.waker().clone());
    }

    /// A request begins, with a body or not; `unasked` if its client waits to be asked for it.
    pub(super) fn begins(&self, body: bool, unasked: bool) {
        let mut state = self.state();
        (state.debt, state.made) = (Debt::Answer, false);
        self.0.incomplete.store(body, Relaxed);
        self.0.unasked.store(unasked, Relaxed);
        self.0.streams.store(false, Relaxed);
        let turn = self.0.turn.load(Relaxed);
        self.0.turn.store((turn | 1).wrapping_add(2), Relaxed);
    }

    /// The body of the request is read.
    pub(super) fn asks(&self) {
        self.0.unasked.store(false, Relaxed);
    }

    /// All of the request's body has come.
    pub(super) fn is_complete(&self) {
        self.0.incomplete.store(false, Relaxed);
    }

    /// Whether the request is answered before all of it has come. The connection then ends with the answer:
    /// the client may send the rest or not, and HAProxy sends its next request instead.
    pub(super) fn answers_early(&self) -> bool {
        if self.0.unasked.swap(false, Relaxed) {
            self.linger();
        }
        self.0.incomplete.load(Relaxed)
    }

    /// The beginning of the answer is made, and no more is owed: it is a stream's.
    pub(super) fn has_begun(&self) {
        self.state().debt = Debt::Flush;
        self.0.streams.store(true, Relaxed);
    }

    /// Whether a stream has begun that goes on.
    pub(super) fn streams(&self) -> bool {
        self.0.streams.load(Relaxed)
    }

    /// All of the answer is made.
    pub(super) fn is_made(&self) {
        let mut state = self.state();
        (state.debt, state.made) = (Debt::Flush, true);
        self.0.streams.store(false, Relaxed);
    }

    /// How often everything has left that was written.
    pub(super) fn flushes(&self) -> u32 {
        self.0.flushes.load(Relaxed)
    }

    /// Everything that was written has left.
    pub(super) fn flushed(&self) {
        self.0.flushes.fetch_add(1, Relaxed);
        let mut state = self.state();
        if state.debt == Debt::Flush {
            state.debt = Debt::Nothing;
            if state.made {
                self.0.turn.fetch_and(!1, Relaxed);
                if let Some(rests) = state.rests.take() {
                    rests.wake();
                }
            }
            Self::wake_reader(&mut state);
        }
    }

    /// Whether the end of reading is kept from the caller.
    pub(super) fn hides_end(&self, context: &Context<'_>) -> bool {
        let mut state = self.state();
        let hides = state.debt != Debt::Nothing && !state.breaks_off;
        state.reader = hides.then(|| context.waker().clone());
        hides
    }

    /// The body of the request has no more for now; if hyper has met the end already, it never will.
    pub(super) fn body_waits(&self) {
        let mut state = self.state();
        if state.reader.is_some() {
            state.breaks_off = true;
            Self::wake_reader(&mut state);
        }
    }

    /// The client may still be sending when the connection is closed.
    pub(super) fn linger(&self) {
        self.0.lingers.store(true, Relaxed);
    }

    pub(super) fn lingers(&self) -> bool {
        self.0.lingers.load(Relaxed)
    }

    /// A place to discard what the client sends.
    pub(super) fn place(&self) -> Place {
        self.0.lingering.enter(self.0.client)
    }
}
