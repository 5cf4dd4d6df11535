//! Idempotency keys: whether a draft was published before.

use redb::{ReadableTable, ReadableTableMetadata, Table, WriteTransaction};
use sha2::{Digest, Sha256};

use super::{
    super::row::{self, Fields, Kind, Seal},
    tables::{KEYS, KEYS_BY_AGE, Result},
};
use crate::{
    cursor::{Cursor, Epoch},
    event::{Draft, Event},
    log::{AppendError, KEY_KEPT_FOR, Key, embedded::format1},
};

/// The tables of the keys.
pub(super) struct Keys<'t> {
    known: Table<'t, &'static [u8; 16], &'static [u8]>,
    by_age: Table<'t, u64, &'static [u8; 16]>,
    seal: Seal,
}

/// What became of a draft.
#[derive(Debug)]
pub(crate) enum Placed {
    /// It is an event now.
    Now(Event),
    /// It was one before, with this id.
    Before(Cursor),
    /// Its key belongs to another.
    Refused(AppendError),
}

/// What was published under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct KeyRow {
    /// The hash of the key with its scope.
    pub(in super::super) key: [u8; 16],
    /// What tells its draft from another.
    pub(in super::super) fingerprint: [u8; 16],
    pub(in super::super) id: Cursor,
    pub(in super::super) at: i64,
}

impl KeyRow {
    pub(in super::super) fn row(&self, seal: Seal) -> Vec<u8> {
        let mut row = row::begin(Kind::Key, 56);
        row.extend(self.key);
        row.extend(self.fingerprint);
        row.extend(self.id.sequence.to_le_bytes());
        row.extend(self.id.epoch.0.to_le_bytes());
        row.extend(self.at.to_le_bytes());
        seal.seal(row)
    }

    pub(in super::super) fn read(body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let (key, fingerprint) = (fields.array()?, fields.array()?);
        let (sequence, epoch) = (fields.number()?, Epoch(fields.number()?));
        let at = i64::from_le_bytes(fields.array()?);
        Some(Self { key, fingerprint, id: Cursor { epoch, sequence }, at })
    }

    fn of(key: &[u8; 16], row: &[u8], seal: Seal) -> Option<Self> {
        Self::read(seal.open(Kind::Key, row)?).filter(|row| row.key == *key)
    }
}

impl<'t> Keys<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction, seal: Seal) -> Result<Self> {
        let known = transaction.open_table(KEYS)?;
        Ok(Self { known, by_age: transaction.open_table(KEYS_BY_AGE)?, seal })
    }

    /// What became of the draft of a key before; `None` where nothing is known of it.
    pub(super) fn find(&self, key: &Key, draft: &Draft) -> Result<Option<Placed>> {
        let key = hash(key);
        let row = self.known.get(&key)?;
        // A damaged one cannot tell; what is published twice does less harm than what is lost.
        let known = row.and_then(|row| KeyRow::of(&key, row.value(), self.seal));
        Ok(known.map(|known| {
            if known.fingerprint == fingerprint(draft) {
                Placed::Before(known.id)
            } else {
                Placed::Refused(AppendError::KeyUsed)
            }
        }))
    }

    /// Notes what is published under a key.
    pub(super) fn note(&mut self, row: &KeyRow) -> Result<()> {
        self.by_age.insert(row.id.sequence, &row.key)?;
        self.known.insert(&row.key, &*row.row(self.seal))?;
        Ok(())
    }

    /// How many there are.
    pub(super) fn count(&self) -> Result<u64> {
        Ok(self.known.len()?)
    }

    /// Forgets the oldest keys: those beyond `most`, and at a time that can be believed those that are
    /// too old; `slice` of them at most. One that is stamped in the future counts from now on. Returns
    /// how many were forgotten, or stamped again.
    pub(super) fn forget(&mut self, now: Option<i64>, most: u64, slice: usize) -> Result<usize> {
        for forgotten in 0..slice {
            if !self.forget_one(now, most)? {
                return Ok(forgotten);
            }
        }
        Ok(slice)
    }

    fn forget_one(&mut self, now: Option<i64>, most: u64) -> Result<bool> {
        let Some((sequence, key)) =
            self.by_age.first()?.map(|(sequence, key)| (sequence.value(), *key.value()))
        else {
            return Ok(false);
        };
        let row = self.known.get(&key)?;
        let row = row.and_then(|row| KeyRow::of(&key, row.value(), self.seal));
        let at = row.as_ref().map(|row| row.at);
        let old = at.is_none_or(|at| now.is_some_and(|now| at < now.saturating_sub(KEY_KEPT_FOR)));
        if !old && self.by_age.len()? <= most {
            let Some((now, row)) = now.zip(row).filter(|(now, row)| row.at > *now) else {
                return Ok(false);
            };
            let row = KeyRow { at: now, ..row };
            self.known.insert(&row.key, &*row.row(self.seal))?;
            return Ok(true);
        }
        self.by_age.remove(sequence)?;
        // A later publish may have taken the place of one that could not be read.
        if row.is_none_or(|row| row.id.sequence == sequence) {
            self.known.remove(&key)?;
        }
        Ok(true)
    }
}

/// What a key is known by, with whose it is.
pub(in crate::log) fn hash(key: &Key) -> [u8; 16] {
    hash_of(&format!("{}\0{}", key.scope, key.name))
}

/// The same where scope and name are one text, with a NUL between them.
pub(super) fn hash_of(key: &str) -> [u8; 16] {
    half(key.as_bytes())
}

/// What tells one draft from another. The server's own topics are not part of what its publisher said: the
/// same, sent again by a browser that was given another id since, is the same.
pub(in crate::log) fn fingerprint(draft: &Draft) -> [u8; 16] {
    let mut said = draft.clone();
    said.topics.retain(|topic| !topic.is_servers_own());
    half(&format1::encode(0, &said))
}

/// Half of a hash that nobody can find two texts for is still one.
fn half(bytes: &[u8]) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    *hash.first_chunk().expect("it has twice as many")
}
