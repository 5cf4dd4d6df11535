//! A topic's history: places and a limit go in, a [`History`](app::event::History) comes out page by page.

use axum::body::Bytes;
use futures::{FutureExt, future::BoxFuture};

use super::answer::{Document, PAGE_BYTES};
use crate::{
    budget::Account,
    cursor::Cursor,
    event::Topic,
    frame::envelope,
    grant::Grant,
    hub::Hub,
    log::{Order, Page, Query, Unavailable},
    reading::{Reader, Reading},
};

/// No event is added to an answer that holds so many bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What history is asked for.
pub(super) struct Asked {
    pub(super) topic: Topic,
    pub(super) after: Option<String>,
    pub(super) before: Option<String>,
    pub(super) limit: usize,
}

impl Asked {
    /// The answer, of which nothing is read yet.
    pub(super) fn answer(self, hub: &Hub, grant: Grant, account: Account) -> Answer {
        let log = hub.log();
        let place = |text: &String| {
            let cursor = Cursor::parse(text).filter(|cursor| cursor.epoch == log.epoch());
            cursor.map(|cursor| cursor.sequence)
        };
        let backwards = self.before.is_some() && self.after.is_none();
        let (after, before) = (self.after.as_ref().map(place), self.before.as_ref().map(place));
        let query = Query {
            topics: vec![self.topic],
            after: after.flatten().unwrap_or(0),
            before: before.flatten().unwrap_or(u64::MAX),
            order: if backwards { Order::Backwards } else { Order::Forwards },
            limit: self.limit,
            bytes: PAGE_BYTES,
            grant,
        };
        Answer {
            reader: Reader::new(hub, &account),
            query,
            left: ANSWER_BYTES,
            continues: after.is_some(),
            gap: after == Some(None) || before == Some(None),
            begun: false,
            over: false,
        }
    }
}

/// The answer, as far as it is made.
pub(super) struct Answer {
    reader: Reader,
    /// What follows the last event that was written.
    query: Query,
    /// After so many bytes nothing more is added.
    left: usize,
    /// It begins after a place, so that it matters what was dropped behind it.
    continues: bool,
    gap: bool,
    begun: bool,
    over: bool,
}

impl Answer {
    fn read(&self) -> Reading {
        let bytes = PAGE_BYTES.min(self.left);
        self.reader.read(Query { bytes, ..self.query.clone() })
    }

    async fn next(&mut self) -> Result<Bytes, Unavailable> {
        let (mut page, mut room) = self.read().await?;
        if !self.begun && self.query.after > page.last {
            // A place that is not there yet is none: reading begins with the oldest, as a stream does.
            (self.gap, self.continues, self.query.after) = (true, false, 0);
            drop((page, room));
            (page, room) = self.read().await?;
        }
        if self.continues && self.query.order == Order::Forwards {
            self.gap |= page.dropped > self.query.after;
        }
        self.reader.expect(&room);
        let written = self.write(&page, room.bytes());
        Ok(room.cover(written.into_boxed_slice().into()))
    }

    /// The page as a part of the document, and what stands around it.
    fn write(&mut self, page: &Page, most: usize) -> Vec<u8> {
        let mut json = Vec::with_capacity(most.min(1 << 24));
        if !self.begun {
            json.extend_from_slice(br#"{"events":["#);
        }
        let log = self.reader.hub().log();
        for event in &page.events {
            if std::mem::replace(&mut self.begun, true) && json.last() != Some(&b'[') {
                json.push(b',');
            }
            let before = json.len();
            let envelope = envelope(log.cursor(event.sequence), event);
            serde_json::to_writer(&mut json, &envelope).expect("strings are JSON");
            self.left = self.left.saturating_sub(json.len() - before);
        }
        let last = page.events.last().map(|event| event.sequence);
        if let Some(last) = last {
            match self.query.order {
                // What is dropped between two pages is missed from here on.
                Order::Forwards => (self.query.after, self.continues) = (last, true),
                Order::Backwards => self.query.before = last,
            }
        }
        self.query.limit -= page.events.len();
        self.begun = true;
        self.over = !page.more || self.query.limit == 0 || self.left == 0;
        if self.over {
            let next = last.filter(|_| page.more).map(|last| log.cursor(last).to_string());
            let next = serde_json::to_string(&next).expect("strings are JSON");
            let gap = if self.gap { r#","gap":true"# } else { "" };
            json.extend_from_slice(format!(r#"],"next":{next}{gap}}}"#).as_bytes());
        }
        json
    }
}

impl Document for Answer {
    fn page(&mut self) -> BoxFuture<'_, Result<Bytes, Unavailable>> {
        self.next().boxed()
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
