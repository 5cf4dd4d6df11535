//! Admits connections: as many at once as there are descriptors for, and from one client so many a second.
//!
//! What is beyond is still answered: the application refuses what such a connection asks for, or serves it and
//! closes. Only when the reserve runs out too do others wait in the kernel's queue.

use std::{net::IpAddr, sync::Arc};

use belfry_hub::network::network;
use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    rate::Limit,
    tally::Rule,
    web::{
        client::{connection::Connection, trust::Trust},
        limits::Limits,
    },
};

/// How many of the descriptors are kept from connections, for the log, backups and others: a quarter, within
/// these bounds. Half of it is for connections that are over the limit while they are answered.
const RESERVE: (u64, u64) = (32, 1024);

/// Admits connections.
#[derive(Debug)]
pub(super) struct Admission {
    room: Arc<Semaphore>,
    /// How much of the room is beyond the limit.
    beyond: usize,
    rate: Option<Limit<IpAddr>>,
}

/// The room of a connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    /// It is beyond the limit.
    is_beyond: bool,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Admission {
    /// One for as many connections as the limits and the descriptors of this process allow.
    pub(super) fn new(limits: &Limits) -> Self {
        Self::within(limits, getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX))
    }

    fn within(limits: &Limits, descriptors: u64) -> Self {
        let reserve = (descriptors / 4).clamp(RESERVE.0, RESERVE.1);
        let most = descriptors.saturating_sub(reserve).max(1);
        let most = limits.connections.map_or(most, |said| most.min(said.into()));
        let beyond = usize::try_from(reserve / 2).unwrap_or(usize::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS - beyond);
        let rate = limits.connection_rate.map(|rate| Limit::new((rate, rate)));
        Self { room: Arc::new(Semaphore::new(most + beyond)), beyond, rate }
    }

    /// Waits until there is room for one more connection.
    pub(super) async fn room(&self) -> Room {
        // It is never closed.
        let permit = self.room.clone().acquire_owned().await.ok();
        Room { is_beyond: self.room.available_permits() < self.beyond, _permit: permit }
    }

    /// The connection, with the rule that it is over, if it is.
    pub(super) fn judge(&self, connection: Connection, room: &Room, trust: &Trust) -> Connection {
        let address = connection.address();
        let held = address.ip().filter(|_| trust.holds(address)).map(network);
        let too_fast = |(rate, network): (&Limit<IpAddr>, IpAddr)| rate.count(&network).is_err();
        if room.is_beyond {
            connection.over(Rule::Connections)
        } else if self.rate.as_ref().zip(held).is_some_and(too_fast) {
            connection.over(Rule::ConnectionRate)
        } else {
            connection
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use futures::FutureExt;

    use super::*;

    fn from(address: &str) -> Connection {
        Connection::new(address.parse::<SocketAddr>().unwrap())
    }

    #[test]
    fn what_is_beyond_the_limit_is_told_so_until_the_reserve_is_used_up() {
        for (descriptors, said, most) in
            [(256, None, 192), (256, Some(10), 10), (256, Some(1000), 192), (20_000, None, 18_976)]
        {
            let limits = Limits { connections: said, ..Limits::default() };
            let admission = Admission::within(&limits, descriptors);
            let (mut rooms, mut welcome) = (Vec::new(), 0);
            while let Some(room) = admission.room().now_or_never() {
                let judged = admission.judge(from("127.0.0.1:1"), &room, &Trust::default());
                rooms.push(room);
                welcome += usize::from(judged == from("127.0.0.1:1"));
                assert!(rooms.len() < descriptors as usize);
            }
            assert_eq!(welcome, most, "{descriptors} {said:?}");
            assert_eq!(rooms.len(), most + (descriptors as usize / 4).clamp(32, 1024) / 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_connects_too_fast_is_told_so() {
        let limits = Limits { connection_rate: Some(3), ..Limits::default() };
        let admission = Admission::within(&limits, 1024);
        let (room, trust) = (admission.room().await, Trust::default());
        let welcome =
            |address: &str| admission.judge(from(address), &room, &trust) == from(address);
        for _ in 0..3 {
            assert!(welcome("[2001:db8:1:2::1]:1"));
        }
        assert!(!welcome("[2001:db8:1:2::9]:1") && welcome("[2001:db8:1:3::1]:1"));
        for _ in 0..10 {
            assert!(welcome("127.0.0.1:1"));
        }
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        assert!(welcome("[2001:db8:1:2::1]:1"));
    }
}
