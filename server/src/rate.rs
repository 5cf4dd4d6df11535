//! Limits of how often something may happen, for each of many. Time is tokio's, which tests can move.

use std::{
    fmt,
    hash::Hash,
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::HashMapStateStore,
};
use tokio::time::Instant;

/// A rate: the burst, and then how many per second.
pub(crate) type Rate = (u32, u32);

/// With fewer entries than this, unused ones are not cleaned up.
const FEW: usize = 1024;

/// The most entries of one limit, of some 100 bytes each. If that many are in use at once, new ones are
/// refused.
const MOST: usize = 100_000;

/// The wait reported when there is no room for another entry.
const WHEN_FULL: Duration = Duration::from_secs(1);

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Elapsed, NoOpMiddleware<Nanos>>;

/// One limit, per key.
pub(crate) struct Limit<K: Clone + Eq + Hash> {
    limiter: Limiter<K>,
    clock: Elapsed,
    /// From this many entries on, unused ones are cleaned up.
    crowded: AtomicUsize,
}

impl<K: Clone + Eq + Hash> Limit<K> {
    pub(crate) fn new((at_once, a_second): Rate) -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(a_second)).allow_burst(number(at_once));
        let clock = Elapsed(Instant::now());
        let limiter = RateLimiter::hashmap_with_clock(quota, clock);
        Self { limiter, clock, crowded: AtomicUsize::new(FEW) }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// How long to wait before another would be accepted.
    pub(crate) fn count(&self, who: &K) -> Result<(), Duration> {
        if self.limiter.len() >= self.crowded.load(Ordering::Relaxed) {
            self.forget();
            if self.limiter.len() >= MOST {
                return Err(WHEN_FULL);
            }
        }
        self.limiter.check_key(who).map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.limiter.len()
    }

    /// Drops entries that are no longer in use, and does so again when there are twice as many as are left.
    /// So the work per entry is bounded, except when the list is full.
    fn forget(&self) {
        self.limiter.retain_recent();
        let again = (2 * self.limiter.len()).clamp(FEW, MOST);
        self.crowded.store(again, Ordering::Relaxed);
    }
}

impl<K: Clone + Eq + Hash> fmt::Debug for Limit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limit").field("entries", &self.limiter.len()).finish_non_exhaustive()
    }
}

/// The time since an instant.
#[derive(Clone, Copy, Debug)]
struct Elapsed(Instant);

impl Clock for Elapsed {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let limit = Limit::new((60, 10));
        let most = u32::try_from(MOST).unwrap();
        for number in 0..most {
            assert_eq!(limit.count(&number), Ok(()));
        }
        assert_eq!(limit.count(&most), Err(WHEN_FULL));
        assert_eq!(limit.len(), MOST);
        advance(Duration::from_secs(6)).await;
        assert_eq!(limit.count(&most), Ok(()));
        assert_eq!(limit.len(), 1);
    }
}
