//! News of the tail for a group of readers: the same bytes for all of them.

use std::sync::Arc;

use bytes::Bytes;

use crate::{cursor::Cursor, frame::Frame, subscription::Follows, tail::Entry};

/// Events that readers have not been sent yet.
pub(super) struct Batch {
    /// A reader that has all events up to this sequence has none of these, and misses none before them.
    seen: u64,
    /// The sequences of the first and the last of them, whether these readers may see them or not.
    first: u64,
    last: u64,
    /// Where a reader stands that has them.
    pub(super) through: Cursor,
    /// Those that they may see: their ids,
    pub(super) ids: Vec<Cursor>,
    /// their sequences, and their stamps in microseconds since the Unix epoch,
    pub(super) events: Vec<(u64, i64)>,
    /// and their frames,
    pub(super) frames: Vec<Frame>,
    /// and those in one piece, as chunks.
    pub(super) bytes: Bytes,
}

/// Where a reader stands to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// It needs all of it.
    Before,
    /// It has some of it, or needs more.
    Elsewhere,
    /// It has all of it.
    After,
}

impl Batch {
    /// The events that came after `seen`; `None` if there are none.
    pub(super) fn new(
        entries: &[Arc<Entry>],
        (seen, through): (u64, Cursor),
        follows: &Follows,
    ) -> Option<Self> {
        let sequence = |entry: &Arc<Entry>| entry.event.sequence;
        let (first, last) = entries.first().map(sequence).zip(entries.last().map(sequence))?;
        let (mut ids, mut events, mut frames) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            let Some(frame) = follows.frame_of(entry) else { continue };
            ids.push(entry.event.id());
            events.push((entry.event.sequence, entry.event.at));
            frames.push(frame);
        }
        let bytes = match &frames[..] {
            [alone] => alone.chunk().clone(),
            many => {
                let chunks: Vec<&[u8]> = many.iter().map(|frame| &frame.chunk()[..]).collect();
                chunks.concat().into()
            }
        };
        Some(Self { seen, first, last, through, ids, events, frames, bytes })
    }

    /// The sequence of its last event.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Where a reader stands to it that has all events up to a cursor.
    pub(super) fn stands(&self, cursor: Cursor) -> Stands {
        if cursor.sequence >= self.last {
            Stands::After
        } else if (self.seen..self.first).contains(&cursor.sequence) {
            Stands::Before
        } else {
            Stands::Elsewhere
        }
    }
}
