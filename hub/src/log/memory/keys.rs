//! Idempotency keys in memory: whether a draft was published before.

use std::collections::{HashMap, VecDeque};

use crate::{
    cursor::Cursor,
    event::{Draft, Event},
    log::{AppendError, KEY_KEPT_FOR, Key, embedded::fingerprint, wall::Wall},
};

/// The keys that are known.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// What tells the draft of a key from another, and its id.
    known: HashMap<Key, ([u8; 16], Cursor)>,
    /// When each was noted, the oldest first.
    by_age: VecDeque<(i64, Key)>,
}

impl Keys {
    /// What became of the draft of a key before; `None` where nothing is known of it.
    pub(super) fn find(&self, key: &Key, draft: &Draft) -> Option<Result<Cursor, AppendError>> {
        let (known, id) = self.known.get(key)?;
        let same = *known == fingerprint(draft);
        Some(if same { Ok(*id) } else { Err(AppendError::KeyUsed) })
    }

    /// Notes what is published under a key.
    pub(super) fn note(&mut self, key: Key, event: &Event) {
        self.known.insert(key.clone(), (fingerprint(&event.draft), event.id()));
        self.by_age.push_back((event.at, key));
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.known.len() as u64
    }

    /// Forgets the oldest: those beyond `most`, and those that are too old once the clock may tell. One
    /// that is stamped in the future counts from now on.
    pub(super) fn forget(&mut self, wall: &Wall, most: u64) {
        let now = wall.is_proven().then(|| wall.now());
        while let Some((at, _)) = self.by_age.front_mut() {
            let old = now.is_some_and(|now| *at < now.saturating_sub(KEY_KEPT_FOR));
            if !old && self.known.len() as u64 <= most {
                *at = now.map_or(*at, |now| now.min(*at));
                return;
            }
            if let Some((_, key)) = self.by_age.pop_front() {
                self.known.remove(&key);
            }
        }
    }
}
