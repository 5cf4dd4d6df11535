//! The list of topics, written page by page as a [`TopicList`](wire::topics::TopicList).

use std::ops::ControlFlow;

use axum::body::Bytes;
use futures::{FutureExt, future::BoxFuture};
use wire::topics::TopicSummary;

use super::answer::Document;
use crate::{
    budget::{Account, Reservation},
    event::Topic,
    grant::Grant,
    http::gzip::Gzip,
    hub::Hub,
    log::{Listing, TopicCount, Unavailable},
};

/// How many topics are read at once; encoded they take less than 64 KiB.
const AT_ONCE: usize = 100;

/// What a topic takes at most besides its name, in bytes.
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

/// Why what was read was not written to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// More was found than was asked for.
    Limit,
    /// Topics under a prefix of state topics come, of which there may be very many: they are listed where
    /// they are asked for by that prefix.
    Passed,
}

/// What comes after all topics with a prefix by name: no topic that is published to holds this character.
fn past(prefix: &str) -> Option<Topic> {
    Topic::exactly(&format!("{prefix}\u{10ffff}")).ok()
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
    /// How many topics may still be added.
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
            let written_all = self.write(&found, &mut json);
            self.over = match written_all {
                ControlFlow::Continue(()) => found.len() < AT_ONCE,
                ControlFlow::Break(end) => end == End::Limit,
            };
            if self.over {
                let more = written_all == ControlFlow::Break(End::Limit);
                let next = self.last.as_ref().filter(|_| more);
                let next = serde_json::to_string(&next).expect("strings are JSON");
                json.extend_from_slice(format!("],\"next\":{next}}}\n").as_bytes());
            }
            // Topics that the reader may not see are skipped.
            if self.over || json.len() > written {
                if let Some(gzip) = &mut self.gzip {
                    json = gzip.piece(&json, self.over);
                }
                return Ok(room.cover(json.into_boxed_slice().into()));
            }
        }
    }

    /// Writes what may be seen, and says where there is more.
    fn write(&mut self, found: &[TopicCount], json: &mut Vec<u8>) -> ControlFlow<End> {
        for TopicCount { topic, events, private, .. } in found {
            let states = self.hub.state_topics().prefix_of(topic.as_str());
            if let Some(prefix) = states.filter(|prefix| !self.prefix.starts_with(&**prefix)) {
                self.after = past(&prefix);
                return ControlFlow::Break(End::Passed);
            }
            self.after = Some(topic.clone());
            // Readers without the right to private events do not learn of them either.
            let events = if self.grant.reads(topic) { *events } else { events - private };
            if events == 0 {
                continue;
            }
            if self.left == 0 {
                return ControlFlow::Break(End::Limit);
            }
            self.left -= 1;
            let topic = topic.to_string();
            if self.last.replace(topic.clone()).is_some() {
                json.push(b',');
            }
            let summary = TopicSummary { topic, events };
            serde_json::to_writer(json as &mut Vec<u8>, &summary).expect("strings are JSON");
        }
        ControlFlow::Continue(())
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
