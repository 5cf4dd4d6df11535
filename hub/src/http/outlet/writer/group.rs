//! Readers of one writer that follow the same with the same rights: what there is for them is looked up and put
//! together once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Waker},
};

use super::{
    batch::Batch,
    inbox::{Inbox, News, Signal},
    places::Places,
    states::{Knows, States, Values},
    stream::Stream,
};
use crate::{
    cursor::Cursor,
    http::outlet::{
        Driver,
        rested::{Around, Rested},
    },
    subscription::{CHUNK, Follows, States as OwnStates},
    tail::{Registration, Taken, Wake},
};

/// Readers that follow the same.
pub(super) struct Group {
    follows: Follows,
    pub(super) around: Around,
    events: Arc<Events>,
    /// `None` where they follow no topics of the log.
    _registration: Option<Registration>,
    /// What comes after this has not been looked up.
    at: Cursor,
    /// The last event that was, or after which the group has begun.
    seen: u64,
    states: States,
    /// Woken by the state topics.
    changed: Arc<Signal<Stream>>,
    /// Woken when a reader's rights are taken back.
    rights: Arc<Signal<Stream>>,
    /// Where its members are.
    members: Vec<usize>,
}

/// Tells a writer that the tail has events for a group.
#[derive(Debug)]
struct Events {
    signal: Signal<Stream>,
    readers: AtomicUsize,
}

impl Wake for Events {
    fn wake(&self) {
        self.signal.give();
    }

    fn readers(&self) -> usize {
        self.readers.load(Relaxed)
    }
}

/// What the tail has.
pub(super) enum Look {
    /// Nothing.
    Nothing,
    /// Events.
    Batch(Batch),
    /// No longer what comes next.
    Behind,
}

impl Group {
    fn new(follows: Follows, around: Around, group: usize, inbox: &Arc<Inbox<Stream>>) -> Self {
        let signal = |news| Signal::new(inbox, group, news);
        let events =
            Arc::new(Events { signal: signal(News::Events), readers: AtomicUsize::new(0) });
        let (tail, who) = (around.hub.log().tail(), events.clone() as Arc<dyn Wake>);
        let registration = (!follows.topics.is_empty())
            .then(|| tail.register(follows.topics.clone(), &who, || {}));
        // Asked afterwards: what came in between is looked up twice rather than never.
        let at = tail.position();
        let names = &follows.states;
        let states = States::follow(names, around.hub.state_topics(), follows.format);
        Self {
            follows,
            around,
            events,
            _registration: registration,
            at,
            seen: at.sequence,
            states,
            changed: Arc::new(signal(News::States)),
            rights: Arc::new(signal(News::Rights)),
            members: Vec::new(),
        }
    }

    /// Looks up what the tail has for all.
    pub(super) fn look(&mut self) -> Look {
        self.events.signal.hear();
        let (look, through) = self.look_after(self.seen, self.at);
        let tail = self.around.hub.log().tail();
        match &look {
            Look::Behind => {
                self.at = tail.position();
                self.seen = self.at.sequence;
            }
            Look::Nothing => self.at = through,
            Look::Batch(batch) => {
                self.at = through;
                self.seen = batch.last();
                if through != tail.position() {
                    // There is more than is looked up at once.
                    self.events.signal.give();
                }
            }
        }
        look
    }

    /// Looks up what the tail has for a reader that has all up to a cursor, and where that reader stands with it.
    pub(super) fn look_from(&self, cursor: Cursor) -> (Look, Cursor) {
        self.look_after(cursor.sequence, cursor)
    }

    fn look_after(&self, seen: u64, cursor: Cursor) -> (Look, Cursor) {
        let Follows { topics, format, .. } = &self.follows;
        match self.around.hub.log().tail().take(topics, cursor, (*format, CHUNK)) {
            Taken::Behind => (Look::Behind, cursor),
            Taken::Events { entries, through } => {
                let batch = Batch::new(&entries, (seen, through), &self.follows);
                (batch.map_or(Look::Nothing, Look::Batch), through)
            }
        }
    }

