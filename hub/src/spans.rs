//! The epochs that a log has had, and how far each of them reaches: this tells a position in the log's own
//! history from one in a history that parted from it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use wire::cursor;

use crate::cursor::{Cursor, Epoch};

/// This many epochs are remembered, the newest.
pub const MOST_SPANS: usize = 10_000;

/// A reader is told this many of them, the newest.
const MOST_TOLD: usize = 32;

/// An epoch and where it begins. It ends where the next one begins; the last one is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The epoch.
    pub epoch: Epoch,
    /// The sequence of the last event before its first.
    pub after: u64,
}

/// The spans of a log's epochs, in order.
#[derive(Clone, Debug)]
pub struct Spans {
    spans: Vec<Span>,
    places: HashMap<Epoch, usize>,
    /// The epoch of this opening, as long as nothing was written in it: the one before has ended.
    next: Option<Epoch>,
}

/// How a position stands to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is one of this log's own: reading goes on from it.
    Known,
    /// It is of an epoch that this log knows, but lies beyond where that ended here, as after a
    /// restoration: up to the position given here the histories are the same.
    Parted(Cursor),
    /// It is beyond the last event of the epoch that is being written.
    Beyond,
    /// Its epoch is not known here.
    Unknown,
}

impl Spans {
    /// The spans of a log, of which there is at least the first; `None` where they are out of order or
    /// one is there twice.
    #[must_use]
    pub fn new(spans: Vec<Span>) -> Option<Self> {
        let places: HashMap<_, _> =
            spans.iter().enumerate().map(|(place, span)| (span.epoch, place)).collect();
        let in_order = spans.windows(2).all(|two| two[0].after <= two[1].after);
        (in_order && !spans.is_empty() && places.len() == spans.len()).then_some(Self {
            spans,
            places,
            next: None,
        })
    }

    /// The spans of a log whose first epoch this is.
    #[must_use]
    pub fn first(epoch: Epoch) -> Self {
        Self {
            spans: vec![Span { epoch, after: 0 }],
            places: HashMap::from([(epoch, 0)]),
            next: None,
        }
    }

    /// These and one that begins now.
    #[must_use]
    pub fn with(&self, span: Span) -> Self {
        let mut spans = self.spans.clone();
        spans.push(span);
        let spans = spans.split_off(spans.len().saturating_sub(MOST_SPANS));
        let places = spans.iter().enumerate().map(|(place, span)| (span.epoch, place)).collect();
        Self { spans, places, next: None }
    }

    /// These, and what is written next is of another epoch.
    #[must_use]
    pub fn before(mut self, next: Epoch) -> Self {
        self.next = Some(next);
        self
    }

    /// The spans, oldest first.
    #[must_use]
    pub fn all(&self) -> &[Span] {
        &self.spans
    }

    /// The newest epoch of those that were written.
    #[must_use]
    pub fn newest(&self) -> Span {
        self.spans[self.spans.len() - 1]
    }

    /// The position after the event of a sequence. It carries the epoch of that event; one before all
    /// that are remembered carries the oldest.
    #[must_use]
    pub fn position(&self, sequence: u64) -> Cursor {
        let later = self.spans.partition_point(|span| span.after < sequence);
        Cursor { epoch: self.spans[later.saturating_sub(1)].epoch, sequence }
    }

    /// How a position stands to a log whose last event has the sequence `last`.
    ///
    /// An epoch begins with an event after all that were there. So whoever knows an epoch shares what
    /// came before it, and a position that lies before its span is one of this log's too.
    #[must_use]
    pub fn standing(&self, cursor: Cursor, last: u64) -> Standing {
        let Some(&place) = self.places.get(&cursor.epoch) else { return Standing::Unknown };
        match self.spans.get(place + 1) {
            Some(next) if cursor.sequence > next.after => {
                Standing::Parted(self.position(next.after))
            }
            None if cursor.sequence > last && self.next.is_some() => {
                Standing::Parted(self.position(last))
            }
            None if cursor.sequence > last => Standing::Beyond,
            _ => Standing::Known,
        }
    }

