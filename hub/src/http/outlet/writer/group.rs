//! Readers of one writer that follow the same with the same rights: the tail has one to wake for all of them, and
//! what it has for them is looked up and put together once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
};

use super::{
    batch::Batch,
    inbox::{Inbox, Told},
    places::Places,
    stream::Stream,
};
use crate::{
    cursor::Cursor,
    hub::Hub,
    subscription::{CHUNK, Follows},
    tail::{Registration, Taken, Wake},
};

/// Readers that follow the same topics of the log.
pub(super) struct Group {
    follows: Follows,
    hub: Hub,
    news: Arc<News>,
    _registration: Registration,
    /// What comes after this has not been looked up.
    at: Cursor,
    /// The last event that was, or after which the group has begun.
    seen: u64,
    /// Where its members are.
    members: Vec<usize>,
}

/// Tells a writer that the tail has news for a group.
#[derive(Debug)]
struct News {
    group: usize,
    readers: AtomicUsize,
    inbox: Arc<Inbox<Stream>>,
    is_told: AtomicBool,
}

impl Wake for News {
    fn wake(&self) {
        if !self.is_told.swap(true, SeqCst) {
            self.inbox.tell(Told::News(self.group));
        }
    }

    fn readers(&self) -> usize {
        self.readers.load(Relaxed)
    }
}

/// What the tail has for a group.
pub(super) enum Look {
    /// Nothing.
    Nothing,
    /// The same for all.
    Batch(Batch),
    /// No longer what comes next: each member has to look for itself.
    Behind,
}

impl Group {
    fn new(follows: Follows, hub: Hub, group: usize, inbox: &Arc<Inbox<Stream>>) -> Self {
        let (readers, is_told) = (AtomicUsize::new(0), AtomicBool::new(false));
        let news = Arc::new(News { group, readers, inbox: inbox.clone(), is_told });
        let (tail, who) = (hub.log().tail(), news.clone() as Arc<dyn Wake>);
        let registration = tail.register(follows.topics.clone(), &who, || {});
        // Asked afterwards: what came in between is looked up twice rather than never.
        let at = tail.position();
        let (seen, members) = (at.sequence, Vec::new());
        Self { follows, hub, news, _registration: registration, at, seen, members }
    }

    /// Looks up what the tail has.
    pub(super) fn look(&mut self) -> Look {
        self.news.is_told.store(false, SeqCst);
        let Follows { topics, format, .. } = &self.follows;
        let tail = self.hub.log().tail();
        match tail.take(topics, self.at, (*format, CHUNK)) {
            Taken::Behind => {
                self.at = tail.position();
                self.seen = self.at.sequence;
                Look::Behind
            }
            Taken::Events { entries, through } => {
                let batch = Batch::new(&entries, (self.seen, through), &self.follows);
                self.at = through;
                let Some(batch) = batch else { return Look::Nothing };
                self.seen = batch.last();
                if through != tail.position() {
                    // There is more than is looked up at once.
                    self.news.wake();
                }
                Look::Batch(batch)
            }
        }
    }

    /// How many members it has.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The place of a member; `None` after the last.
    pub(super) fn member(&self, number: usize) -> Option<usize> {
        self.members.get(number).copied()
    }

    /// By whose clock its events are stamped.
    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }
}

/// The groups of a writer.
#[derive(Default)]
pub(super) struct Groups {
    groups: Places<Group>,
    by_follows: HashMap<Follows, usize>,
}

impl Groups {
    pub(super) fn get_mut(&mut self, group: usize) -> Option<&mut Group> {
        self.groups.get_mut(group)
    }

    /// Adds the stream in `place` to its group, which is made where there is none; the group is woken in the
    /// stream's stead from then on. Returns the group and the stream's number in it, or `None` where it follows no
    /// topics of the log.
    pub(super) fn enter(
        &mut self,
        stream: &mut Stream,
        place: usize,
        inbox: &Arc<Inbox<Stream>>,
    ) -> Option<(usize, usize)> {
        let follows = stream.driver.follows();
        let hub = stream.driver.hub().clone();
        let selection = stream.driver.subscription().selection_mut()?;
        let number = match self.by_follows.get(&follows) {
            Some(number) => *number,
            None => {
                let number =
                    self.groups.put(|number| Group::new(follows.clone(), hub, number, inbox));
                self.by_follows.insert(follows, number);
                number
            }
        };
        let group = self.groups.get_mut(number)?;
        let count = || {
            group.news.readers.fetch_add(1, Relaxed);
        };
        selection.follower_mut().sleeps(group.follows.topics.clone(), count);
        group.members.push(place);
        Some((number, group.members.len() - 1))
    }

    /// Takes a stream out of its group, which ends with its last one. Returns the place of the stream that has its
    /// number there from now on.
    pub(super) fn leave(
        &mut self,
        stream: &mut Stream,
        (number, of_group): (usize, usize),
    ) -> Option<usize> {
        let group = self.groups.get_mut(number)?;
        let count = || {
            group.news.readers.fetch_sub(1, Relaxed);
        };
        if let Some(selection) = stream.driver.subscription().selection_mut() {
            // First of all, so that the tail keeps what they follow.
            selection.follower_mut().wakes(count);
        }
        group.members.swap_remove(of_group);
        let moved = group.members.get(of_group).copied();
        if group.members.is_empty() {
            self.by_follows.remove(&group.follows);
            drop(self.groups.take(number));
        }
        moved
    }
}
