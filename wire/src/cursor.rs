//! A place in the log, as an event's `id` writes it, and which of two comes first.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::read::read_fields;

/// How many epochs of the log are remembered: the newest.
const SPANS_KEPT: usize = 64;

/// A place in a log: after the event of this sequence, or at the beginning where that is 0. It is written as
/// `<epoch>-<sequence>`. To a browser an epoch is just text; the server knows what is written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<Epoch = String> {
    /// The epoch that the event of this sequence was written in.
    pub epoch: Epoch,
    /// The sequence of the last event before this place.
    pub sequence: u64,
}

impl<Epoch: FromStr> Cursor<Epoch> {
    /// Reads a cursor in the one form in which it is written; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, sequence) = text.rsplit_once('-')?;
        // `+1` and `01` are numbers too.
        if sequence != "0" && sequence.starts_with(['+', '0']) {
            return None;
        }
        Some(Self { epoch: epoch.parse().ok()?, sequence: sequence.parse().ok()? })
    }
}

impl<Epoch: fmt::Display> fmt::Display for Cursor<Epoch> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}

/// An epoch of the log, and where its events begin.
///
/// Each opening of the log begins a new epoch; sequences go on. A list of spans is in order: each ends
/// where the next begins, the last is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The epoch, as it stands in a cursor.
    pub epoch: String,
    /// The sequence after which its events begin.
    pub after: u64,
}

read_fields!(Span { epoch, after });

/// The epochs that the log is known to have had, oldest first, by which places are compared.
///
/// They are one unbroken row of one log, which may have begun before them and gone on since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// The server has said which epochs its log has had, from one of them on. What was known before
    /// stays as far as it leads up to them.
    pub fn learn(&mut self, spans: &[Span]) {
        let Some(first) = spans.first() else { return };
        let common = self.0.iter().position(|span| span == first);
        self.0.truncate(common.unwrap_or_default());
        self.0.extend_from_slice(spans);
        let many = self.0.len().saturating_sub(SPANS_KEPT);
        self.0.drain(..many);
    }

    /// The epochs, oldest first.
    #[must_use]
    pub fn as_slice(&self) -> &[Span] {
        &self.0
    }

    /// How two places follow one another; `None` where that is not known, as of places in logs that
    /// parted.
    #[must_use]
    pub fn compare(&self, one: &Cursor, other: &Cursor) -> Option<Ordering> {
        let known = one.epoch == other.epoch
            || self.holds(one) == Some(true) && self.holds(other) == Some(true);
        known.then(|| one.sequence.cmp(&other.sequence))
    }

    /// Whether whoever stands at `one` is known to have passed `other`, or to stand there too.
    #[must_use]
    pub fn reaches(&self, one: &Cursor, other: &Cursor) -> bool {
        self.compare(one, other).is_some_and(Ordering::is_ge)
    }

    /// Whether whoever stands at `one` is past `other`, as far as that can be told: an epoch that is not known
    /// came before those that are.
    #[must_use]
    pub fn passes(&self, one: &Cursor, other: &Cursor) -> bool {
        let before = || self.holds(other).is_none() && self.holds(one) == Some(true);
        self.reaches(one, other) || before() && other.sequence <= one.sequence
    }

    /// Whether the log holds a place; `None` where its epoch is not known.
    #[must_use]
    pub fn holds(&self, place: &Cursor) -> Option<bool> {
        let at = self.0.iter().position(|span| span.epoch == place.epoch)?;
        // The place where an epoch begins is that where the one before it ends.
        let begun = place.sequence >= self.0[at].after;
        let ended = self.0.get(at + 1).is_some_and(|next| place.sequence > next.after);
        Some(begun && !ended)
    }
}

#[cfg(test)]
mod tests;
