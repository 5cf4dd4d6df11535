//! Counts the handshakes of TLS: how long those took that succeeded, and why others failed.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use belfry_hub::counters::{Distribution, Histogram};

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeFailure {
    /// It took too long.
    Timeout,
    /// The client closed the connection.
    Closed,
    /// The client rejected the server, usually for its certificate, and said so by an alert.
    Rejected,
    /// Both have no version, cipher or protocol in common.
    Incompatible,
    /// What the client sent is not TLS, or breaks its rules.
    Protocol,
}

impl HandshakeFailure {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Timeout, Self::Closed, Self::Rejected, Self::Incompatible, Self::Protocol];

    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::Incompatible => "incompatible",
            Self::Protocol => "protocol",
        }
    }
}

/// Sums since the start.
#[derive(Debug, Default)]
pub struct Handshakes {
    durations: Histogram,
    failed: [AtomicU64; HandshakeFailure::ALL.len()],
}

impl Handshakes {
    /// One has succeeded, and took this long.
    pub fn took(&self, duration: Duration) {
        self.durations.observe(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// One has failed.
    pub fn failed(&self, why: HandshakeFailure) {
        self.failed[why as usize].fetch_add(1, Relaxed);
    }

    /// How long those took that succeeded.
    #[must_use]
    pub fn durations(&self) -> Distribution {
        self.durations.read()
    }

    /// How many have failed, by reason.
    pub fn failures(&self) -> impl Iterator<Item = (HandshakeFailure, u64)> {
        HandshakeFailure::ALL.into_iter().zip(self.failed.iter().map(|sum| sum.load(Relaxed)))
    }
}
