//! A stream whose reader has all there is, or whose socket is full: its socket, and where it stands. There may be very
//! many: what a group has in common is not in it. `sending` is how it gets what comes.

mod sending;

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    task::Context,
    time::Duration,
};

use bytes::{Buf, Bytes};
use rustix::{
    io::Errno,
    net::{RecvFlags, recv},
};
use tokio::time::Instant;

use super::{
    group::{Group, Look},
    round::Round,
    states::Knows,
    stream::{Stream, send_some},
};
use crate::{
    http::outlet::{
        rested::Rested,
        sent::Sent,
        socket::{MOST_DISCARDED, Parked},
    },
    hub::Place,
    subscription::Now,
};

/// A stream whose socket is full for this long is left to a task, which has deadlines for that.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(1);

/// A stream in the hands of a writer.
pub(super) struct Member {
    pub(super) socket: OwnedFd,
    parked: Box<dyn Parked>,
    rested: Rested,
    sent: Option<Sent>,
    /// How many bytes came after the request.
    discarded: usize,
    /// What it knows of state topics.
    knows: Knows,
    /// While its socket takes no more.
    full: Option<Box<Full>>,
    /// For when that is in the list of what is due.
    pub(super) listed: Option<Instant>,
    /// Its group, and its number there.
    pub(super) group: (usize, usize),
}

/// What a socket did not take.
struct Full {
    /// What is left of a chunk.
    rest: Bytes,
    since: Instant,
    /// Where the reader stands in the log, for those who watch how far all are behind.
    place: Option<Place>,
}

/// What becomes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It stays.
    Stays,
    /// It stays, and is due earlier than it was.
    Fills,
    /// A task has to go on with it.
    Resumes,
    /// Its reader has left.
    Leaves,
}

impl Member {
    /// A stream of whose driver `rested` is left, and of what its reader knows of state topics.
    pub(super) fn new(
        (socket, parked): (OwnedFd, Box<dyn Parked>),
        (sent, discarded): (Option<Sent>, usize),
        (rested, knows): (Rested, Knows),
        group: (usize, usize),
    ) -> Self {
        let (full, listed) = (None, None);
        Self { socket, parked, rested, sent, discarded, knows, full, listed, group }
    }

    /// The stream, whose driver its group makes of what is left of it, and of what its reader knows.
    pub(super) fn into_stream(self, group: &Group) -> Stream {
        let Self { socket, parked, rested, sent, discarded, knows, full, .. } = self;
        let rest = full.map(|full| full.rest).unwrap_or_default();
        let driver = Box::new(group.drive(rested, knows));
        Stream { driver, sent, socket, parked, rest, next: Bytes::new(), discarded }
    }

    pub(super) fn follows_log(&self) -> bool {
        self.rested.subscription.cursor().is_some()
    }

    /// Whether its peer is gone without having closed the connection. Counts that.
    pub(super) fn has_vanished(&mut self) -> bool {
        self.parked.has_vanished(self.socket.as_fd())
    }

    /// Sees whether its reader's rights were taken back; the group's waker is woken once they are.
    pub(super) fn looks_at_rights(&mut self, group: &Group) -> Then {
        let waker = group.of_rights();
        let is_revoked = self.rested.is_revoked(&mut Context::from_waker(&waker));
        if is_revoked { Then::Resumes } else { Then::Stays }
    }

    /// Sends what is left of a frame, and all else that there is for this reader.
    pub(super) fn attend(&mut self, round: &mut Round<'_>) -> Then {
        let now = round.now;
        match self.flush(now.instant) {
            Ok(true) => {}
            Ok(false) if self.is_stuck(now.instant) => return Then::Resumes,
            Ok(false) => return Then::Stays,
            Err(_) => return Then::Leaves,
        }
        self.catch_up(round)
    }

    /// When there is something to do for it next.
    pub(super) fn due(&self, now: Now) -> Instant {
        match &self.full {
            Some(full) => full.since + STUCK_AFTER,
            None => self.rested.until(now),
        }
    }

    fn catch_up(&mut self, round: &mut Round<'_>) -> Then {
        let (group, now) = (round.group, round.now);
        if self.rested.ends(&group.around, now) {
            return Then::Resumes;
        }
        while let Some(cursor) = self.rested.subscription.cursor() {
            let then = match group.look_from(cursor) {
                (Look::Nothing, through) => {
                    self.rested.subscription.is_carried(&[], through, now.instant);
                    break;
                }
                (Look::Behind, _) => Then::Resumes,
                // Asked after the look: what comes after rights were taken back is not sent.
                (Look::Batch(batch), _) => match self.looks_at_rights(group) {
                    Then::Stays => self.send_batch(&batch, round),
                    then => then,
                },
            };
            if then != Then::Stays {
                return then;
            }
        }
        let then = self.send_values(&group.states().after(self.knows.number), round);
        if then != Then::Stays {
            return then;
        }
        match self.rested.subscription.heartbeat(now.instant) {
            Some(heartbeat) => {
                self.count(std::slice::from_ref(&heartbeat));
                self.send(heartbeat.chunk(), now)
            }
            None => Then::Stays,
        }
    }

    /// Sends what is left. False where the socket takes no more.
    fn flush(&mut self, now: Instant) -> io::Result<bool> {
        let Some(full) = &mut self.full else { return Ok(true) };
        while !full.rest.is_empty() {
            match send_some(&self.socket, &full.rest)? {
                0 => return Ok(false),
                sent => full.rest.advance(sent),
            }
            self.rested.subscription.has_taken(now);
        }
        self.full = None;
        Ok(true)
    }

    /// Whether its socket took no more the last time.
    pub(super) fn is_full(&self) -> bool {
        self.full.is_some()
    }

    fn fills(&mut self, rest: Bytes, now: Instant) -> Then {
        self.full = Some(Box::new(Full { rest, since: now, place: None }));
        Then::Fills
    }

    /// Notes that there is more for it than its socket takes.
    fn falls_behind(&mut self, group: &Group) {
        if let Some((full, cursor)) = self.full.as_mut().zip(self.rested.subscription.cursor()) {
            let place = full.place.get_or_insert_with(|| group.around.hub.place());
            place.is_at(cursor.sequence);
        }
    }

    /// Whether a task, which has deadlines, has to see to what is left.
    fn is_stuck(&self, now: Instant) -> bool {
        self.full.as_ref().is_some_and(|full| now >= full.since + STUCK_AFTER)
    }

    /// Discards what the client sends, and says whether it has left.
    pub(super) fn has_left(&mut self) -> bool {
        let mut piece = [0; 1024];
        while self.discarded <= MOST_DISCARDED {
            match recv(&self.socket, &mut piece, RecvFlags::DONTWAIT) {
                Ok((_, read @ 1..)) => self.discarded += read,
                Err(Errno::AGAIN) => return false,
                Err(Errno::INTR) => {}
                _ => return true,
            }
        }
        true
    }
}
