//! A connection's account with a budget: it reserves bytes, at once or after a while.

use std::{fmt, net::IpAddr, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::{
    select,
    sync::oneshot,
    time::{Instant, sleep},
};

use super::{Budget, FREE, Party, Progress, ledger::PATIENCE};

/// A connection's account. A cheap handle.
#[derive(Clone)]
pub struct Account {
    pub(super) budget: Budget,
    pub(super) client: Option<IpAddr>,
    pub(super) progress: Progress,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Account {
    /// The account of a connection of the client in this network, whose `progress` says who is stalled. `None`
    /// has no share of its own, and takes as much as there is.
    pub fn new(budget: &Budget, client: Option<IpAddr>, progress: Progress) -> Self {
        Self { budget: budget.clone(), client, progress }
    }

    /// Whether the connection waits for room.
    pub fn waits(&self) -> bool {
        self.budget.held().ledger.waits(self.progress.id())
    }

    /// Reserves nothing yet.
    pub fn nothing(&self) -> Reservation {
        Reservation { account: self.clone(), bytes: 0 }
    }

    /// Reserves this many bytes at once, or not at all.
    pub fn try_reserve(&self, bytes: usize) -> Option<Reservation> {
        let mut reservation = self.nothing();
        reservation.try_grow(bytes).then_some(reservation)
    }

    /// Reserves this many bytes, once what was reserved before is given back and there is room.
    pub async fn reserve(self, bytes: usize) -> Reservation {
        if let Some(reservation) = self.try_reserve(bytes) {
            return reservation;
        }
        let (waiting, mut granted) = self.wait(bytes);
        loop {
            select! {
                biased;
                _ = &mut granted => return waiting.over(),
                () = sleep(PATIENCE) => self.budget.press(),
            }
        }
    }

    fn wait(&self, bytes: usize) -> (Waiting, oneshot::Receiver<()>) {
        let (sender, granted) = oneshot::channel();
        let mut held = self.budget.held();
        let (party, now) = (self.progress.clone(), Instant::now());
        let ticket = held.ledger.wait(party, self.client, bytes, now);
        held.granted.insert(ticket, sender);
        held.grant();
        drop(held);
        (Waiting { account: self.clone(), bytes, ticket: Some(ticket) }, granted)
    }
}

/// A waiter. Dropping it is leaving, with what was reserved meanwhile given back.
struct Waiting {
    account: Account,
    bytes: usize,
    /// `None` once it is over.
    ticket: Option<u64>,
}

impl Waiting {
    fn over(mut self) -> Reservation {
        self.ticket = None;
        Reservation { account: self.account.clone(), bytes: self.bytes }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut held = self.account.budget.held();
        held.granted.remove(&ticket);
        if !held.ledger.leave(ticket) {
            held.ledger.release(self.account.progress.id(), self.bytes, Instant::now());
        }
        held.grant();
    }
}

/// Reserved bytes, given back by its drop.
#[derive(Debug)]
pub struct Reservation {
    account: Account,
    bytes: usize,
}

impl Reservation {
    /// How many bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Reserves for `bytes` in all, at once or not at all. What is small need not be reserved.
    pub fn try_grow(&mut self, bytes: usize) -> bool {
        let Account { budget, client, progress } = &self.account;
        let grown = bytes <= FREE.max(self.bytes)
            || match self.bytes {
                0 => budget.held().ledger.take(progress, *client, bytes),
                some => budget.held().ledger.grow(progress.id(), bytes - some),
            };
        if grown && bytes > FREE {
            self.bytes = self.bytes.max(bytes);
        }
        grown
    }

    /// Gives back what is more than `bytes`.
    fn shrink(&mut self, bytes: usize) {
        let bytes = if bytes <= FREE { 0 } else { bytes };
        if let Some(more) = self.bytes.checked_sub(bytes).filter(|more| *more > 0) {
            let mut held = self.account.budget.held();
            held.ledger.release(self.account.progress.id(), more, Instant::now());
            held.grant();
            drop(held);
            self.bytes = bytes;
        }
    }

    /// The same bytes, which hold what is reserved for them until the last of them is sent.
    pub fn cover(mut self, bytes: Bytes) -> Bytes {
        self.shrink(bytes.len());
        if self.bytes == 0 { bytes } else { Bytes::from_owner(Covered { bytes, _held: self }) }
    }
}

impl Reservation {
    /// A body whose pieces together hold what is reserved, until the last of them is sent.
    pub fn cover_body(self, body: Body) -> Body {
        if self.bytes == 0 {
            return body;
        }
        let held = Arc::new(self);
        let cover = move |data| Bytes::from_owner(Covered { bytes: data, _held: held.clone() });
        Body::new(body.map_frame(move |frame| frame.map_data(&cover)))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

struct Covered<H> {
    bytes: Bytes,
    _held: H,
}

impl<H> AsRef<[u8]> for Covered<H> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
