//! Reads the log's file in pages of events, by the index of each topic.
//!
//! What is read is held against what it says of itself, so that damage is found where it lies: an event
//! that cannot be read, is not of the topic that it was found by, or is not the next after the one that
//! it names, is not handed out, and what is missing is told.

mod events;
mod lane;

use std::ops::Bound;

use redb::{Database, ReadTransaction, ReadableDatabase};

use super::{
    super::{Order, Page, Query},
    row::Seal,
    store::{self, EVENTS, Found, INDEX, Result, TOPICS, stored},
};
use crate::{
    event::{Event, encoded_size},
    selector::Selected,
};
use events::Events;
use lane::Lane;

/// Reads a page, unless its first event takes more than `most` bytes: then says how many.
pub(super) fn read_small(
    database: &Database,
    seal: Seal,
    query: &Query,
    most: usize,
) -> Result<std::result::Result<Page, usize>> {
    let transaction = database.begin_read()?;
    let (mut lanes, mut page) = find(&transaction, seal, query, true)?;
    let mut bytes = 0;
    page.damaged = page.damaged.max(lanes.take_damage(query.order, true).unwrap_or(0));
    while page.events.len() < query.limit && bytes < query.bytes {
        if let Some(through) = lanes.take_damage(query.order, page.events.is_empty()) {
            page.damaged = page.damaged.max(through);
        }
        // What comes after a damaged place stands on a page of its own, so that a reader learns of it
        // there.
        if query.order == Order::Forwards && lanes.is_damaged() {
            break;
        }
        if page.events.is_empty()
            && let Some(size) = lanes.head_size().filter(|size| *size > most)
        {
            return Ok(Err(size));
        }
        let Some(event) = lanes.next()?.flatten() else { break };
        bytes += encoded_size(&event.draft.data);
        page.events.push(event);
    }
    page.more = lanes.head().is_some() || lanes.is_damaged();
    Ok(Ok(page))
}

/// Counts the events that a query finds, up to its limit. None of them is read.
pub(super) fn count(database: &Database, seal: Seal, query: &Query) -> Result<u64> {
    let transaction = database.begin_read()?;
    let (mut lanes, _) = find(&transaction, seal, query, false)?;
    let mut count = 0;
    while count < query.limit && lanes.next()?.is_some() {
        count += 1;
    }
    Ok(count as u64)
}

/// What the index says to a query, and a page without events. `verified` says that each event is read
/// and held against it.
fn find(
    transaction: &ReadTransaction,
    seal: Seal,
    query: &Query,
    verified: bool,
) -> Result<(Lanes, Page)> {
    let (topics, index) = (transaction.open_table(TOPICS)?, transaction.open_table(INDEX)?);
    let totals = store::totals_in(&topics, seal)?;
    let mut page = Page { last: totals.last, ..Page::default() };
    let events = transaction.open_table(EVENTS)?;
    let mut lanes = Lanes {
        order: query.order,
        events: Events { table: events, seal, verified },
        lanes: Vec::new(),
    };
    for Selected { selector, private } in &query.topics {
        let row = match store::find(&topics, selector.name(), seal)? {
            Found::Known(row) => row,
            // It may be one whose mark was forgotten.
            Found::Absent => {
                page.dropped = page.dropped.max(totals.forgotten);
                continue;
            }
            Found::Damaged => {
                let known = query.after >= totals.last;
                page.damaged = if known { page.damaged } else { totals.last };
                continue;
            }
        };
        for private in [false, true].into_iter().filter(|one| *private || !one) {
            page.dropped = page.dropped.max(row.class(private).dropped);
            // Not only up to the last that the row knows of: it may be that of an earlier state.
            let mut lane = Lane::begin(&index, selector.name(), private, &row, query)?;
            lane.advance(&lanes.events)?;
            lanes.lanes.push(lane);
        }
    }
    Ok((lanes, page))
}

/// The entries of several topics as one row, each once.
struct Lanes {
    order: Order,
    events: Events,
    lanes: Vec<Lane>,
}

impl Lanes {
    /// The next sequence of the index.
    fn head(&self) -> Option<u64> {
        let heads = self.lanes.iter().filter_map(Lane::head);
        match self.order {
            Order::Forwards => heads.min(),
            Order::Backwards => heads.max(),
        }
    }

    /// How many bytes the next event takes.
    fn head_size(&self) -> Option<usize> {
        let head = self.head()?;
        let lane = self.lanes.iter().find(|lane| lane.head() == Some(head))?;
        lane.size()
    }

    /// The next event, where events are read; `Some(None)` where they are counted, `None` at the end.
    #[expect(clippy::option_option, reason = "an event that is not read is one all the same")]
    fn next(&mut self) -> Result<Option<Option<Event>>> {
        let Some(sequence) = self.head() else { return Ok(None) };
        let mut event = None;
        for lane in self.lanes.iter_mut().filter(|lane| lane.head() == Some(sequence)) {
            event = lane.take().or(event);
            lane.advance(&self.events)?;
        }
        Ok(Some(event))
    }

    /// Whether something is damaged before the next event.
    fn is_damaged(&self) -> bool {
        self.lanes.iter().any(|lane| lane.damaged.is_some())
    }

    /// Up to where something is damaged, once. Forwards only at the beginning of a page.
    fn take_damage(&mut self, order: Order, first: bool) -> Option<u64> {
        if order == Order::Forwards && !first {
            return None;
        }
        self.lanes.iter_mut().filter_map(|lane| lane.damaged.take()).max()
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
