//! A connection's account with a budget: a number of bytes goes in, a reservation comes out, at once or
//! after a while.

use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::{
    select,
    sync::oneshot,
    time::{Instant, sleep},
};

use super::{
    FREE, Party, Progress,
    ledger::{Ledger, PATIENCE},
    lent::Overdraft,
};
use crate::origin::network;

/// A budget of bytes. A cheap handle.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    ledger: Ledger<Progress>,
    /// Whom to tell that its ticket has what it waited for.
    granted: HashMap<u64, oneshot::Sender<()>>,
}

/// The budgets of a server. Cheap handles.
#[derive(Clone, Debug)]
pub struct Budgets {
    /// What is encoded and not sent yet.
    pub send: Budget,
    /// The bodies of requests.
    pub receive: Budget,
}

impl Budgets {
    /// Budgets of so many bytes.
    #[must_use]
    pub fn new(send: usize, receive: usize) -> Self {
        Self { send: Budget::new(send), receive: Budget::new(receive) }
    }
}

impl Budget {
    /// One of so many bytes, of which a sixteenth is for one client.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let ledger = Ledger::new(bytes);
        Self(Arc::new(Mutex::new(Held { ledger, granted: HashMap::new() })))
    }

    /// How many bytes are reserved.
    #[must_use]
    pub fn used(&self) -> usize {
        self.held().ledger.used()
    }

    /// Whether somebody waits for some.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        self.held().ledger.is_waited_for()
    }

    /// Counts bytes that nobody reserved. Where that is too much, who has held such bytes for the longest
    /// is cut.
    pub(super) fn overdraw(&self, bytes: usize) -> Overdraft {
        let cut = self.held().ledger.overdraw(bytes, Instant::now());
        cut.iter().for_each(Progress::cut);
        Overdraft { budget: self.clone(), bytes }
    }

    pub(super) fn repay(&self, bytes: usize) {
        let mut held = self.held();
        held.ledger.repay(bytes);
        held.grant();
    }

    pub(super) fn lends(&self, progress: &Progress, frame: usize) {
        self.held().ledger.lend(progress, frame);
    }

    pub(super) fn lends_no_more(&self, id: u64, frame: usize) {
        self.held().ledger.take_back(id, frame);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has those cut for whom others have waited for too long.
    fn press(&self) {
        let cut = self.held().ledger.press(Instant::now());
        cut.iter().for_each(Progress::cut);
    }
}

impl Held {
    fn grant(&mut self) {
        for ticket in self.ledger.grant() {
            if let Some(granted) = self.granted.remove(&ticket) {
                // Who has left meanwhile gives it back.
                let _ = granted.send(());
            }
        }
    }
}

/// A connection's account. A cheap handle.
#[derive(Clone)]
pub(crate) struct Account {
    pub(super) budget: Budget,
    pub(super) client: IpAddr,
    pub(super) progress: Progress,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Account {
    /// The account of a client's connection, whose `progress` says who is stalled.
    pub(crate) fn new(budget: &Budget, client: IpAddr, progress: Progress) -> Self {
        Self { budget: budget.clone(), client: network(client), progress }
    }

    /// Reserves nothing yet.
    pub(crate) fn nothing(&self) -> Reservation {
        Reservation { account: self.clone(), bytes: 0 }
    }

    /// Reserves so many bytes at once, or not at all.
    pub(crate) fn try_reserve(&self, bytes: usize) -> Option<Reservation> {
        let mut reservation = self.nothing();
        reservation.try_grow(bytes).then_some(reservation)
    }

    /// Reserves so many bytes, once what was reserved before is given back and there is room.
    pub(crate) async fn reserve(self, bytes: usize) -> Reservation {
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

/// One who waits. Dropping it is leaving, with what was reserved meanwhile given back.
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
pub(crate) struct Reservation {
    account: Account,
    bytes: usize,
}

impl Reservation {
    /// How many bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Reserves for `bytes` in all, at once or not at all. What is small need not be reserved.
    pub(crate) fn try_grow(&mut self, bytes: usize) -> bool {
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
    pub(crate) fn cover(mut self, bytes: Bytes) -> Bytes {
        self.shrink(bytes.len());
        if self.bytes == 0 { bytes } else { Bytes::from_owner(Covered { bytes, _held: self }) }
    }
}

impl Reservation {
    /// A body whose pieces together hold what is reserved, until the last of them is sent.
    pub(crate) fn cover_body(self, body: Body) -> Body {
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
