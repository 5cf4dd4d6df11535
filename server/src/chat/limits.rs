//! Rate limits of the chat: how long one has to wait before the next message. Time is tokio's, which tests
//! can move.

use std::{
    fmt,
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::HashMapStateStore,
};
use tokio::time::Instant;

/// A rate: the burst, and then how many per second.
type Rate = (u32, u32);

const OF_A_SENDER: Rate = (10, 1);
const OF_AN_ADDRESS: Rate = (60, 10);
/// Behind a proxy all visitors are one address: at a lease every 15 s this is enough for 750 tabs.
const LEASES_OF_AN_ADDRESS: Rate = (200, 50);

/// With fewer entries than this, unused ones are not cleaned up.
const FEW: usize = 1024;

/// The most entries of one limit, of some 100 bytes each. If that many are in use at once, new ones are
/// refused.
const MOST: usize = 100_000;

/// The wait reported when there is no room for another entry.
const WHEN_FULL: Duration = Duration::from_secs(1);

/// The limits of the chat. A cheap handle.
#[derive(Clone, Debug)]
pub(crate) struct Limits(Arc<All>);

#[derive(Debug)]
struct All {
    senders: Limit<(Option<IpAddr>, String)>,
    addresses: Limit<IpAddr>,
    leases: Limit<IpAddr>,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Self(Arc::new(All {
            senders: Limit::new(OF_A_SENDER),
            addresses: Limit::new(OF_AN_ADDRESS),
            leases: Limit::new(LEASES_OF_AN_ADDRESS),
        }))
    }

    /// Counts a message from a network; `None` if its client is not held to limits per address.
    ///
    /// # Errors
    /// How long to wait before another would be accepted.
    pub(crate) fn say(&self, network: Option<IpAddr>, name: &str) -> Result<(), Duration> {
        // First, or one address could fill the list of senders with names.
        if let Some(network) = network {
            self.0.addresses.count(&network)?;
        }
        self.0.senders.count(&(network, name.to_owned()))
    }

    /// Counts a lease of presence.
    ///
    /// # Errors
    /// How long to wait before another would be accepted.
    pub(crate) fn lease(&self, network: Option<IpAddr>) -> Result<(), Duration> {
        network.map_or(Ok(()), |network| self.0.leases.count(&network))
    }
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, Elapsed, NoOpMiddleware<Nanos>>;

/// One limit, per key.
struct Limit<K: Clone + Eq + Hash> {
    limiter: Limiter<K>,
    clock: Elapsed,
    /// From this many entries on, unused ones are cleaned up.
    crowded: AtomicUsize,
}

impl<K: Clone + Eq + Hash> Limit<K> {
    fn new((at_once, a_second): Rate) -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(a_second)).allow_burst(number(at_once));
        let clock = Elapsed(Instant::now());
        let limiter = RateLimiter::hashmap_with_clock(quota, clock);
        Self { limiter, clock, crowded: AtomicUsize::new(FEW) }
    }

    fn count(&self, who: &K) -> Result<(), Duration> {
        if self.limiter.len() >= self.crowded.load(Ordering::Relaxed) {
            self.forget();
            if self.limiter.len() >= MOST {
                return Err(WHEN_FULL);
            }
        }
        self.limiter.check_key(who).map_err(|until| until.wait_time_from(self.clock.now()))
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

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// How many are taken at once, and how long to wait then.
    fn taken(mut one: impl FnMut() -> Result<(), Duration>) -> (u32, Duration) {
        let mut taken = 0;
        loop {
            match one() {
                Ok(()) => taken += 1,
                Err(wait) => return (taken, wait),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_says_ten_at_once_and_then_one_a_second() {
        let (limits, here) = (Limits::new(), Some(IpAddr::from([192, 0, 2, 7])));
        assert_eq!(taken(|| limits.say(here, "Ada")), (10, 1000 * MILLISECOND));
        advance(600 * MILLISECOND).await;
        assert_eq!(limits.say(here, "Ada"), Err(400 * MILLISECOND));
        assert_eq!(limits.say(here, "Bob"), Ok(()));
        assert_eq!(limits.say(Some(IpAddr::from([192, 0, 2, 8])), "Ada"), Ok(()));
        advance(400 * MILLISECOND).await;
        assert_eq!(taken(|| limits.say(here, "Ada")), (1, 1000 * MILLISECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_says_sixty_at_once_under_whatever_names() {
        let (limits, here) = (Limits::new(), Some(IpAddr::from([192, 0, 2, 7])));
        let mut number = 0;
        let next = || {
            number += 1;
            limits.say(here, &format!("name {number}"))
        };
        assert_eq!(taken(next), (60, 100 * MILLISECOND));
        assert_eq!(limits.0.senders.limiter.len(), 60);
        advance(1000 * MILLISECOND).await;
        assert_eq!(taken(|| limits.lease(here)), (200, 20 * MILLISECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let limit = Limit::new(OF_AN_ADDRESS);
        let most = u32::try_from(MOST).unwrap();
        for number in 0..most {
            assert_eq!(limit.count(&number), Ok(()));
        }
        assert_eq!(limit.count(&most), Err(WHEN_FULL));
        assert_eq!(limit.limiter.len(), MOST);
        advance(Duration::from_secs(6)).await;
        assert_eq!(limit.count(&most), Ok(()));
        assert_eq!(limit.limiter.len(), 1);
    }
}