    /// What a reader at a position is told about them: its own and those after it, at most the newest 32.
    #[must_use]
    pub fn written_since(&self, cursor: Cursor, last: u64) -> Vec<cursor::Span> {
        let place = self.places.get(&cursor.epoch).copied().unwrap_or(0);
        let told = &self.spans[place.max(self.spans.len().saturating_sub(MOST_TOLD))..];
        let written =
            |span: &Span| cursor::Span { epoch: span.epoch.to_string(), after: span.after };
        let next = self.next.map(|epoch| Span { epoch, after: last });
        told.iter().chain(&next).map(written).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(after: &[u64]) -> Spans {
        let span =
            |(epoch, after): (usize, &u64)| Span { epoch: Epoch(epoch as u64), after: *after };
        Spans::new(after.iter().enumerate().map(span).collect()).unwrap()
    }

    fn cursor(epoch: u64, sequence: u64) -> Cursor {
        Cursor { epoch: Epoch(epoch), sequence }
    }

    #[test]
    fn a_position_carries_the_epoch_of_its_last_event() {
        let spans = spans(&[0, 10, 20]);
        for (sequence, epoch) in [(0, 0), (1, 0), (10, 0), (11, 1), (20, 1), (21, 2), (99, 2)] {
            assert_eq!(spans.position(sequence), cursor(epoch, sequence));
        }
    }

    #[test]
    fn a_log_that_was_opened_twice_without_an_event_has_its_first_epoch() {
        let spans = spans(&[0, 0, 7]);
        assert_eq!(spans.position(0), cursor(0, 0));
        assert_eq!(spans.position(1), cursor(1, 1));
        assert_eq!(spans.standing(cursor(0, 0), 9), Standing::Known);
        assert_eq!(spans.standing(cursor(0, 1), 9), Standing::Parted(cursor(0, 0)));
    }

    #[test]
    fn what_is_beyond_its_epoch_is_told_from_what_is_in_it() {
        let spans = spans(&[0, 10, 20]);
        let standing = |epoch, sequence| spans.standing(cursor(epoch, sequence), 25);
        assert_eq!(standing(0, 10), Standing::Known);
        assert_eq!(standing(0, 11), Standing::Parted(cursor(0, 10)));
        assert_eq!(standing(1, 5), Standing::Known);
        assert_eq!(standing(1, 21), Standing::Parted(cursor(1, 20)));
        assert_eq!(standing(2, 25), Standing::Known);
        assert_eq!(standing(2, 26), Standing::Beyond);
        assert_eq!(standing(3, 1), Standing::Unknown);
    }

    #[test]
    fn an_epoch_ends_where_the_log_is_opened_again() {
        let spans = spans(&[0, 10]).before(Epoch(9));
        assert_eq!(spans.standing(cursor(1, 15), 15), Standing::Known);
        assert_eq!(spans.standing(cursor(1, 16), 15), Standing::Parted(cursor(1, 15)));
        let told = spans.written_since(cursor(1, 15), 15);
        assert_eq!(told.last().map(|span| span.after), Some(15));
        let spans = spans.with(Span { epoch: Epoch(9), after: 15 });
        assert_eq!(spans.standing(cursor(9, 17), 16), Standing::Beyond);
        assert_eq!(spans.written_since(cursor(1, 15), 16).len(), 2);
    }

    #[test]
    fn the_newest_are_remembered() {
        let mut spans = Spans::first(Epoch(u64::MAX));
        for number in 1..=MOST_SPANS as u64 + 5 {
            spans = spans.with(Span { epoch: Epoch(number), after: number * 2 });
        }
        assert_eq!(spans.all().len(), MOST_SPANS);
        assert_eq!(spans.standing(cursor(u64::MAX, 1), 99_999), Standing::Unknown);
        assert_eq!(spans.position(1), cursor(6, 1));
        assert_eq!(spans.standing(cursor(6, 1), 99_999), Standing::Known);
        assert_eq!(spans.written_since(cursor(MOST_SPANS as u64 + 4, 1), 99).len(), 2);
        assert_eq!(spans.written_since(cursor(0, 0), 99).len(), MOST_TOLD);
    }

    #[test]
    fn what_is_out_of_order_or_twice_there_is_none() {
        let span = |epoch, after| Span { epoch: Epoch(epoch), after };
        assert!(Spans::new(vec![]).is_none());
        assert!(Spans::new(vec![span(1, 5), span(2, 4)]).is_none());
        assert!(Spans::new(vec![span(1, 5), span(1, 6)]).is_none());
    }
}
