//! Rate limits of the chat: how long one has to wait before the next message. Time is tokio's, which tests
//! can move.

use std::{net::IpAddr, sync::Arc, time::Duration};

use crate::rate::{Limit, Rate};

const OF_A_SENDER: Rate = (10, 1);
const OF_AN_ADDRESS: Rate = (60, 10);
/// Behind a proxy all visitors are one address: at a lease every 15 s this is enough for 750 tabs.
const LEASES_OF_AN_ADDRESS: Rate = (200, 50);

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
        assert_eq!(limits.0.senders.len(), 60);
        advance(1000 * MILLISECOND).await;
        assert_eq!(taken(|| limits.lease(here)), (200, 20 * MILLISECOND));
    }
}
