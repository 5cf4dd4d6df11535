//! Removes events from the log: by retention, by a purge, or one alone.

use std::collections::BTreeSet;

use redb::ReadableTable;

use super::{Change, Result, stored};
use crate::{
    cursor::Cursor,
    event::{Event, Topic},
    log::{
        Bounds, Retention,
        embedded::{
            codec::{Stored, encode},
            store::Totals,
        },
        retention,
        wall::Wall,
    },
    selector::{is_prefix, names},
};

impl Change<'_> {
    /// Drops what exceeds the bounds of the whole, at most `most` events. Returns how many.
    pub(crate) fn retain(
        &mut self,
        retention: &Retention,
        wall: &mut Wall,
        most: usize,
    ) -> Result<usize> {
        for dropped in 0..most {
            let first = self.events.first()?;
            let first = first.map(|(sequence, row)| (sequence.value(), row.value().len() as u64));
            let Some((sequence, size)) = first else { return Ok(dropped) };
            let Totals { events, bytes, .. } = self.totals;
            match stored(&self.events, sequence, self.seal)? {
                Some(stored) => {
                    if !self.exceeds(&retention.total, (events, bytes), &stored.event, wall)? {
                        return Ok(dropped);
                    }
                    if stored.removed {
                        self.forget_removed(&stored)?;
                    } else {
                        self.drop_event(&stored.event)?;
                        self.raise_floors(&stored.event)?;
                    }
                }
                // It is of no use to anyone, and nobody knows how old it is.
                None => self.drop_damaged(sequence, size)?,
            }
        }
        Ok(most)
    }

    /// Drops what exceeds the bounds of one topic, at most `most` events. Returns how many.
    pub(crate) fn retain_topic(
        &mut self,
        topic: &Topic,
        retention: &Retention,
        wall: &mut Wall,
        most: usize,
    ) -> Result<usize> {
        let bounds = retention.of(topic);
        if bounds == Bounds::NONE {
            return Ok(0);
        }
        for dropped in 0..most {
            let Some(row) = self.known(topic.as_str())? else { return Ok(dropped) };
            let (events, bytes) = (row.events(), row.bytes);
            let Some(oldest) = self.first_of(topic, u64::MAX)? else { return Ok(dropped) };
            if !self.exceeds(&bounds, (events, bytes), &oldest, wall)? {
                return Ok(dropped);
            }
            self.drop_from(&oldest, topic)?;
            let class = self.row(topic.as_str())?.class_mut(oldest.draft.private);
            class.floor = class.floor.max(oldest.sequence);
        }
        Ok(most)
    }

    /// Whether there is too much, or the oldest event is too old.
    fn exceeds(
        &self,
        bounds: &Bounds,
        (events, bytes): (u64, u64),
        oldest: &Event,
        wall: &mut Wall,
    ) -> Result<bool> {
        if bounds.are_exceeded_by(events, bytes) || bounds.are_ageless() {
            return Ok(bounds.are_exceeded_by(events, bytes));
        }
        let published = wall.published((oldest.sequence, oldest.at), |sequence| {
            for row in self.events.range(sequence + 1..)? {
                let next = row?.0.value();
                // What cannot be read says nothing of when it was published.
                if let Some(found) = stored(&self.events, next, self.seal)? {
                    return Ok(Some((next, found.event.at)));
                }
            }
            Ok::<_, redb::Error>(None)
        })?;
        Ok(bounds.are_outlived(published, wall.now()))
    }

    /// Removes events of a topic up to a sequence, at most `most`. Returns their sequences, and how many
    /// of them stood in the place of others.
    pub(crate) fn purge(
        &mut self,
        topic: &Topic,
        through: u64,
        most: usize,
    ) -> Result<(BTreeSet<u64>, usize)> {
        let (mut purged, mut notices) = (BTreeSet::new(), 0);
        while purged.len() < most {
            let Some(event) = self.first_of(topic, through)? else { break };
            self.drop_event(&event)?;
            let row = self.row(topic.as_str())?;
            row.purged = row.purged.max(event.sequence);
            purged.insert(event.sequence);
            notices += usize::from(event.draft.is_notice());
        }
        Ok((purged, notices))
    }

    /// Removes one event of a topic, and leaves in its place what tells that it is not hidden.
    pub(crate) fn remove(&mut self, topic: &Topic, id: Cursor) -> Result<Option<Event>> {
        let found = stored(&self.events, id.sequence, self.seal)?;
        let Some(found) = found.filter(|found| {
            !found.removed && found.event.id() == id && found.event.draft.topics.contains(topic)
        }) else {
            return Ok(None);
        };
        let (event, size) = (found.event.clone(), retention::size(&found.event));
        // It may have been dropped from this topic and still be in another.
        if !self.is_indexed(topic.as_str(), &event)? {
            return Ok(None);
        }
        for name in names(&event.draft.topics) {
            self.unlist(name, &event, false)?;
        }
        self.totals.events = self.totals.events.saturating_sub(1);
        self.totals.bytes = self.totals.bytes.saturating_sub(size);
        self.events.insert(id.sequence, &*encode(&found.remove(), self.seal))?;
        Ok(Some(event))
    }

    /// The oldest event of a topic up to a sequence. Damaged ones before it are dropped on the way.
    fn first_of(&mut self, topic: &Topic, through: u64) -> Result<Option<Event>> {
        let mut from = 0;
        while from <= through {
            let Some(number) = self.known(topic.as_str())?.map(|row| row.number) else {
                return Ok(None);
            };
            let mut first = None;
            for private in [false, true] {
                let range = (number, private, from)..=(number, private, through);
                let key = self.index.range(range)?.next().transpose()?;
                let key = key.map(|(key, _)| key.value());
                first = [first, key].into_iter().flatten().min_by_key(|(.., sequence)| *sequence);
            }
            // Where the index's own order is damaged, an entry may be found that comes before all asked for.
            let first = first.filter(|(.., sequence)| *sequence >= from);
            let Some(key @ (_, private, sequence)) = first else { return Ok(None) };
            match stored(&self.events, sequence, self.seal)? {
                Some(Stored { event, removed: false, .. })
                    if event.draft.private == private && event.draft.topics.contains(topic) =>
                {
                    return Ok(Some(event));
                }
                _ => {
                    self.damaged += 1;
                    let removed = self.index.remove(key)?.is_some();
                    let class = self.row(topic.as_str())?.class_mut(private);
                    class.events = class.events.saturating_sub(u64::from(removed));
                    class.dropped = class.dropped.max(sequence);
                    // Not found once more: in a damaged tree a range may find what cannot be removed.
                    let Some(next) = sequence.checked_add(1) else { return Ok(None) };
                    from = next;
                }
            }
        }
        Ok(None)
    }

    /// Notes in an event's topics that nothing is left up to it.
    fn raise_floors(&mut self, event: &Event) -> Result<()> {
        for topic in &event.draft.topics {
            if self.known(topic.as_str())?.is_some() {
                let class = self.row(topic.as_str())?.class_mut(event.draft.private);
                class.floor = class.floor.max(event.sequence);
            }
        }
        Ok(())
    }

    /// Takes an event out of all its topics, and so out of the log.
    fn drop_event(&mut self, event: &Event) -> Result<()> {
        for name in names(&event.draft.topics) {
            self.unlist(name, event, true)?;
        }
        self.drop_row(event)
    }

    /// Takes an event out of one topic, and out of the log where that was the last that its publisher has
    /// chosen: what the server has added does not hold it.
    pub(crate) fn drop_from(&mut self, event: &Event, topic: &Topic) -> Result<()> {
        self.unlist(topic.as_str(), event, true)?;
        let mut left = Vec::new();
        for topic in &event.draft.topics {
            if self.is_indexed(topic.as_str(), event)? {
                left.push(topic);
            }
        }
        if left.iter().all(|topic| topic.is_servers_own()) {
            self.drop_event(event)?;
            return self.raise_floors(event);
        }
        for name in names(&event.draft.topics).filter(|name| is_prefix(name)) {
            if !left.iter().any(|topic| topic.as_str().starts_with(name)) {
                self.unlist(name, event, true)?;
            }
        }
        Ok(())
    }

    fn drop_row(&mut self, event: &Event) -> Result<()> {
        if self.events.remove(event.sequence)?.is_some() {
            self.totals.events = self.totals.events.saturating_sub(1);
            self.totals.bytes = self.totals.bytes.saturating_sub(retention::size(event));
        }
        Ok(())
    }

    /// Drops what cannot be read. What it was found by is not known: who looks for it there finds that
    /// it is gone.
    fn drop_damaged(&mut self, sequence: u64, size: u64) -> Result<()> {
        self.damaged += 1;
        self.events.remove(sequence)?;
        self.totals.events = self.totals.events.saturating_sub(1);
        self.totals.bytes = self.totals.bytes.saturating_sub(size);
        Ok(())
    }

    /// Lets go of what stands in the place of an event that was removed, where an event as old would be
    /// dropped: until then nobody is told that something is missing.
    fn forget_removed(&mut self, stored: &Stored) -> Result<()> {
        let Event { sequence, draft, .. } = &stored.event;
        for name in names(&draft.topics) {
            if self.known(name)?.is_some() {
                // Nobody is to miss it, but nobody is to look for it either.
                let class = self.row(name)?.class_mut(draft.private);
                class.floor = class.floor.max(*sequence);
            }
        }
        self.events.remove(sequence)?;
        Ok(())
    }

    /// Whether an event is found by a name.
    fn is_indexed(&mut self, name: &str, event: &Event) -> Result<bool> {
        let Some(number) = self.known(name)?.map(|row| row.number) else { return Ok(false) };
        Ok(self.index.get((number, event.draft.private, event.sequence))?.is_some())
    }

    /// Has an event be found by a name no longer. `marked` says so to those who come back.
    fn unlist(&mut self, name: &str, event: &Event, marked: bool) -> Result<()> {
        let (sequence, private) = (event.sequence, event.draft.private);
        let Some(number) = self.known(name)?.map(|row| row.number) else { return Ok(()) };
        if self.index.remove((number, private, sequence))?.is_some() {
            let row = self.row(name)?;
            row.bytes = row.bytes.saturating_sub(retention::size(event));
            let class = row.class_mut(private);
            class.events = class.events.saturating_sub(1);
            if marked {
                class.dropped = class.dropped.max(sequence);
            }
        }
        Ok(())
    }
}
