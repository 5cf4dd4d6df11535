//! Sends a member what has come, as far as its socket takes it.

use bytes::Bytes;

use super::{Member, Then};
use crate::{
    budget::FREE,
    cursor::Cursor,
    frame::Frame,
    http::outlet::writer::{
        batch::{Batch, Stands, chunks},
        round::Round,
        states::Values,
        stream::send_some,
    },
    subscription::Now,
};

impl Member {
    /// Sends the events of a batch that it does not have.
    pub(in super::super) fn deliver(&mut self, batch: &Batch, round: &mut Round<'_>) -> Then {
        let Some(cursor) = self.rested.subscription.cursor() else { return Then::Stays };
        if self.is_full() {
            self.falls_behind(round.group);
            return Then::Stays;
        }
        if self.rested.subscription.has_expired(round.now) {
            return Then::Resumes;
        }
        match batch.stands(cursor) {
            Stands::After => Then::Stays,
            Stands::Elsewhere => self.attend(round),
            Stands::Before => self.send_batch(batch, round),
        }
    }

    /// Sends a batch of which it has nothing.
    pub(super) fn send_batch(&mut self, batch: &Batch, round: &mut Round<'_>) -> Then {
        if batch.frames.is_empty() {
            self.carry(0, batch, batch.through, round);
            return Then::Stays;
        }
        match send_some(&self.socket, &batch.bytes) {
            Ok(sent) if sent == batch.bytes.len() => {
                self.carry(batch.frames.len(), batch, batch.through, round);
                self.rested.subscription.has_taken(round.now.instant);
                Then::Stays
            }
            Ok(sent) => self.keep_rest(sent, batch, round),
            Err(_) => Then::Leaves,
        }
    }

    /// Keeps what is left of the frame of which some was sent, and comes back for those after it.
    fn keep_rest(&mut self, mut sent: usize, batch: &Batch, round: &mut Round<'_>) -> Then {
        let (mut handed, mut rest) = (0, Bytes::new());
        while let Some(frame) = batch.frames.get(handed).filter(|_| sent > 0) {
            handed += 1;
            let chunk = frame.chunk();
            if sent < chunk.len() {
                // Whoever holds what the tail no longer does is known by it.
                let account = self.rested.subscription.account();
                let lent = account.map_or_else(|| chunk.clone(), |it| it.lend(chunk.clone()));
                rest = lent.slice(sent..);
            }
            sent = sent.saturating_sub(chunk.len());
        }
        if let Some(through) = handed.checked_sub(1).and_then(|last| batch.ids.get(last)) {
            self.carry(handed, batch, *through, round);
        }
        let is_large = rest.len() > FREE;
        let then = self.fills(rest, round.now.instant);
        if handed < batch.frames.len() {
            self.falls_behind(round.group);
        }
        if is_large { Then::Resumes } else { then }
    }

    fn carry(&mut self, frames: usize, batch: &Batch, through: Cursor, round: &mut Round<'_>) {
        let events = batch.events.get(..frames).unwrap_or_default();
        let now = round.now.instant;
        round.measures(self.rested.subscription.is_carried(events, through, now));
        round.delivers(frames);
        self.count(batch.frames.get(..frames).unwrap_or_default());
    }

    /// Sends values of state topics, unless it still lacks earlier ones: then it gets all of them later.
    pub(in super::super) fn send_values(&mut self, values: &Values, round: &mut Round<'_>) -> Then {
        if self.is_full() || self.knows.number != values.numbers.0 {
            return Then::Stays;
        }
        if self.rested.subscription.has_expired(round.now) {
            return Then::Resumes;
        }
        match self.knows.learns(values, round.group.states()) {
            Some(frames) => self.send_frames(&frames, &chunks(&frames), round),
            None => self.send_frames(&values.frames, &values.bytes, round),
        }
    }

    fn send_frames(&mut self, frames: &[Frame], bytes: &Bytes, round: &mut Round<'_>) -> Then {
        if frames.is_empty() {
            return Then::Stays;
        }
        self.rested.subscription.got_states(frames.len() as u64);
        round.delivers(frames.len());
        self.count(frames);
        self.send(bytes, round.now)
    }

    /// Sends a few bytes, and keeps what the socket does not take.
    pub(super) fn send(&mut self, bytes: &Bytes, now: Now) -> Then {
        match send_some(&self.socket, bytes) {
            Ok(sent) if sent == bytes.len() => {
                self.rested.subscription.has_taken(now.instant);
                Then::Stays
            }
            Ok(sent) => self.fills(bytes.slice(sent..), now.instant),
            Err(_) => Then::Leaves,
        }
    }

    /// Counts the bytes of frames, for who asks.
    pub(super) fn count(&self, frames: &[Frame]) {
        if let Some(sent) = &self.sent {
            sent.add(frames.iter().map(Frame::len).sum());
        }
    }
}
