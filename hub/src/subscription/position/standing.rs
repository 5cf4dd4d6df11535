//! Where a reader stands in the log, and what it was told of that.

use tokio::time::Instant;

use crate::{counters::Counters, cursor::Cursor, frame::Frame};

/// Where a reader stands in the log.
#[derive(Debug)]
pub(in crate::subscription) struct Standing {
    /// Events after this sequence came while the reader was here: what they took is measured.
    came_at: u64,
    /// All events up to this position were handed over.
    pub(in crate::subscription) after: Cursor,
    /// The last id that the reader was told, and when.
    pub(in crate::subscription) announced: (u64, Instant),
    /// The reader knows of the loss of events up to this sequence.
    pub(in crate::subscription) told_lost: u64,
}

impl Standing {
    /// That of a reader that comes now, and knows of all up to a position.
    pub(super) fn new(after: Cursor, now: Instant) -> Self {
        let sequence = after.sequence;
        Self { came_at: sequence, after, announced: (sequence, now), told_lost: 0 }
    }

    /// When the reader was told last where it is.
    pub(in crate::subscription) fn announced_at(&self) -> Instant {
        self.announced.1
    }

    /// Tells a reader that has caught up where it is, where the log has moved on since it was told last: a
    /// quiet topic's readers do not age out.
    pub(in crate::subscription) fn announce(&mut self, now: Instant) -> Option<Frame> {
        let announced = std::mem::replace(&mut self.announced, (self.after.sequence, now));
        (self.after.sequence > announced.0).then(|| Frame::place(self.after))
    }

    /// Goes on to `through`: the events up to there, with these sequences and stamps, were sent from the tail.
    /// Returns those that are to be [measured](Self::measure).
    pub(in crate::subscription) fn is_carried<'a>(
        &mut self,
        events: &'a [(u64, i64)],
        through: Cursor,
        now: Instant,
    ) -> &'a [(u64, i64)] {
        self.after = through;
        if let Some((last, _)) = events.last() {
            self.announced = (*last, now);
        }
        let before = events.partition_point(|(sequence, _)| *sequence <= self.came_at);
        events.get(before..).unwrap_or_default()
    }

    /// Counts how long ago the events that are handed over were published, by their sequences and
    /// stamps, except those that had been before the reader came. What a reader catches up with from the
    /// log is not measured at all: the wait is then its own.
    pub(super) fn measure(&self, events: &[(u64, i64)], now: i64, counters: &Counters) {
        for (_, at) in events.iter().filter(|(sequence, _)| *sequence > self.came_at) {
            counters.took(now.saturating_sub(*at));
        }
    }
}
