//! Counts what the server does around the hub: what was answered, by status, and what was refused, by the rule
//! that refused it.
//!
//! - [`Traffic`]: connections and streams, by listener; [`Handshakes`]: those of TLS

mod handshakes;
mod traffic;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use axum::http::StatusCode;

pub use handshakes::{HandshakeFailure, Handshakes};
pub use traffic::{Counts, Open, Protocol, Traffic};

/// A status has three digits, of which the first is not 0.
const STATUSES: std::ops::Range<u16> = 100..1000;

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
    /// Its client, or whoever sends it, signs in and out too often.
    SignInRate,
    /// It is not valid HTTP.
    Malformed,
    /// Its head did not come in time.
    HeadTimeout,
    /// It sends too many frames of HTTP/2 that carry nothing.
    Frames,
    /// Its head is too large.
    HeadSize,
    /// Its target is too long.
    TargetSize,
    /// It asks for a host that the server does not answer for.
    Host,
    /// Its peer is not a trusted proxy, or does not speak the PROXY protocol.
    ProxyProtocol,
}

impl Rule {
    /// All of them, in their order.
    pub const ALL: [Self; 14] = [
        Self::StreamsPerClient,
        Self::StreamsPerToken,
        Self::PublishRate,
        Self::Renders,
        Self::Connections,
        Self::ConnectionRate,
        Self::SignInRate,
        Self::Malformed,
        Self::HeadTimeout,
        Self::Frames,
        Self::HeadSize,
        Self::TargetSize,
        Self::Host,
        Self::ProxyProtocol,
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
            Self::SignInRate => "sign_in_rate",
            Self::Malformed => "malformed",
            Self::HeadTimeout => "head_timeout",
            Self::Frames => "frames",
            Self::HeadSize => "head_size",
            Self::TargetSize => "target_size",
            Self::Host => "host",
            Self::ProxyProtocol => "proxy_protocol",
        }
    }
}

/// Sums since the start. A cheap handle; counting is one relaxed addition.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Sums>);

#[derive(Debug)]
struct Sums {
    refused: [AtomicU64; Rule::ALL.len()],
    answered: Vec<AtomicU64>,
    handshakes: Handshakes,
    traffic: Mutex<Vec<Traffic>>,
}

impl Default for Sums {
    fn default() -> Self {
        let answered = STATUSES.map(|_| AtomicU64::default()).collect();
        let (handshakes, traffic) = (Handshakes::default(), Mutex::default());
        Self { refused: Default::default(), answered, handshakes, traffic }
    }
}

impl Tally {
    /// A request was answered.
    pub fn answered(&self, status: StatusCode) {
        let place = usize::from(status.as_u16() - STATUSES.start);
        if let Some(sum) = self.0.answered.get(place) {
            sum.fetch_add(1, Relaxed);
        }
    }

    /// How many requests were answered with each status that was ever sent.
    pub fn answers(&self) -> impl Iterator<Item = (u16, u64)> {
        let sums = STATUSES.zip(self.0.answered.iter().map(|sum| sum.load(Relaxed)));
        sums.filter(|(_, sum)| *sum > 0)
    }

    /// A request or a connection was refused.
    pub fn refused(&self, rule: Rule) {
        self.0.refused[rule as usize].fetch_add(1, Relaxed);
    }

    /// The handshakes of TLS.
    #[must_use]
    pub fn handshakes(&self) -> &Handshakes {
        &self.0.handshakes
    }

    /// What counts for a listener at this address. To be asked once for each: it takes a lock.
    #[must_use]
    pub fn traffic(&self, listener: &str, tls: bool) -> Traffic {
        let mut all = self.0.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().find(|one| one.listener() == listener && one.has_tls() == tls);
        known.cloned().unwrap_or_else(|| {
            let new = Traffic::new(listener.to_owned(), tls);
            all.push(new.clone());
            new
        })
    }

    /// What comes and goes on each listener.
    #[must_use]
    pub fn all_traffic(&self) -> Vec<Traffic> {
        self.0.traffic.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each rule has refused something.
    pub fn refusals(&self) -> impl Iterator<Item = (Rule, u64)> {
        Rule::ALL.into_iter().zip(self.0.refused.iter().map(|sum| sum.load(Relaxed)))
    }
}
