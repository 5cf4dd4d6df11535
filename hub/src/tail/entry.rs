//! An event of the tail, with its frames, each encoded when the first reader asks for it.

use std::sync::{Arc, OnceLock};

use crate::{
    budget::{Budget, Shared},
    event::{Draft, Event, EventType, Topic, encoded_size},
    frame::{Format, Frame},
};

/// What an entry is taken to cost beside its frames, data and names, in bytes: the structures and the
/// places in two lists, rounded up.
const ENTRY: usize = 256;

/// The most that a frame holds beside data and names, in bytes: the fields, the id and what makes it a chunk,
const MESSAGE: usize = 64 + Frame::CHUNK_FRAMING;
/// and the words of an envelope, its instant and the id again.
const ENVELOPE: usize = 192 + Frame::CHUNK_FRAMING;

/// An event as readers get it.
#[derive(Debug)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// The most bytes that the names take, encoded,
    names: usize,
    /// and the data.
    data: usize,
    message: OnceLock<Shared>,
    envelope: OnceLock<Shared>,
    lender: Lender,
}

/// The budget in which frames count that the tail no longer holds; none where nobody has said.
pub(super) type Lender = Arc<OnceLock<Budget>>;

impl Entry {
    pub(super) fn new(event: Event, lender: Lender) -> Self {
        let Draft { topics, event_type, data, .. } = &event.draft;
        let event_type = event_type.as_ref().map_or("", EventType::as_str);
        let names = topics.iter().map(Topic::as_str).chain([event_type]);
        // Quoted, after a comma, and each quote in it escaped.
        let names = names.map(|name| 2 * name.len() + 3).sum();
        let data = encoded_size(data);
        let (message, envelope) = (OnceLock::new(), OnceLock::new());
        Self { event, names, data, message, envelope, lender }
    }

    /// The event on the wire, encoded once for all who ask.
    #[must_use]
    pub fn frame(&self, format: Format) -> Frame {
        let frame = match format {
            Format::Message => &self.message,
            Format::Json => &self.envelope,
        };
        let encoded = || Frame::event(&self.event, format).into_chunk();
        Frame::of_chunk(frame.get_or_init(|| Shared::new(encoded())).bytes())
    }

    /// How many bytes a frame has at most, as a chunk. It is known, and no frame is encoded for it.
    pub(super) fn most(&self, format: Format) -> usize {
        let words = match format {
            Format::Message => MESSAGE,
            Format::Json => ENVELOPE,
        };
        words + self.names + self.data
    }

    /// What the entry costs, in bytes, once both its frames were asked for.
    pub(super) fn cost(&self) -> usize {
        let frames = self.most(Format::Message) + self.most(Format::Json);
        ENTRY + self.names + self.event.draft.data.len() + frames
    }
}

impl Drop for Entry {
    /// Frames that readers still have to send outlive it.
    fn drop(&mut self) {
        let Some(budget) = self.lender.get() else { return };
        let frames = [self.message.take(), self.envelope.take()];
        frames.into_iter().flatten().for_each(|frame| frame.leave(budget));
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::cursor::Epoch;

    proptest! {
        #[test]
        fn no_frame_has_more_than_the_most(
            sequence: u64,
            at: i64,
            private: bool,
            name in proptest::option::of("[a-z\"\\\\]{1,255}"),
            topics in vec("[a-zé\"\\\\]{1,100}", 1..16),
            data in "[\\PC\"\\\\\r\n\0\u{7f}\u{2028}]{0,99}",
        ) {
            let topics = topics.iter().map(|name| Topic::new(name).unwrap()).collect();
            let event_type = name.and_then(|name| EventType::new(&name).ok().flatten());
            let draft = Draft { topics, event_type, data, private };
            let event = Event { epoch: Epoch(sequence), sequence, at, draft };
            let entry = Entry::new(event, Lender::default());
            for format in [Format::Message, Format::Json] {
                prop_assert!(entry.frame(format).chunk().len() <= entry.most(format));
            }
        }
    }

    #[test]
    fn a_frame_counts_once_when_the_tail_has_let_go_and_a_reader_has_not() {
        let lender = Lender::default();
        let budget = lender.get_or_init(|| Budget::new(1 << 20)).clone();
        let entry = || {
            let topics = vec![Topic::new("a").unwrap()];
            let data = "a".repeat(64 * 1024);
            let draft = Draft { topics, event_type: None, data, private: false };
            Entry::new(Event { epoch: Epoch(7), sequence: 1, at: 0, draft }, lender.clone())
        };
        let sent = entry();
        drop(sent.frame(Format::Message));
        drop(sent);
        assert_eq!(budget.used(), 0);

        let stuck = entry();
        let frames = [stuck.frame(Format::Message), stuck.frame(Format::Message)];
        assert_eq!(budget.used(), 0);
        drop(stuck);
        assert_eq!(budget.used(), frames[0].chunk().len());
        let [one, other] = frames;
        drop(one);
        assert_eq!(budget.used(), other.chunk().len());
        drop(other);
        assert_eq!(budget.used(), 0);
    }
}
