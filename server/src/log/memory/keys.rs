//! Idempotency keys in memory: a key comes in with its draft, whether the draft was placed before goes
//! out.

use std::collections::{BTreeMap, HashMap};

use crate::{
    event::Draft,
    log::{AppendError, KEY_KEPT_FOR, Key, embedded::fingerprint, wall::Wall},
};

/// So many keys are kept at most; the oldest go first.
const MOST_KEYS: usize = 100_000;

/// The keys that are known.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// What tells the draft of a key from another, and its sequence.
    known: HashMap<Key, ([u8; 32], u64)>,
    /// By stamp and sequence.
    by_age: BTreeMap<(i64, u64), Key>,
}

impl Keys {
    /// Notes that the draft will be the event of this sequence; `Some` where the key is known.
    pub(super) fn place(
        &mut self,
        key: Key,
        draft: &Draft,
        sequence: u64,
        now: i64,
    ) -> Option<Result<u64, AppendError>> {
        let fingerprint = fingerprint(draft);
        if let Some((known, sequence)) = self.known.get(&key) {
            let same = *known == fingerprint;
            return Some(if same { Ok(*sequence) } else { Err(AppendError::KeyUsed) });
        }
        self.known.insert(key.clone(), (fingerprint, sequence));
        self.by_age.insert((now, sequence), key);
        None
    }

    /// Forgets those that are too old, once the clock may tell, and those that are too many. One that
    /// is stamped in the future counts from now on.
    pub(super) fn forget(&mut self, wall: &Wall) {
        let (proven, now) = (wall.is_proven(), wall.now());
        if proven {
            let ahead = self.by_age.split_off(&(now.saturating_add(1), 0));
            self.by_age.extend(ahead.into_iter().map(|((_, of), key)| ((now, of), key)));
        }
        let before = now.saturating_sub(KEY_KEPT_FOR);
        while let Some(oldest) = self.by_age.first_entry()
            && (proven && oldest.key().0 < before || self.known.len() >= MOST_KEYS)
        {
            self.known.remove(&oldest.remove());
        }
    }
}
