//! What a writer does, turn by turn: it hears what it is told, looks which sockets are ready and what is due, and
//! sends.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io,
    os::fd::{AsFd, AsRawFd},
    sync::Arc,
    time::Duration,
};

use mio::{Events, Interest, Poll, Token, unix::SourceFd};
use tokio::time::Instant;
use tracing::debug;

use super::{
    group::{Groups, Look},
    inbox::{Inbox, Told, WOKEN, waker_of},
    member::{Member, Then},
    places::Places,
    stream::Stream,
};
use crate::subscription::Now;

/// How many sockets are looked at in one turn.
const AT_ONCE: usize = 1024;

/// Between two looks whether the peer of a stream is still there.
const LOOK_AFTER: Duration = Duration::from_secs(5);

/// After so many streams the clock is read again.
const CLOCK_AFTER: usize = 32;

/// A writer.
pub(super) struct Turns {
    poll: Poll,
    events: Events,
    inbox: Arc<Inbox<Stream>>,
    members: Places<Member>,
    groups: Groups,
    /// When there is something to do for which stream: one that counts for each.
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    resume: Box<dyn Fn(Stream) + Send>,
    ended: bool,
}

impl Turns {
    /// One without streams, which gives those back to `resume` for which a task is needed.
    pub(super) fn new(resume: Box<dyn Fn(Stream) + Send>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let inbox = Arc::new(Inbox::new(&poll)?);
        Ok(Self {
            poll,
            events: Events::with_capacity(AT_ONCE),
            inbox,
            members: Places::default(),
            groups: Groups::default(),
            due: BinaryHeap::new(),
            resume,
            ended: false,
        })
    }

    pub(super) fn inbox(&self) -> &Arc<Inbox<Stream>> {
        &self.inbox
    }

    /// What is readable once a turn is due.
    pub(super) fn poll(&self) -> &Poll {
        &self.poll
    }

    /// Until when there is nothing to do, unless it is woken.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// Waits this long at most, and does what there is to do. False once there will be nothing any more.
    pub(super) fn turn(&mut self, wait: Option<Duration>) -> io::Result<bool> {
        match self.poll.poll(&mut self.events, wait) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let of_socket = |event: &mio::event::Event| {
            (event.token() != WOKEN).then(|| (event.token().0, event.is_readable()))
        };
        let ready: Vec<_> = self.events.iter().filter_map(of_socket).collect();
        for (place, readable) in ready {
            self.is_ready(place, readable);
        }
        for told in self.inbox.hear() {
            self.hears(told);
        }
        let now = Instant::now();
        while let Some(Reverse((at, place))) = self.due.peek().copied()
            && at <= now
        {
            self.due.pop();
            self.is_due((at, place), now);
        }
        Ok(!self.ended)
    }

    fn hears(&mut self, told: Told<Stream>) {
        match told {
            Told::Stream(stream) => self.take(stream),
            Told::Place(place) => self.attend(place),
            Told::News(group) => self.deliver(group),
            Told::All => (0..self.members.len()).for_each(|place| self.attend(place)),
            Told::End => self.ended = true,
        }
    }

    /// Takes a stream, and does what there is to do for it.
    fn take(&mut self, stream: Stream) {
        let (inbox, now) = (&self.inbox, Instant::now());
        let place = self.members.put(|place| Member::new(stream, waker_of(inbox, place), now));
        let Some(member) = self.members.get_mut(place) else { return };
        let descriptor = member.stream.socket.as_fd().as_raw_fd();
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut SourceFd(&descriptor), Token(place), both) {
            debug!(%error, "connection failed");
            drop(self.members.take(place));
            return;
        }
        member.group = self.groups.enter(&mut member.stream, place, inbox);
        self.attend(place);
    }

    fn is_ready(&mut self, place: usize, readable: bool) {
        let Some(member) = self.members.get_mut(place) else { return };
        if readable && member.has_left() {
            self.then(place, Then::Leaves);
        } else if member.is_full() {
            self.attend(place);
        }
    }

    fn is_due(&mut self, (at, place): (Instant, usize), now: Instant) {
        let Some(member) = self.members.get_mut(place) else { return };
        if member.listed != Some(at) {
            return;
        }
        member.listed = None;
        if member.stream.socket.has_vanished() {
            self.then(place, Then::Leaves);
        } else if member.due <= now {
            self.attend(place);
        } else {
            self.list(place);
        }
    }

    fn attend(&mut self, place: usize) {
        self.have(place, Member::attend);
    }

    /// Has a stream do something, and does what becomes of it.
    fn have(&mut self, place: usize, act: impl FnOnce(&mut Member) -> Then) {
        if let Some(then) = self.members.get_mut(place).map(act) {
            self.then(place, then);
        }
    }

    /// Sends what the tail has for a group.
    fn deliver(&mut self, group: usize) {
        let Some(of) = self.groups.get_mut(group) else { return };
        let (look, members, clock) = (of.look(), of.len(), of.hub().clock());
        let mut now = Now::by(clock);
        // From the last to the first: the number of one that leaves goes to one that was seen to.
        for number in (0..members).rev() {
            if number % CLOCK_AFTER == 0 {
                now = Now::by(clock);
            }
            let place = self.groups.get_mut(group).and_then(|group| group.member(number));
            let Some(place) = place else { continue };
            match &look {
                Look::Nothing => return,
                Look::Behind => self.attend(place),
                Look::Batch(batch) => self.have(place, |member| member.deliver(batch, now)),
            }
        }
    }

    /// Does what becomes of a stream.
    fn then(&mut self, place: usize, then: Then) {
        if then == Then::Stays {
            return self.list(place);
        }
        let Some(mut member) = self.members.take(place) else { return };
        let descriptor = member.stream.socket.as_fd().as_raw_fd();
        // It fails only for one that is not registered.
        let _ = self.poll.registry().deregister(&mut SourceFd(&descriptor));
        if let Some((group, number)) = member.group {
            let moved = self.groups.leave(&mut member.stream, (group, number));
            if let Some(moved) = moved.and_then(|place| self.members.get_mut(place)) {
                moved.group = Some((group, number));
            }
        }
        if then == Then::Resumes {
            (self.resume)(member.stream);
        }
    }

    /// Has a stream seen to when that is due, or earlier.
    fn list(&mut self, place: usize) {
        let Some(member) = self.members.get_mut(place) else { return };
        let at = match member.listed {
            Some(listed) if listed <= member.due => return,
            Some(_) => member.due,
            None => member.due.min(Instant::now() + LOOK_AFTER),
        };
        member.listed = Some(at);
        self.due.push(Reverse((at, place)));
    }
}
