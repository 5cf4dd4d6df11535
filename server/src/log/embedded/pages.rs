//! Reading the log's file: a query goes in, a page comes out, by the index of each topic.

use std::ops::Bound;

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable};

use super::{
    super::{Order, Page, Query, TopicCount},
    store::{self, BY_TOPIC, EVENTS, META, Result, TOPICS},
};
use crate::{
    event::{Event, Topic, encoded_size},
    grant::Grant,
};

/// A sequence, and whether its event is private.
type Entry = (u64, bool);
type Entries = Box<dyn Iterator<Item = Result<Entry>>>;

/// Reads a page.
pub(super) fn read(database: &Database, query: &Query) -> Result<Page> {
    Ok(read_small(database, query, usize::MAX)?.unwrap_or_default())
}

/// Reads a page, unless its first event takes more than `most` bytes in the file: then says how many.
pub(super) fn read_small(
    database: &Database,
    query: &Query,
    most: usize,
) -> Result<std::result::Result<Page, usize>> {
    let transaction = database.begin_read()?;
    let events = transaction.open_table(EVENTS)?;
    let (mut found, mut page) = find(&transaction, query)?;
    let mut bytes = 0;
    while page.events.len() < query.limit && bytes < query.bytes {
        let Some(sequence) = found.next_visible(&events, &query.grant)? else {
            return Ok(Ok(page));
        };
        if page.events.is_empty() && most < usize::MAX {
            let size = events.get(sequence)?.map_or(0, |row| row.value().len());
            if size > most {
                return Ok(Err(size));
            }
        }
        let event = store::event(&events, sequence)?;
        bytes += encoded_size(&event.draft.data);
        page.events.push(event);
    }
    page.more = found.next_visible(&events, &query.grant)?.is_some();
    Ok(Ok(page))
}

/// Counts the events that a query finds, up to its limit.
pub(super) fn count(database: &Database, query: &Query) -> Result<u64> {
    let transaction = database.begin_read()?;
    let events = transaction.open_table(EVENTS)?;
    let (mut found, _) = find(&transaction, query)?;
    let mut count = 0;
    while count < query.limit && found.next_visible(&events, &query.grant)?.is_some() {
        count += 1;
    }
    Ok(count as u64)
}

/// What the index says to a query, and a page without events.
fn find(transaction: &ReadTransaction, query: &Query) -> Result<(Merged, Page)> {
    let (topics, by_topic) = (transaction.open_table(TOPICS)?, transaction.open_table(BY_TOPIC)?);
    let mut page = Page { last: store::totals_in(&topics)?.last, ..Page::default() };
    let mut merged = Merged { order: query.order, next: Vec::new() };
    for topic in &query.topics {
        let row = topics.get(topic.as_str())?.map(|row| row.value());
        // A topic that nobody knows may be one whose mark was forgotten.
        let Some((number, events, _, private, dropped, dropped_public)) = row else {
            let forgotten = transaction.open_table(META)?.get("forgotten")?;
            page.dropped = page.dropped.max(forgotten.map_or(0, |value| value.value()));
            continue;
        };
        let dropped = if query.grant.reads_some() { dropped } else { dropped_public };
        page.dropped = page.dropped.max(dropped);
        // How many private events there are is not told by how long an answer takes.
        let shown = if query.grant.reads_some() { events } else { events.saturating_sub(private) };
        if shown > 0 && query.after < u64::MAX && query.after + 1 < query.before {
            let range = by_topic.range((number, query.after + 1)..(number, query.before))?;
            let range = range.map(|row| {
                let (key, private) = row?;
                Ok((key.value().1, private.value()))
            });
            merged.add(match query.order {
                Order::Forwards => Box::new(range),
                Order::Backwards => Box::new(range.rev()),
            })?;
        }
    }
    Ok((merged, page))
}

/// The entries of several topics as one row, each once.
struct Merged {
    order: Order,
    /// The next entry of each topic, and those that follow.
    next: Vec<(Entry, Entries)>,
}

impl Merged {
    fn add(&mut self, mut entries: Entries) -> Result<()> {
        if let Some(first) = entries.next().transpose()? {
            self.next.push((first, entries));
        }
        Ok(())
    }

    /// The next event that a grant shows. Where it shows no private events none is read to know that.
    fn next_visible(
        &mut self,
        events: &impl ReadableTable<u64, &'static [u8]>,
        grant: &Grant,
    ) -> Result<Option<u64>> {
        while let Some((sequence, private)) = self.next()? {
            if !private {
                return Ok(Some(sequence));
            }
            if grant.reads_some() && grant.sees(true, &store::event(events, sequence)?.draft.topics)
            {
                return Ok(Some(sequence));
            }
        }
        Ok(None)
    }

    fn next(&mut self) -> Result<Option<Entry>> {
        let heads = self.next.iter().map(|(head, _)| *head);
        let next = match self.order {
            Order::Forwards => heads.min(),
            Order::Backwards => heads.max(),
        };
        let Some(next) = next else { return Ok(None) };
        let mut index = 0;
        while let Some((head, rest)) = self.next.get_mut(index) {
            if *head != next {
                index += 1;
                continue;
            }
            match rest.next().transpose()? {
                Some(following) => *head = following,
                None => drop(self.next.swap_remove(index)),
            }
        }
        Ok(Some(next))
    }
}

/// All events after a sequence, whatever their topics, at most `most`.
pub(super) fn all_after(database: &Database, after: u64, most: usize) -> Result<Vec<Event>> {
    let events = database.begin_read()?.open_table(EVENTS)?;
    let after = (Bound::Excluded(after), Bound::Unbounded);
    let sequences = events.range(after)?.take(most).map(|row| Ok(row?.0.value()));
    sequences.map(|sequence: Result<u64>| store::event(&events, sequence?)).collect()
}

/// The topics that have events, by name.
pub(super) fn topics(
    database: &Database,
    prefix: &str,
    after: Option<&Topic>,
    limit: usize,
) -> Result<Vec<TopicCount>> {
    let topics = database.begin_read()?.open_table(TOPICS)?;
    let begin = match after {
        Some(after) if after.as_str() >= prefix => Bound::Excluded(after.as_str()),
        _ => Bound::Included(prefix),
    };
    let mut found = Vec::new();
    for row in topics.range::<&str>((begin, Bound::Unbounded))? {
        let (name, row) = row?;
        if found.len() == limit || !name.value().starts_with(prefix) {
            break;
        }
        let (_, events, _, private, ..) = row.value();
        // The totals stand among the topics, by a name that is none.
        if events > 0
            && let Ok(topic) = Topic::new(name.value())
        {
            found.push(TopicCount { topic, events, private });
        }
    }
    Ok(found)
}

/// The names of some topics after one, for a look at each in turn.
pub(super) fn names_after(
    database: &Database,
    after: Option<&Topic>,
    most: usize,
) -> Result<Vec<Topic>> {
    Ok(topics(database, "", after, most)?.into_iter().map(|count| count.topic).collect())
}
