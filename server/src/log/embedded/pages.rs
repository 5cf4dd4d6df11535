//! Reading the log's file: pages of events, by the index of each topic.
//!
//! What is read is held against what it says of itself, so that damage is found where it lies: an event
//! that cannot be read, is not of the topic that it was found by, or is not the next after the one that
//! it names, is not handed out, and what is missing is told.

mod lane;

use std::ops::Bound;

use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase};

use super::{
    super::{Listing, Order, Page, Query, TopicCount},
    codec::Stored,
    row::Seal,
    store::{self, EVENTS, Found, INDEX, LISTED, Result, TOPICS, stored},
};
use crate::{
    event::{Event, Topic, encoded_size},
    selector::Selected,
};
use lane::Lane;

/// Reads a page.
pub(super) fn read(database: &Database, seal: Seal, query: &Query) -> Result<Page> {
    let transaction = database.begin_read()?;
    let mut reading = Reading::begin(&transaction, query, seal)?;
    let mut bytes = 0;
    while reading.page.events.len() < query.limit && bytes < query.bytes {
        match reading.next()? {
            Next::Event(event) => {
                bytes += encoded_size(&event.draft.data);
                reading.page.events.push(event);
            }
            Next::Damage(_) if reading.stops_at_damage() => {
                // Told at the beginning of the page that follows.
                reading.page.more = true;
                return Ok(reading.page);
            }
            Next::Damage(through) => reading.page.damaged = reading.page.damaged.max(through),
            Next::End => return Ok(reading.page),
        }
    }
    reading.page.more = reading.has_more()?;
    Ok(reading.page)
}

/// Counts the events that a query finds, up to its limit.
pub(super) fn count(database: &Database, seal: Seal, query: &Query) -> Result<u64> {
    let transaction = database.begin_read()?;
    let mut reading = Reading::begin(&transaction, query, seal)?;
    let mut count = 0;
    while count < query.limit
        && let Some(sequence) = reading.head()
    {
        reading.advance(sequence)?;
        count += 1;
    }
    Ok(count as u64)
}

/// What comes next.
enum Next {
    Event(Event),
    /// Something that was asked for is damaged, up to this sequence.
    Damage(u64),
    End,
}

/// A page being read.
struct Reading {
    order: Order,
    /// Damage that lies before the event at the head was told.
    told: u64,
    events: ReadOnlyTable<u64, &'static [u8]>,
    lanes: Vec<Lane>,
    page: Page,
    seal: Seal,
}

impl Reading {
    fn begin(transaction: &ReadTransaction, query: &Query, seal: Seal) -> Result<Self> {
        let (topics, index) = (transaction.open_table(TOPICS)?, transaction.open_table(INDEX)?);
        let totals = store::totals_in(&topics, seal)?;
        let page = Page { last: totals.last, ..Page::default() };
        let events = transaction.open_table(EVENTS)?;
        let mut reading =
            Self { order: query.order, told: 0, events, lanes: Vec::new(), page, seal };
        for Selected { selector, private } in &query.topics {
            let row = match store::find(&topics, selector.name(), seal)? {
                Found::Known(row) => row,
                // It may be one whose mark was forgotten.
                Found::Absent => {
                    reading.page.dropped = reading.page.dropped.max(totals.forgotten);
                    continue;
                }
                Found::Damaged => {
                    reading.page.damaged = totals.last;
                    continue;
                }
            };
            for private in [false, true].into_iter().filter(|one| *private || !one) {
                let class = row.class(private);
                reading.page.dropped = reading.page.dropped.max(class.dropped);
                if class.last > query.after {
                    let name = selector.name();
                    reading.lanes.push(Lane::begin(&index, name, private, &row, query)?);
                }
            }
        }
        if reading.page.damaged <= query.after {
            reading.page.damaged = 0;
        }
        Ok(reading)
    }

    /// Forwards the events after a damaged place stand on a page of their own, so that a reader is told
    /// of it in its place.
    fn stops_at_damage(&self) -> bool {
        self.order == Order::Forwards && !self.page.events.is_empty()
    }

    /// The next sequence of the index.
    fn head(&self) -> Option<u64> {
        let heads = self.lanes.iter().filter_map(Lane::head);
        match self.order {
            Order::Forwards => heads.min(),
            Order::Backwards => heads.max(),
        }
    }

    fn advance(&mut self, sequence: u64) -> Result<()> {
        self.lanes
            .iter_mut()
            .filter(|lane| lane.head() == Some(sequence))
            .try_for_each(Lane::advance)
    }

    fn next(&mut self) -> Result<Next> {
        loop {
            let Some(sequence) = self.head() else { return self.end() };
            let found = stored(&self.events, sequence, self.seal)?.filter(|stored| !stored.removed);
            let Some(found) = found else {
                self.pass(sequence)?;
                return Ok(Next::Damage(sequence));
            };
            let (ours, hidden) = self.compare(&found)?;
            if let Some(through) = hidden.filter(|through| *through > self.told) {
                self.told = through;
                return Ok(Next::Damage(through));
            }
            self.pass_with(&found)?;
            if ours {
                return Ok(Next::Event(found.event));
            }
        }
    }

    /// Holds an event against the lanes that it was found in: whether it is of one of them, and up to
    /// where something before it is hidden.
    fn compare(&self, found: &Stored) -> Result<(bool, Option<u64>)> {
        let (mut ours, mut hidden) = (false, None);
        for lane in self.lanes.iter().filter(|lane| lane.head() == Some(found.event.sequence)) {
            let Some(before) = lane.before(found) else { continue };
            ours = true;
            hidden = hidden.max(match self.order {
                Order::Forwards => lane.hides(&self.events, before, self.seal)?,
                Order::Backwards => {
                    lane.hides_above(&self.events, found.event.sequence, self.seal)?
                }
            });
        }
        Ok((ours, hidden))
    }

