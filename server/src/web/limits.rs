//! Limits of what clients may take: each refuses with a status, a time to come back and a count.
//!
//! - `streams`: how many at once, and for how long; `places` counts them
//! - `connections`: how many, and how fast they come; the edge judges them
//! - `hub`: which of them hold for a request to the hub
//! - `publishes`, `sign_ins`: how fast; `renders`: how many pages at once

pub(crate) mod connections;
pub(crate) mod hub;
mod places;
mod publishes;
mod renders;
mod sign_ins;
mod streams;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use belfry_hub::http::problem::Problem;
use tokio::sync::Semaphore;
use wire::limits::MOST_TOPICS_OF_A_STREAM;

use crate::{
    rate::{Limit, Rate},
    tally::{Rule, Tally},
};
use places::Places;

/// The share of the turns of pages that one client has at most, with those that it waits for: an eighth, but one
/// at least.
const SHARE: u32 = 8;

/// Many people may share an address.
const SIGN_INS_OF_A_CLIENT: Rate = (60, 10);
const SIGN_INS_OF_A_HOLDER: Rate = (10, 1);

/// How much clients may take. `None` is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Streams of one client at once. Default 100.
    pub streams_per_client: Option<u32>,
    /// Streams with one token at once. Default 100.
    pub streams_per_token: Option<u32>,
    /// Events that one client publishes or removes per second, and as many at once. Default 1,000.
    pub publish_rate: Option<u32>,
    /// Pages that are rendered at once. Default 64.
    pub renders: Option<u32>,
    /// Connections at once. Default, and at most, three quarters of the descriptors, and all but 1,024.
    pub connections: Option<u32>,
    /// Connections that one client opens per second, and as many at once. Default 100.
    pub connection_rate: Option<u32>,
    /// Topics that one stream follows. Default, and at most, 100: pages know of as many.
    pub topics: usize,
    /// How long a stream lasts at most. Default as long as its reader stays.
    pub stream_max_age: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams_per_client: Some(100),
            streams_per_token: Some(100),
            publish_rate: Some(1000),
            renders: Some(64),
            connections: None,
            connection_rate: Some(100),
            topics: MOST_TOPICS_OF_A_STREAM,
            stream_max_age: None,
        }
    }
}

/// The limits at work. A cheap handle.
#[derive(Clone, Debug)]
pub struct Limited(Arc<All>);

#[derive(Debug)]
struct All {
    streams_per_client: Option<Places<IpAddr>>,
    streams_per_token: Option<Places<u128>>,
    publishes: Option<Limit<IpAddr>>,
    /// All turns, and each client's.
    renders: Option<(Semaphore, Places<IpAddr>)>,
    sign_ins_per_client: Limit<IpAddr>,
    /// By who vouches for them, and by their subject, or else by their token.
    sign_ins_per_holder: Limit<(u64, u128)>,
    stream_max_age: Option<Duration>,
    tally: Tally,
}

impl Limited {
    /// These limits, with what counts refusals.
    pub(crate) fn new(limits: &Limits, tally: Tally) -> Self {
        Self(Arc::new(All {
            streams_per_client: limits.streams_per_client.map(Places::new),
            streams_per_token: limits.streams_per_token.map(Places::new),
            publishes: limits.publish_rate.map(|rate| Limit::new((rate, rate))),
            renders: limits
                .renders
                .map(|most| (Semaphore::new(most as usize), Places::new((most / SHARE).max(1)))),
            sign_ins_per_client: Limit::new(SIGN_INS_OF_A_CLIENT),
            sign_ins_per_holder: Limit::new(SIGN_INS_OF_A_HOLDER),
            stream_max_age: limits.stream_max_age,
            tally,
        }))
    }

    /// Counts a refusal, and says when to come back.
    fn refuse(&self, rule: Rule, status: StatusCode, wait: Duration, detail: &str) -> Problem {
        self.0.tally.refused(rule);
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Problem::new(status, detail).again_after(seconds.max(1))
    }
}
