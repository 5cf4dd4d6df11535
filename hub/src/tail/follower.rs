//! A follower of topics: what the tail has of them after a position.

use std::{fmt, sync::Arc};

use tokio::sync::Notify;

use super::{
    entry::Entry,
    newest::{Followed, Tail},
    wake::Wake,
};
use crate::{cursor::Cursor, frame::Format, selector::Selected};

/// A follower of topics. Dropping it is leaving.
pub struct Follower {
    topics: Arc<[Selected]>,
    woken: Arc<Notify>,
    registration: Registration,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").field("topics", &self.topics).finish_non_exhaustive()
    }
}

/// What the tail has after a position.
#[derive(Debug)]
pub enum Taken {
    /// The tail no longer reaches back to that place: the log has to be read.
    Behind,
    /// All events of the topics up to and with the position `through`.
    Events {
        /// The events, in order.
        entries: Vec<Arc<Entry>>,
        /// As far as the reader has come with them.
        through: Cursor,
    },
}

/// Somebody who is woken by news of topics, until this is dropped.
pub(crate) struct Registration {
    tail: Tail,
    id: u64,
    topics: Arc<[Selected]>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("topics", &self.topics).finish_non_exhaustive()
    }
}

impl Tail {
    /// Follows topics and prefixes until the follower is dropped.
    #[must_use]
    pub fn follow(&self, topics: Vec<Selected>) -> Follower {
        self.follow_at_once(topics.into(), || {})
    }

    /// The same, with shared topics. Does something else at the instant from which on the follower is woken, for
    /// those who were woken in its stead and must still be there.
    pub(crate) fn follow_at_once(
        &self,
        topics: Arc<[Selected]>,
        at_once: impl FnOnce(),
    ) -> Follower {
        let woken = Arc::new(Notify::new());
        let who: Arc<dyn Wake> = woken.clone();
        let registration = self.register(topics.clone(), &who, at_once);
        Follower { topics, woken, registration }
    }

    /// Has somebody woken by news of topics and prefixes, and does something else at the same instant.
    pub(crate) fn register(
        &self,
        topics: Arc<[Selected]>,
        who: &Arc<dyn Wake>,
        at_once: impl FnOnce(),
    ) -> Registration {
        let mut held = self.held();
        let id = held.next_follower;
        held.next_follower += 1;
        for Selected { selector, .. } in &*topics {
            // Of a prefix that nobody followed, no events were kept: they have to be read from the log.
            let floor = if selector.is_prefix() { held.last.sequence } else { held.floor };
            let followed = held
                .topics
                .entry(selector.name().into())
                .or_insert_with(|| Followed { floor, ..Followed::default() });
            followed.followers.insert(id, who.clone());
        }
        at_once();
        drop(held);
        Registration { tail: self.clone(), id, topics }
    }

    /// The events of topics after a place; after the first, none that would bring the frames above
    /// `bytes`.
    pub(crate) fn take(
        &self,
        topics: &[Selected],
        after: Cursor,
        (format, bytes): (Format, usize),
    ) -> Taken {
        let held = self.held();
        let names = || topics.iter().map(|selected| selected.selector.name());
        let followed = || names().filter_map(|name| held.topics.get(name));
        if after == held.last {
            return Taken::Events { entries: Vec::new(), through: after };
        }
        if after.sequence >= held.last.sequence
            || followed().any(|followed| followed.floor > after.sequence)
        {
            return Taken::Behind;
        }
        // Each topic's events lie in order: of the next of each, the lowest comes next.
        let mut next: Vec<_> = followed()
            .map(|followed| {
                let begin = followed
                    .entries
                    .partition_point(|entry| entry.event.sequence <= after.sequence);
                followed.entries.range(begin..).peekable()
            })
            .collect();
        let (mut entries, mut length): (Vec<Arc<Entry>>, usize) = (Vec::new(), 0);
        loop {
            let lowest = next.iter_mut().filter_map(|one| one.peek().copied());
            let Some(entry) = lowest.min_by_key(|entry| entry.event.sequence) else {
                return Taken::Events { entries, through: held.last };
            };
            length += entry.most(format);
            if !entries.is_empty() && length > bytes {
                let through = entries.last().map_or(after, |entry| entry.event.id());
                return Taken::Events { entries, through };
            }
            for one in &mut next {
                one.next_if(|same| same.event.sequence == entry.event.sequence);
            }
            entries.push(entry.clone());
        }
    }
}

