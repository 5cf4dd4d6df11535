//! A model of the server's log, which can be restarted and restored.

use super::*;

/// The epoch of a new log.
pub(super) const FIRST: u32 = 1;

/// A log, by the rules of the server.
#[derive(Clone)]
pub(super) struct Log {
    /// The epoch of each event, and whether it is of the topic.
    pub(super) events: Vec<(u32, bool)>,
    /// An event was published since it was opened.
    pub(super) begun: bool,
    /// Events up to here are gone.
    pub(super) dropped: u64,
}

impl Log {
    pub(super) fn end(&self) -> u64 {
        self.events.len() as u64
    }

    pub(super) fn epoch(&self, sequence: u64) -> Option<u32> {
        Some(self.events.get(usize::try_from(sequence.checked_sub(1)?).ok()?)?.0)
    }

    pub(super) fn cursor(&self, sequence: u64) -> Cursor {
        place(&format!("E{}-{sequence}", self.epoch(sequence).unwrap_or(FIRST)))
    }

    fn spans(&self) -> Vec<(u32, u64)> {
        let mut spans = vec![(FIRST, 0)];
        for (after, (epoch, _)) in (0..).zip(&self.events) {
            if spans[spans.len() - 1].0 != *epoch {
                spans.push((*epoch, after));
            }
        }
        spans
    }

    /// The epochs from that of a place on.
    pub(super) fn spans_from(&self, from: &Cursor) -> Vec<Span> {
        let (epoch, all) = (parts(from).0, self.spans());
        let at = all.iter().position(|span| span.0 == epoch).unwrap_or(all.len() - 1);
        let span = |(epoch, after): &(u32, u64)| Span { epoch: format!("E{epoch}"), after: *after };
        all[at..].iter().map(span).collect()
    }

    pub(super) fn holds(&self, place: &Cursor) -> bool {
        let (epoch, sequence) = parts(place);
        self.epoch(sequence) == Some(epoch) || self.spans().contains(&(epoch, sequence))
    }

    /// Where reading goes on from a place, and whether something is missing there.
    pub(super) fn resume(&self, from: &Cursor, lost: impl Fn(u64) -> bool) -> (u64, bool) {
        let (epoch, sequence) = parts(from);
        if self.holds(from) {
            let gap = (sequence + 1..=self.dropped).any(lost);
            return (if gap { self.dropped } else { sequence }, gap);
        }
        let all = self.spans();
        let known = all.iter().position(|span| span.0 == epoch);
        let ends = known.map(|at| all.get(at + 1).map_or(self.end(), |next| next.1));
        (ends.unwrap_or_default().max(self.dropped), true)
    }

    pub(super) fn is_ours(&self, sequence: u64) -> bool {
        self.events[sequence as usize - 1].1
    }

    pub(super) fn event(&self, sequence: u64) -> Envelope {
        let topic = if self.is_ours(sequence) { TOPIC } else { "b" };
        named(&self.cursor(sequence).to_string(), topic)
    }

    pub(super) fn history(&self, after: &Cursor, limit: usize) -> History {
        let (from, gap) = self.resume(after, |it| self.is_ours(it));
        let ours = (from.max(self.dropped) + 1..=self.end()).filter(|&it| self.is_ours(it));
        let mut events: Vec<_> = ours.map(|it| self.event(it)).collect();
        let more = events.len() > limit;
        events.truncate(limit);
        let at = gap.then(|| self.cursor(from).to_string());
        History { gap, at, spans: self.spans_from(after), ..page(events, more) }
    }
}

pub(super) fn parts(place: &Cursor) -> (u32, u64) {
    let text = place.to_string();
    let (epoch, sequence) = text[1..].split_once('-').unwrap();
    (epoch.parse().unwrap(), sequence.parse().unwrap())
}
