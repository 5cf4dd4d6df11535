//! A position in pages of the log: what a reader catches up with, and what it is told it has missed.

use tokio::time::Instant;
use wire::event::{GAP, Gap, GapReason};

use super::{Handed, Position};
use crate::{
    budget::Reservation, cursor::Cursor, frame::Frame, log::Page, spans::Standing,
    subscription::lost::Lost,
};

impl Position {
    /// Takes the page that was wanted. `None` where it holds nothing that the reader may see.
    pub(in crate::subscription) fn read(
        &mut self,
        page: &Page,
        room: Reservation,
        now: Instant,
    ) -> Option<Handed> {
        self.selection.expect(&room);
        let handed =
            if self.newest.is_empty() { self.replay(page, now) } else { self.begin_with(page) };
        self.place.is_at(self.standing.after.sequence);
        handed.map(|(bytes, events)| (room.cover(bytes), events))
    }

    /// Hands over the next of the newest events, and after the last where reading goes on. One that
    /// was dropped meanwhile is passed over.
    fn begin_with(&mut self, page: &Page) -> Option<Handed> {
        let sequence = self.newest.pop_front();
        let event = page.events.iter().find(|event| Some(event.sequence) == sequence);
        let mut frames: Vec<_> =
            event.map(|event| self.selection.frame(event)).into_iter().collect();
        let events = frames.len() as u64;
        if self.newest.is_empty() {
            frames.push(self.bare());
        }
        (!frames.is_empty()).then(|| (Frame::concat(&frames).into_bytes(), events))
    }

    /// Tells the reader that events are missing `after` its cursor, and where reading goes on.
    pub(in crate::subscription) fn gap(
        &self,
        reason: GapReason,
        after: String,
        to: Cursor,
    ) -> Frame {
        self.selection.hub().counters().gap(reason);
        Frame::own(GAP, &Gap { reason, after }, Some(to))
    }

    fn replay(&mut self, page: &Page, now: Instant) -> Option<Handed> {
        let (mut frames, after) = (Vec::new(), self.standing.after);
        let spans = self.selection.hub().log().spans();
        let parted = match spans.standing(after, page.last) {
            Standing::Parted(from) => Some(from),
            // Nothing was written since, so that the epoch has not ended yet.
            Standing::Beyond => Some(spans.position(page.last)),
            Standing::Known | Standing::Unknown => None,
        };
        if let Some(from) = parted {
            // The log was opened again, and does not hold what this reader was handed: what comes after
            // the place where the histories part is read from there.
            self.standing.after = from;
            return Some((self.gap(GapReason::Epoch, after.to_string(), from).into_bytes(), 1));
        }
        if let Some(Lost { reason, through }) = Lost::of(page)
            && through > after.sequence.max(self.standing.told_lost)
        {
            let to = self.skip_from(after, page, now);
            frames.push(self.gap(reason, after.to_string(), to));
        }
        for event in &page.events {
            frames.push(self.selection.frame(event));
            self.standing.announced = (event.sequence, now);
        }
        match page.events.last() {
            Some(last) if page.more => self.standing.after = last.id(),
            _ if page.more => {}
            _ if page.last > self.standing.after.sequence => {
                self.standing.after = spans.position(page.last);
            }
            _ => {}
        }
        let events = frames.len() as u64;
        (events > 0).then(|| (Frame::concat(&frames).into_bytes(), events))
    }
}
