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
    group::{Group, Groups, Look},
    inbox::{Inbox, News, Told, WOKEN},
    member::{Member, Then},
    places::Places,
    round::Round,
    stream::{Comes, Stream},
};

/// How many sockets are looked at in one turn.
const AT_ONCE: usize = 1024;

/// Between two looks whether the peer of a stream is still there.
const LOOK_AFTER: Duration = Duration::from_secs(5);

/// How often a stream that comes is looked at before others have their turn.
const ROUNDS: usize = 8;

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
            self.is_due((at, place));
        }
        Ok(!self.ended)
    }

    fn hears(&mut self, told: Told<Stream>) {
        match told {
            Told::Stream(stream) => self.take(stream),
            Told::Group(group, News::Events) => self.deliver(group),
            Told::Group(group, News::States) => {
                self.deliver_values(group);
            }
            Told::Group(group, News::Rights) => self.look_at_rights(group),
            Told::All => (0..self.members.len()).for_each(|place| self.attend(place)),
            Told::End => self.ended = true,
        }
    }

    /// Takes a stream, once its reader has all that its group has.
    fn take(&mut self, mut stream: Stream) {
        for _ in 0..ROUNDS {
            // Looked up in each round: a group ends with its last member.
            let number = self.groups.of(&stream.driver, &self.inbox);
            // What has come before the reader was looked at last is not sent to it again.
            let came = self.deliver_values(number);
            let Some(group) = self.groups.get(number) else { continue };
            let comes = stream.come(&group.of_rights());
            match comes {
                Comes::Caught if !came => self.put(stream, number),
                Comes::Caught | Comes::Sent => continue,
                Comes::Resumes => (self.resume)(stream),
                Comes::Leaves => {}
            }
            return self.groups.end_if_empty(number);
        }
        // There is always more for this group; others have their turn.
        self.inbox.tell(Told::Stream(stream));
    }

    /// Puts a stream whose reader has all there is into its group.
    fn put(&mut self, stream: Stream, number: usize) {
        let Stream { driver, sent, socket, parked, discarded, .. } = stream;
        let (place, descriptor) = (self.members.next(), socket.as_fd().as_raw_fd());
        // Not for room to write: that is waited for once a socket has taken less than it was sent.
        let (registry, token) = (self.poll.registry(), Token(place));
        if let Err(error) = registry.register(&mut SourceFd(&descriptor), token, Interest::READABLE)
        {
            return debug!(%error, "connection failed");
        }
        let Some(group) = self.groups.get_mut(number) else { return };
        let (rested, knows, of_group) = group.enter(*driver, place);
        let group = (number, of_group);
        let member = Member::new((socket, parked), (sent, discarded), (rested, knows), group);
        self.members.put(|_| member);
        self.list(place);
    }

    fn is_ready(&mut self, place: usize, readable: bool) {
        let Some(member) = self.members.get_mut(place) else { return };
        if readable && member.has_left() {
            self.then(place, Then::Leaves);
        } else if member.is_full() {
            self.attend(place);
        }
    }

    fn is_due(&mut self, (at, place): (Instant, usize)) {
        let Some(member) = self.members.get_mut(place) else { return };
        if member.listed != Some(at) {
            return;
        }
        member.listed = None;
        let Some(group) = self.groups.get(member.group.0) else { return };
        // By one look at the clock: who is asked later is due later.
        let now = group.around.now();
        if member.has_vanished() {
            self.then(place, Then::Leaves);
        } else if member.due(now) <= now.instant {
            self.attend(place);
        } else {
            self.list(place);
        }
    }

    fn attend(&mut self, place: usize) {
        let Some(member) = self.members.get_mut(place) else { return };
        let Some(group) = self.groups.get(member.group.0) else { return };
        let then = member.attend(&mut Round::new(group));
        self.then(place, then);
    }

    /// Sends what the tail has for a group.
    fn deliver(&mut self, number: usize) {
        let Some(group) = self.groups.get_mut(number) else { return };
        let look = group.look();
        // Rights that were taken back before the events came do not count for them.
        if group.hears_of_rights() {
            self.look_at_rights(number);
        }
        match look {
            Look::Nothing => {}
            Look::Behind => self.each(number, Member::attend),
            Look::Batch(batch) => {
                self.each(number, |member, round| member.deliver(&batch, round));
            }
        }
    }

    /// Sends what has come of state topics to a group, and says whether there was anything.
    fn deliver_values(&mut self, number: usize) -> bool {
        let values = self.groups.get_mut(number).and_then(Group::new_values);
        if let Some(values) = &values {
            // As with events.
            if self.groups.get(number).is_some_and(Group::hears_of_rights) {
                self.look_at_rights(number);
            }
            self.each(number, |member, round| member.send_values(values, round));
        }
        values.is_some()
    }

    fn look_at_rights(&mut self, number: usize) {
        if let Some(group) = self.groups.get(number) {
            group.hears_of_rights();
        }
        self.each(number, |member, round| member.looks_at_rights(round.group));
    }

    /// Has all members of a group do something, and does what becomes of each.
    fn each(&mut self, number: usize, mut act: impl FnMut(&mut Member, &mut Round<'_>) -> Then) {
        let Some(group) = self.groups.get(number) else { return };
        let (mut round, mut others) = (Round::new(group), Vec::new());
        for place in group.members() {
            let Some(member) = self.members.get_mut(*place) else { continue };
            round.goes_on();
            match act(member, &mut round) {
                Then::Stays => {}
                then => others.push((*place, then)),
            }
        }
        drop(round);
        for (place, then) in others {
            self.then(place, then);
        }
    }

    /// Does what becomes of a stream.
    fn then(&mut self, place: usize, then: Then) {
        if matches!(then, Then::Stays | Then::Fills) {
            if then == Then::Fills {
                self.awaits_room(place);
            }
            return self.list(place);
        }
        let Some(member) = self.members.take(place) else { return };
        let descriptor = member.socket.as_fd().as_raw_fd();
        // It fails only for one that is not registered.
        let _ = self.poll.registry().deregister(&mut SourceFd(&descriptor));
        let (of, group) = (member.group, self.groups.get(member.group.0));
        let stream = match group {
            Some(group) if then == Then::Resumes => Some(member.into_stream(group)),
            Some(group) if member.follows_log() => {
                group.loses();
                None
            }
            _ => None,
        };
        let moved = self.groups.leave(of);
        if let Some(moved) = moved.and_then(|place| self.members.get_mut(place)) {
            moved.group = of;
        }
        if let Some(stream) = stream {
            (self.resume)(stream);
        }
    }

    /// Has a stream seen to once its socket takes more, and at once if it does by now.
    fn awaits_room(&mut self, place: usize) {
        let Some(member) = self.members.get(place) else { return };
        let descriptor = member.socket.as_fd().as_raw_fd();
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        if let Err(error) = registry.reregister(&mut SourceFd(&descriptor), Token(place), both) {
            // It is still looked at when that is due.
            debug!(%error, "cannot wait for room in a socket");
        }
    }

    /// Has a stream seen to when that is due, or earlier.
    fn list(&mut self, place: usize) {
        let Some(member) = self.members.get_mut(place) else { return };
        let Some(group) = self.groups.get(member.group.0) else { return };
        let due = member.due(group.around.now());
        let at = match member.listed {
            Some(listed) if listed <= due => return,
            Some(_) => due,
            None => due.min(Instant::now() + LOOK_AFTER),
        };
        member.listed = Some(at);
        self.due.push(Reverse((at, place)));
    }
}