impl Follower {
    /// The topics.
    #[must_use]
    pub fn topics(&self) -> &[Selected] {
        &self.topics
    }

    /// The same, to be shared.
    pub(crate) fn shared_topics(&self) -> &Arc<[Selected]> {
        &self.topics
    }

    /// Takes the events after a place; after the first, none that would bring the frames above
    /// `bytes`.
    #[must_use]
    pub fn take(&self, after: Cursor, format: Format, bytes: usize) -> Taken {
        self.registration.tail.take(&self.topics, after, (format, bytes))
    }

    /// Returns when there may be something new; at once where there was since the last time.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Follows no more: others who follow the same topics are woken in its stead. Does something else at the same
    /// instant, for those who count followers.
    pub(crate) fn leave(self, at_once: impl FnOnce()) {
        self.registration.end(at_once);
    }
}

impl Registration {
    /// Ends it, and does something else at the same instant.
    fn end(mut self, at_once: impl FnOnce()) {
        self.leave(at_once);
    }

    fn leave(&mut self, at_once: impl FnOnce()) {
        let topics = std::mem::take(&mut self.topics);
        let mut held = self.tail.held();
        for Selected { selector, .. } in &*topics {
            let name = selector.name();
            if let Some(followed) = held.topics.get_mut(name) {
                followed.followers.remove(&self.id);
                let kept = !followed.entries.is_empty() && !selector.is_prefix();
                if followed.followers.is_empty() && !kept {
                    held.topics.remove(name);
                }
            }
        }
        at_once();
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if !self.topics.is_empty() {
            self.leave(|| {});
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use futures::FutureExt;

    use super::*;
    use crate::{
        cursor::Epoch,
        event::{Draft, Event, Topic},
        tail::Bounds,
    };

    #[derive(Debug, Default)]
    struct Group {
        readers: AtomicUsize,
        woken: AtomicUsize,
    }

    impl Wake for Group {
        fn wake(&self) {
            self.woken.fetch_add(1, Relaxed);
        }

        fn readers(&self) -> usize {
            self.readers.load(Relaxed)
        }
    }

    #[test]
    fn who_sleeps_is_counted_by_those_who_are_woken_in_its_stead() {
        let topic = Topic::new("a/b").unwrap();
        let selected = Selected::public(crate::selector::Selector::new("a/*").unwrap());
        let tail = Tail::new(Cursor { epoch: Epoch(7), sequence: 0 }, Bounds::default());
        let mut followers: Vec<_> = (0..3).map(|_| tail.follow(vec![selected.clone()])).collect();
        let group = Arc::new(Group::default());
        let who: Arc<dyn Wake> = group.clone();
        let topics = followers[0].shared_topics().clone();
        let registration = tail.register(topics.clone(), &who, || {});
        let count = || tail.followers(std::slice::from_ref(&topic));
        for _ in 0..2 {
            followers.remove(0).leave(|| {
                group.readers.fetch_add(1, Relaxed);
            });
            assert_eq!(count(), 3);
        }
        let draft = Draft {
            topics: vec![topic.clone()],
            event_type: None,
            data: "a".into(),
            private: false,
        };
        tail.push(vec![Event { epoch: Epoch(7), sequence: 1, at: 0, draft }]);
        assert_eq!(group.woken.load(Relaxed), 1);
        assert!(followers[0].woken().now_or_never().is_some());

        for _ in 0..2 {
            followers.push(tail.follow_at_once(topics.clone(), || {
                group.readers.fetch_sub(1, Relaxed);
            }));
            assert_eq!(count(), 3);
        }
        drop(registration);
        // What came meanwhile is still there.
        let begin = Cursor { epoch: Epoch(7), sequence: 0 };
        let Taken::Events { entries, .. } = followers[2].take(begin, Format::Message, 1000) else {
            panic!("it is behind");
        };
        assert_eq!(entries.len(), 1);
        drop(followers);
        assert_eq!(count(), 0);
    }
}
