//! The time, by both clocks that a subscription goes by.

use tokio::time::Instant;

use crate::clock::Clock;

/// The time, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// As it passes.
    pub(crate) instant: Instant,
    /// As the hub's clock says it, in microseconds since the Unix epoch.
    pub(crate) wall: i64,
}

impl Now {
    /// The time now.
    pub(crate) fn by(clock: Clock) -> Self {
        Self { instant: Instant::now(), wall: clock.now() }
    }
}
