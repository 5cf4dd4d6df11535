//! Idempotency keys: a key comes in with its draft, whether the draft was placed before goes out.

use redb::{ReadableTable, Table, WriteTransaction};
use sha2::{Digest, Sha256};

use super::{KEYS, KEYS_BY_AGE, Placed, Result};
use crate::{
    event::Draft,
    log::{AppendError, KEY_KEPT_FOR, Key, embedded::codec::encode},
};

/// The tables of the keys.
pub(super) struct Keys<'t> {
    known: Table<'t, &'static str, ([u8; 32], u64, i64)>,
    by_age: Table<'t, (i64, &'static str), ()>,
}

impl<'t> Keys<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        let known = transaction.open_table(KEYS)?;
        Ok(Self { known, by_age: transaction.open_table(KEYS_BY_AGE)? })
    }

    /// Notes that the draft will be the event of this sequence; `Some` where the key is known.
    pub(super) fn place(
        &mut self,
        key: &Key,
        draft: &Draft,
        sequence: u64,
        now: i64,
    ) -> Result<Option<Placed>> {
        let (key, fingerprint) = (words(key), fingerprint(draft));
        if let Some(known) = self.known.get(&*key)? {
            let (known, sequence, _) = known.value();
            return Ok(Some(if known == fingerprint {
                Placed::Before(sequence)
            } else {
                Placed::Refused(AppendError::KeyUsed)
            }));
        }
        self.known.insert(&*key, (fingerprint, sequence, now))?;
        self.by_age.insert((now, &*key), ())?;
        Ok(None)
    }

    /// Forgets keys that are too old, at most `most`, at a time that can be believed. One that is stamped
    /// in the future counts from now on. Returns how many were forgotten, or stamped anew.
    pub(super) fn forget(&mut self, now: i64, most: usize) -> Result<usize> {
        let stamped = self.stamp_anew(now, most)?;
        let most = most - stamped;
        let before = now.saturating_sub(KEY_KEPT_FOR);
        for forgotten in 0..most {
            let oldest = self.by_age.first()?.map(|(key, _)| {
                let (at, key) = key.value();
                (at, key.to_owned())
            });
            let Some((at, key)) = oldest.filter(|(at, _)| *at < before) else {
                return Ok(stamped + forgotten);
            };
            self.known.remove(&*key)?;
            self.by_age.remove((at, &*key))?;
        }
        Ok(stamped + most)
    }

    /// Gives keys that are stamped in the future the stamp of now, at most `most`. Returns how many.
    fn stamp_anew(&mut self, now: i64, most: usize) -> Result<usize> {
        for stamped in 0..most {
            let newest = self.by_age.last()?.map(|(key, _)| {
                let (at, key) = key.value();
                (at, key.to_owned())
            });
            let Some((at, key)) = newest.filter(|(at, _)| *at > now) else { return Ok(stamped) };
            self.by_age.remove((at, &*key))?;
            self.by_age.insert((now, &*key), ())?;
            let known = self.known.get(&*key)?.map(|known| known.value());
            if let Some((fingerprint, sequence, _)) = known {
                self.known.insert(&*key, (fingerprint, sequence, now))?;
            }
        }
        Ok(most)
    }
}

/// A key with whose it is.
fn words(key: &Key) -> String {
    // A subject holds no NUL, so that no two keys are written alike.
    format!("{}\0{}", key.subject.as_deref().unwrap_or_default(), key.name)
}

/// What tells one draft from another.
pub(in crate::log) fn fingerprint(draft: &Draft) -> [u8; 32] {
    Sha256::digest(encode(0, draft)).into()
}