    /// Takes the values of state topics that have come.
    pub(super) fn new_values(&mut self) -> Option<Values> {
        self.changed.hear();
        let waker = self.changed.clone().into();
        self.states.poll(&mut Context::from_waker(&waker))
    }

    pub(super) fn states(&self) -> &States {
        &self.states
    }

    /// Whether rights were taken back since this was asked last.
    pub(super) fn hears_of_rights(&self) -> bool {
        self.rights.hear()
    }

    /// What is woken when a reader's rights are taken back.
    pub(super) fn of_rights(&self) -> Waker {
        self.rights.clone().into()
    }

    /// Where its members are.
    pub(super) fn members(&self) -> &[usize] {
        &self.members
    }

    /// Takes over a stream whose driver waits for nothing but news; it will be in `place`. Returns what is left of
    /// the driver, what its reader knows, and its number here.
    pub(super) fn enter(&mut self, driver: Driver, place: usize) -> (Rested, Knows, usize) {
        let knows = self.states.knows(driver.known());
        let rested = driver.rest(|| {
            self.events.readers.fetch_add(1, Relaxed);
        });
        self.members.push(place);
        (rested, knows, self.members.len() - 1)
    }

    /// Counts a member no more that follows topics of the log and leaves.
    pub(super) fn loses(&self) {
        self.events.readers.fetch_sub(1, Relaxed);
    }

    /// Takes out the member with this number. Returns the place of the one that has its number from now on.
    fn leave(&mut self, number: usize) -> Option<usize> {
        self.members.swap_remove(number);
        self.members.get(number).copied()
    }

    /// The driver of a member that leaves, which is no longer counted here.
    pub(super) fn drive(&self, rested: Rested, knows: Knows) -> Driver {
        let Follows { topics, states, format } = &self.follows;
        let hub = &self.around.hub;
        let count = || {
            self.events.readers.fetch_sub(1, Relaxed);
        };
        let follows_log = rested.subscription.cursor().is_some();
        // First of all, so that the tail keeps what it follows.
        let follower = follows_log.then(|| hub.log().tail().follow_at_once(topics.clone(), count));
        let known = self.states.known(knows);
        let states = OwnStates::again((states, *format), hub.state_topics(), known);
        Driver::awake(rested, (follower, states), self.around.clone())
    }
}

/// The groups of a writer.
#[derive(Default)]
pub(super) struct Groups {
    groups: Places<Group>,
    /// By the hub, and what they follow of it.
    by_follows: HashMap<(usize, Follows), usize>,
}

impl Groups {
    pub(super) fn get(&self, group: usize) -> Option<&Group> {
        self.groups.get(group)
    }

    pub(super) fn get_mut(&mut self, group: usize) -> Option<&mut Group> {
        self.groups.get_mut(group)
    }

    /// The number of the group of a driver's reader, which is made where there is none.
    pub(super) fn of(&mut self, driver: &Driver, inbox: &Arc<Inbox<Stream>>) -> usize {
        let (around, follows) = (driver.around(), driver.follows());
        let key = (around.hub.id(), follows);
        if let Some(number) = self.by_follows.get(&key) {
            return *number;
        }
        let new = |number| Group::new(key.1.clone(), around.clone(), number, inbox);
        let number = self.groups.put(new);
        self.by_follows.insert(key, number);
        number
    }

    /// Ends a group that has no members.
    pub(super) fn end_if_empty(&mut self, number: usize) {
        let empty = self.groups.get(number).filter(|group| group.members.is_empty());
        if let Some(group) = empty {
            self.by_follows.remove(&(group.around.hub.id(), group.follows.clone()));
            drop(self.groups.take(number));
        }
    }

    /// Takes out the member with a number in a group, which ends with its last one. Returns the place of the one that
    /// has its number from now on.
    pub(super) fn leave(&mut self, (group, number): (usize, usize)) -> Option<usize> {
        let moved = self.groups.get_mut(group)?.leave(number);
        self.end_if_empty(group);
        moved
    }
}
