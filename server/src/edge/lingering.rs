//! How many connections may linger: a client that is answered before it has sent all of its request is read
//! from for a while, because a connection that is closed with something unread is reset, and the client
//! loses the answer.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use belfry_hub::network::network;
use tokio_util::sync::CancellationToken;

/// The longest that a client is read from.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// How much of what it sends is discarded, in bytes.
pub(super) const MOST: usize = 8 << 20;

/// How many may linger at once; the oldest makes way for the next.
const PLACES: usize = 256;

/// How many of them may belong to one client.
const PLACES_OF_ONE: usize = 16;

/// Those that linger now. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Lingering(Arc<Mutex<Places>>);

#[derive(Debug, Default)]
struct Places {
    next: u64,
    /// By age.
    held: BTreeMap<u64, (IpAddr, CancellationToken)>,
}

/// A place among those that linger, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    taken: CancellationToken,
    of: Lingering,
}

impl Lingering {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a client; the oldest has to go if there are too many.
    pub(super) fn enter(&self, client: IpAddr) -> Place {
        let (client, taken) = (network(client), CancellationToken::new());
        let mut places = self.places();
        let mut own = places.held.iter().filter(|(_, (of, _))| *of == client).map(|(n, _)| *n);
        let oldest = own.next();
        if own.count() + 1 >= PLACES_OF_ONE && !is_near(client) {
            places.give_up(oldest);
        }
        if places.held.len() >= PLACES {
            let oldest = places.held.keys().next().copied();
            places.give_up(oldest);
        }
        let number = places.next;
        places.next += 1;
        places.held.insert(number, (client, taken.clone()));
        Place { number, taken, of: self.clone() }
    }
}

impl Places {
    fn give_up(&mut self, number: Option<u64>) {
        if let Some((_, taken)) = number.and_then(|number| self.held.remove(&number)) {
            taken.cancel();
        }
    }
}

impl Place {
    /// Once it has been given to another.
    pub(super) async fn is_taken(&self) {
        self.taken.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.places().held.remove(&self.number);
    }
}

/// Whether an address may be that of a proxy, and stand for many clients: this machine's, or of a private
/// network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        // What `network` leaves of ::1 is ::.
        IpAddr::V6(address) => address.is_unspecified() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(places: &[Place]) -> Vec<usize> {
        let taken = places.iter().enumerate().filter(|(_, place)| place.taken.is_cancelled());
        taken.map(|(number, _)| number).collect()
    }

    #[test]
    fn the_oldest_makes_way_for_the_next() {
        let lingering = Lingering::default();
        let client = |number: usize| IpAddr::from([192, 0, (number / 250) as u8, number as u8]);
        let mut places: Vec<_> = (0..PLACES).map(|n| lingering.enter(client(n))).collect();
        assert_eq!(taken(&places), [0; 0]);
        places.push(lingering.enter(client(0)));
        places.push(lingering.enter(client(1)));
        assert_eq!(taken(&places), [0, 1]);
        drop(places);
        assert!(lingering.places().held.is_empty());
    }

    #[test]
    fn one_client_has_16_unless_it_may_be_a_proxy() {
        let lingering = Lingering::default();
        let enter = |client: &str, times| -> Vec<Place> {
            (0..times).map(|_| lingering.enter(client.parse().unwrap())).collect()
        };
        let others = enter("198.51.100.1", 1);
        let mut places = enter("2001:db8::1", 16);
        assert_eq!(taken(&places), [0; 0]);
        places.extend(enter("2001:db8::2", 2));
        assert_eq!((taken(&places), taken(&others)), (vec![0, 1], vec![]));
        for near in ["127.0.0.1", "::1", "10.0.0.1", "fd00::1"] {
            assert_eq!(taken(&enter(near, 20)), [0; 0], "{near}");
        }
    }
}
