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
        let bytes = chunks(&frames);
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

/// Frames in one piece, as chunks.
pub(super) fn chunks(frames: &[Frame]) -> Bytes {
    match frames {
        [alone] => alone.chunk().clone(),
        many => {
            let chunks: Vec<&[u8]> = many.iter().map(|frame| &frame.chunk()[..]).collect();
            chunks.concat().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cursor::Epoch,
        event::{Draft, Event, Topic},
        frame::Format,
        selector::Selected,
        tail::{Bounds, Tail, Taken},
    };

    fn at(sequence: u64) -> Cursor {
        Cursor { epoch: Epoch(7), sequence }
    }

    /// Events 5, which is private, and 7; the batch of those who may read it, or may not.
    fn batch(private: bool) -> Batch {
        let event = |sequence: u64, private| {
            let (topics, data) = (vec![Topic::new("a").unwrap()], sequence.to_string());
            let draft = Draft { topics, event_type: None, data, private };
            Event { epoch: Epoch(7), sequence, at: 0, draft }
        };
        let tail = Tail::new(at(3), Bounds::default());
        tail.push(vec![event(5, true), event(7, false)]);
        let topics: Arc<[Selected]> =
            [Selected { private, ..Selected::all(Topic::new("a").unwrap()) }].into();
        let format = Format::Message;
        let Taken::Events { entries, through } = tail.take(&topics, at(3), (format, 1000)) else {
            panic!("it is behind");
        };
        let follows = Follows { topics, states: [].into(), format };
        Batch::new(&entries, (3, through), &follows).unwrap()
    }

    #[test]
    fn a_reader_needs_it_all_has_it_all_or_has_to_look_for_itself() {
        let batch = batch(true);
        let stands = |sequence| batch.stands(at(sequence));
        for before in [3, 4] {
            assert_eq!(stands(before), Stands::Before, "{before}");
        }
        for elsewhere in [0, 2, 5, 6] {
            assert_eq!(stands(elsewhere), Stands::Elsewhere, "{elsewhere}");
        }
        for after in [7, 8] {
            assert_eq!(stands(after), Stands::After, "{after}");
        }
    }

    #[test]
    fn what_these_readers_may_not_see_is_not_in_it() {
        let (all, public) = (batch(true), batch(false));
        let chunks = |batch: &Batch| batch.bytes.iter().filter(|byte| **byte == b'\r').count() / 2;
        assert_eq!((chunks(&all), all.events.clone()), (2, vec![(5, 0), (7, 0)]));
        assert_eq!((chunks(&public), public.events.clone()), (1, vec![(7, 0)]));
        assert_eq!(public.bytes, "1d\r\ndata: 7\nid: AAAAAAAAAAAAO-7\n\n\r\n");
        assert_eq!(public.stands(at(4)), Stands::Before);
    }
}
