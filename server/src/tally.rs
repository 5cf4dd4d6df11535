//! Counts what was refused, by the rule that refused it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Why a request or a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Its client has as many streams as it may have.
    StreamsPerClient,
    /// Its token has as many streams as it may have.
    StreamsPerToken,
    /// Its client publishes too fast.
    PublishRate,
    /// Too many pages were being rendered.
    Renders,
    /// There were as many connections as there may be.
    Connections,
    /// Its client connects too fast.
    ConnectionRate,
}

impl Rule {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::StreamsPerClient,
        Self::StreamsPerToken,
        Self::PublishRate,
        Self::Renders,
        Self::Connections,
        Self::ConnectionRate,
    ];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StreamsPerClient => "streams_per_client",
            Self::StreamsPerToken => "streams_per_token",
            Self::PublishRate => "publish_rate",
            Self::Renders => "renders",
            Self::Connections => "connections",
            Self::ConnectionRate => "connection_rate",
        }
    }
}

/// Sums since the start. A cheap handle; counting is one relaxed addition.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<[AtomicU64; Rule::ALL.len()]>);

impl Tally {
    /// A request or a connection was refused.
    pub fn refused(&self, rule: Rule) {
        self.0[rule as usize].fetch_add(1, Relaxed);
    }

    /// How often each rule has refused something.
    pub fn refusals(&self) -> impl Iterator<Item = (Rule, u64)> {
        Rule::ALL.into_iter().zip(self.0.iter().map(|sum| sum.load(Relaxed)))
    }
}
