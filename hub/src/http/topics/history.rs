//! A topic's history, or that of all topics under a prefix, written page by page as a
//! [`History`](wire::topics::History).

use axum::body::Bytes;
use futures::{FutureExt, future::BoxFuture};

use super::answer::{Document, PAGE_BYTES};
use crate::{
    budget::Account,
    cursor::Cursor,
    frame::envelope,
    grant::Grant,
    http::gzip::Gzip,
    hub::Hub,
    log::{Order, Page, Query, Unavailable},
    reading::{Reader, Reading},
    selector::Selector,
    spans::Standing,
};

/// No event is added to an answer that holds this many bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// What history is asked for.
pub(super) struct Asked {
    pub(super) topics: Vec<Selector>,
    pub(super) after: Option<String>,
    pub(super) before: Option<String>,
    pub(super) limit: usize,
}

impl Asked {
    /// The answer, of which nothing is read yet.
    ///
    /// # Errors
    /// If the log has to say where a position lies, and cannot.
    pub(super) async fn answer(
        self,
        hub: &Hub,
        grant: &Grant,
        account: &Account,
        gzip: Option<Gzip>,
    ) -> Result<Answer, Unavailable> {
        let after = Position::find(hub, self.after.as_deref()).await?;
        let before = Position::find(hub, self.before.as_deref()).await?;
        let topics = self.topics.into_iter().map(|topic| grant.select(topic)).collect();
        let query = Query {
            before: before.map_or(u64::MAX, Position::before),
            order: if before.is_some() && after.is_none() {
                Order::Backwards
            } else {
                Order::Forwards
            },
            limit: self.limit,
            bytes: PAGE_BYTES,
            ..Query::after(topics, after.map_or(0, |after| after.sequence))
        };
        Ok(Answer {
            reader: Reader::new(hub, account),
            query,
            left: ANSWER_BYTES,
            continues: after.is_some(),
            replaced: after.is_some(),
            gap: [after, before].into_iter().flatten().any(|one| one.lost),
            at: None,
            came: self.after.or(self.before).as_deref().and_then(Cursor::parse),
            begun: false,
            over: false,
            gzip,
        })
    }
}

/// Where a position lies in the log.
#[derive(Clone, Copy)]
struct Position {
    sequence: u64,
    /// It is not one of this log's, and this is where reading goes on instead.
    lost: bool,
}

impl Position {
    async fn find(hub: &Hub, text: Option<&str>) -> Result<Option<Self>, Unavailable> {
        let Some(text) = text else { return Ok(None) };
        let beginning = Self { sequence: 0, lost: true };
        let Some(cursor) = Cursor::parse(text) else { return Ok(Some(beginning)) };
        Ok(Some(match hub.standing(cursor).await? {
            Standing::Known => Self { sequence: cursor.sequence, lost: false },
            Standing::Parted(from) => Self { sequence: from.sequence, lost: true },
            Standing::Unknown | Standing::Beyond => beginning,
        }))
    }

    /// What to read that comes before it: all of it, where it is not one.
    fn before(self) -> u64 {
        if self.lost { u64::MAX } else { self.sequence }
    }
}

/// The answer, as far as it is made.
pub(super) struct Answer {
    reader: Reader,
    /// What follows the last event that was written.
    query: Query,
    /// After this many bytes nothing more is added.
    left: usize,
    /// It begins after a position, so that it matters what was dropped after it.
    continues: bool,
    /// That position is replaced where there is a gap.
    replaced: bool,
    gap: bool,
    /// The position that replaces it.
    at: Option<Cursor>,
    /// The position that was named.
    came: Option<Cursor>,
    begun: bool,
    over: bool,
    gzip: Option<Gzip>,
}

impl Answer {
    fn read(&self) -> Reading {
        let bytes = PAGE_BYTES.min(self.left);
        self.reader.read(Query { bytes, ..self.query.clone() })
    }

    async fn next(&mut self) -> Result<Bytes, Unavailable> {
        let (page, room) = self.read().await?;
        let from = self.query.after;
        let lost = page.damaged > from || self.continues && page.dropped > from;
        self.gap |= lost && self.query.order == Order::Forwards || page.damaged > 0;
        if !self.begun && self.replaced && self.gap {
            let to = page.events.first().map_or(page.last, |first| first.sequence - 1);
            self.at = Some(self.reader.hub().log().cursor(to.max(from)));
        }
        self.reader.expect(&room);
        let mut written = self.write(&page, room.bytes());
        if let Some(gzip) = &mut self.gzip {
            written = gzip.piece(&written, self.over);
        }
        Ok(room.cover(written.into_boxed_slice().into()))
    }

    /// The page as a part of the document, and what stands around it.
    fn write(&mut self, page: &Page, most: usize) -> Vec<u8> {
        let mut json = Vec::with_capacity(most.min(1 << 24));
        if !self.begun {
            json.extend_from_slice(br#"{"events":["#);
        }
        for event in &page.events {
            if std::mem::replace(&mut self.begun, true) && json.last() != Some(&b'[') {
                json.push(b',');
            }
            let before = json.len();
            serde_json::to_writer(&mut json, &envelope(event)).expect("strings are JSON");
            self.left = self.left.saturating_sub(json.len() - before);
        }
        if let Some(last) = page.events.last() {
            match self.query.order {
                // What is dropped between two pages is missed from here on.
                Order::Forwards => (self.query.after, self.continues) = (last.sequence, true),
                Order::Backwards => self.query.before = last.sequence,
            }
        }
        self.query.limit -= page.events.len();
        self.begun = true;
        self.over = !page.more || self.query.limit == 0 || self.left == 0;
        if self.over {
            self.end(page, &mut json);
        }
        json
    }

    fn end(&self, page: &Page, json: &mut Vec<u8>) {
        let next = page.events.last().filter(|_| page.more).map(|last| last.id().to_string());
        let next = serde_json::to_string(&next).expect("strings are JSON");
        json.extend_from_slice(format!(r#"],"next":{next}"#).as_bytes());
        if self.gap {
            json.extend_from_slice(br#","gap":true"#);
        }
        if let Some(at) = self.at {
            json.extend_from_slice(format!(r#","at":"{at}""#).as_bytes());
        }
        // A reader that came with no position is told about the newest epoch.
        let spans = self.reader.hub().log().spans();
        let came = self.came.unwrap_or_else(|| spans.position(page.last));
        let told = spans.written_since(came, page.last);
        let spans = serde_json::to_string(&told).expect("strings are JSON");
        json.extend_from_slice(format!(",\"spans\":{spans}}}\n").as_bytes());
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
