//! A gate that holds the operations of a disk that hangs until the disk is released.

use std::sync::{Condvar, Mutex, PoisonError};

use super::Kind;

#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<(Option<Kind>, u32)>,
    changed: Condvar,
}

impl Gate {
    /// What is asked for hangs from here on; `None` for nothing.
    pub(super) fn close_for(&self, kind: Option<Kind>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = kind;
        self.changed.notify_all();
    }

    /// How many hang.
    pub(super) fn hanging(&self) -> u32 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    pub(super) fn pass(&self, kind: Kind) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        let mut state = self
            .changed
            .wait_while(state, |(closed, _)| *closed == Some(kind))
            .unwrap_or_else(PoisonError::into_inner);
        state.1 -= 1;
    }
}
