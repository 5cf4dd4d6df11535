//! The list of topics: a prefix and a limit go in, a [`TopicList`](app::event::TopicList) comes out page
//! by page.

use app::event::TopicSummary;
use axum::body::Bytes;
use futures::{FutureExt, future::BoxFuture};

use super::answer::Document;
use crate::{
    budget::{Account, Reservation},
    event::Topic,
    grant::Grant,
    gzip::Gzip,
    hub::Hub,
    log::{Listing, TopicCount, Unavailable},
};

/// So many topics are read at once; encoded they take less than 64 KiB.
const AT_ONCE: usize = 100;

/// What a topic takes at most beside its name, in bytes.
const AROUND: usize = 48;

/// What is asked for.
pub(super) struct List {
    pub(super) prefix: String,
    pub(super) after: Option<Topic>,
    pub(super) limit: usize,
}

impl List {
    /// The answer, of which nothing is read yet.
    pub(super) fn answer(
        self,
        hub: &Hub,
        grant: Grant,
        account: Account,
        gzip: Option<Gzip>,
    ) -> Answer {
        let List { prefix, after, limit } = self;
        let (hub, expected) = (hub.clone(), 0);
        Answer {
            hub,
            grant,
            account,
            expected,
            prefix,
            after,
            left: limit,
            last: None,
            over: false,
            gzip,
        }
    }
}

/// The answer, as far as it is made.
pub(super) struct Answer {
    hub: Hub,
    grant: Grant,
    account: Account,
    /// What the last page took.
    expected: usize,
    prefix: String,
    /// The last topic that was read.
    after: Option<Topic>,
    /// So many topics may still be added.
    left: usize,
    /// The last topic that was written.
    last: Option<String>,
    over: bool,
    gzip: Option<Gzip>,
}

impl Answer {
    /// Reads on, once there is room to encode what is read.
    async fn read(&self) -> Result<(Vec<TopicCount>, Reservation), Unavailable> {
        let mut bytes = self.expected;
        loop {
            let mut room = self.account.clone().reserve(bytes).await;
            let log = self.hub.log();
            let listing = Listing {
                prefix: self.prefix.clone(),
                after: self.after.clone(),
                limit: AT_ONCE,
                private: self.grant.read.clone(),
            };
            let found = log.topics(listing).await?;
            bytes = found.iter().map(|one| AROUND + 2 * one.topic.as_str().len()).sum();
            if room.try_grow(bytes) {
                return Ok((found, room));
            }
        }
    }

    async fn next(&mut self) -> Result<Bytes, Unavailable> {
        let mut json = Vec::new();
        if self.last.is_none() {
            json.extend_from_slice(br#"{"topics":["#);
        }
        loop {
            let (found, room) = self.read().await?;
            self.expected = room.bytes();
            let written = json.len();
            let more = self.write(&found, &mut json);
            self.over = more || found.len() < AT_ONCE;
            if self.over {
                let next = self.last.as_ref().filter(|_| more);
                let next = serde_json::to_string(&next).expect("strings are JSON");
                json.extend_from_slice(format!("],\"next\":{next}}}\n").as_bytes());
            }
            // What nobody may see is passed over in silence.
            if self.over || json.len() > written {
                if let Some(gzip) = &mut self.gzip {
                    json = gzip.piece(&json, self.over);
                }
                return Ok(room.cover(json.into_boxed_slice().into()));
            }
        }
    }

    /// Writes what may be seen, and returns whether there is more than was asked for.
    fn write(&mut self, found: &[TopicCount], json: &mut Vec<u8>) -> bool {
        for TopicCount { topic, events, private } in found {
            self.after = Some(topic.clone());
            // Who may not read a topic's private events does not hear of them either.
            let events = if self.grant.reads(topic) { *events } else { events - private };
            if events == 0 {
                continue;
            }
            if self.left == 0 {
                return true;
            }
            self.left -= 1;
            let topic = topic.to_string();
            if self.last.replace(topic.clone()).is_some() {
                json.push(b',');
            }
            let summary = TopicSummary { topic, events };
            serde_json::to_writer(json as &mut Vec<u8>, &summary).expect("strings are JSON");
        }
        false
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