    /// Goes past an event that cannot be read.
    fn pass(&mut self, sequence: u64) -> Result<()> {
        for lane in self.lanes.iter_mut().filter(|lane| lane.head() == Some(sequence)) {
            lane.pass(sequence, None);
            lane.advance()?;
        }
        Ok(())
    }

    /// Goes past an event that was read.
    fn pass_with(&mut self, found: &Stored) -> Result<()> {
        let sequence = found.event.sequence;
        for lane in self.lanes.iter_mut().filter(|lane| lane.head() == Some(sequence)) {
            if let Some(before) = lane.before(found) {
                lane.pass(sequence, Some(before));
            }
            lane.advance()?;
        }
        Ok(())
    }

    /// Nothing more is in the index: whether there should be.
    fn end(&mut self) -> Result<Next> {
        let mut hidden = None;
        for lane in &self.lanes {
            hidden = hidden.max(lane.hides_the_end(&self.events, self.seal)?);
        }
        Ok(match hidden.filter(|through| *through > self.told) {
            Some(through) => {
                self.told = through;
                Next::Damage(through)
            }
            None => Next::End,
        })
    }

    /// Whether there is more to be asked for, if only to be told of damage.
    fn has_more(&mut self) -> Result<bool> {
        Ok(self.head().is_some() || !matches!(self.end()?, Next::End))
    }
}

/// All events after a sequence, whatever their topics, at most `most`.
pub(super) fn all_after(
    database: &Database,
    seal: Seal,
    after: u64,
    most: usize,
) -> Result<Vec<Event>> {
    let events = database.begin_read()?.open_table(EVENTS)?;
    let after = (Bound::Excluded(after), Bound::Unbounded);
    let mut found = Vec::new();
    for row in events.range(after)?.take(most) {
        let sequence = row?.0.value();
        found.extend(
            stored(&events, sequence, seal)?.filter(|one| !one.removed).map(|one| one.event),
        );
    }
    Ok(found)
}

/// The topics that a listing shows.
pub(super) fn topics(
    database: &Database,
    seal: Seal,
    listing: &Listing,
) -> Result<Vec<TopicCount>> {
    let transaction = database.begin_read()?;
    let (listed, topics) = (transaction.open_table(LISTED)?, transaction.open_table(TOPICS)?);
    let public = std::iter::once((false, ""));
    let private = listing.private.iter().map(|pattern| {
        let text = pattern.as_str();
        (true, text.strip_suffix('*').unwrap_or(text))
    });
    let after = listing.after.as_ref().map_or("", Topic::as_str);
    let mut heads = Vec::new();
    for (private, prefix) in public.chain(private) {
        // Where one prefix begins with the other, the longer one says it all.
        let prefix = if prefix.len() > listing.prefix.len() { prefix } else { &*listing.prefix };
        if prefix.starts_with(&*listing.prefix) {
            let mut names = Names::begin(&listed, private, prefix, after)?;
            heads.extend(names.next()?.map(|name| (name, names)));
        }
    }
    let mut found = Vec::new();
    while found.len() < listing.limit
        && let Some(name) = heads.iter().map(|(name, _)| name).min().cloned()
    {
        let mut left = Vec::new();
        for (head, mut names) in heads {
            let head = if head == name { names.next()? } else { Some(head) };
            left.extend(head.map(|head| (head, names)));
        }
        heads = left;
        let (Some(topic), Found::Known(row)) =
            (Topic::held(&name), store::find(&topics, &name, seal)?)
        else {
            continue;
        };
        let private = row.private.events;
        let events = row.public.events + private;
        let shown = listing.private.iter().any(|pattern| pattern.grants(&topic));
        if row.public.events > 0 || shown && private > 0 {
            found.push(TopicCount { topic, events, private });
        }
    }
    Ok(found)
}

/// Names of topics in order.
struct Names {
    private: bool,
    prefix: String,
    rows: redb::Range<'static, (bool, &'static str), ()>,
}

impl Names {
    fn begin(
        listed: &ReadOnlyTable<(bool, &'static str), ()>,
        private: bool,
        prefix: &str,
        after: &str,
    ) -> Result<Self> {
        let begin = if after < prefix {
            Bound::Included((private, prefix))
        } else {
            Bound::Excluded((private, after))
        };
        let rows = listed.range::<(bool, &str)>((begin, Bound::Unbounded))?;
        Ok(Self { private, prefix: prefix.to_owned(), rows })
    }

    fn next(&mut self) -> Result<Option<String>> {
        let Some(row) = self.rows.next().transpose()? else { return Ok(None) };
        let (private, name) = row.0.value();
        let ours = private == self.private && name.starts_with(&*self.prefix);
        Ok(ours.then(|| name.to_owned()))
    }
}

/// The names of some topics after one, for a look at each in turn.
pub(super) fn names_after(
    database: &Database,
    seal: Seal,
    after: Option<&Topic>,
    limit: usize,
) -> Result<Vec<Topic>> {
    let private = vec![crate::event::Pattern::all()];
    let listing = Listing { prefix: String::new(), after: after.cloned(), limit, private };
    Ok(topics(database, seal, &listing)?.into_iter().map(|count| count.topic).collect())
}
