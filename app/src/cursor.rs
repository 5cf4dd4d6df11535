//! A place in the log: an event's `id` goes in, something that can be compared comes out.

use std::cmp::Ordering;

use crate::event::Span;

/// How many epochs of the log are remembered: the newest.
const SPANS_KEPT: usize = 64;

/// A place in a log, as `<epoch>-<sequence>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    epoch: String,
    sequence: u64,
}

impl Cursor {
    /// `None` where the text is no cursor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, sequence) = text.rsplit_once('-')?;
        Some(Self { epoch: epoch.to_owned(), sequence: sequence.parse().ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}

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
