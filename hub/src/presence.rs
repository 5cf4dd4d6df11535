//! Presence: keeps the leases of all rooms, and makes who is there the value of each room's state topic.
//!
//! ```text
//! renew, leave, leases that end → the room → the topic `here/{room}`, the pages
//! ```

mod lease;
mod room;
mod topics;

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use wire::{chat::RoomPresence, limits::LEASE};

use crate::{clock::Clock, state_topics::State};
pub use lease::Lease;
use room::Room;

/// Between two looks for leases that have ended.
const LOOK: Duration = Duration::from_secs(5);

/// Between two events of one room.
const PACE: Duration = Duration::from_secs(1);

/// The most leases in all.
const MOST: usize = 10_000;

/// The most of one client in all: a tenth.
const MOST_OF_A_CLIENT: usize = 1000;

/// Who is in which room. A cheap handle.
#[derive(Clone, Debug)]
pub struct Presence(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    /// Something is due earlier than it was.
    woken: Notify,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Those that are peopled or followed.
    rooms: HashMap<Arc<str>, Room>,
    leases: usize,
    /// How many of them are each client's.
    clients: HashMap<Option<IpAddr>, usize>,
    /// The rooms that have something to say once their second is over, by when that is.
    due: BTreeSet<(Instant, Arc<str>)>,
    /// When leases are looked at next; `None` where there are none.
    look_at: Option<Instant>,
}

impl Presence {
    /// Nobody, anywhere. `clock` dates the events.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Shared { clock, woken: Notify::new(), held: Mutex::default() }))
    }

    /// Creates a lease, or renews it for another [`LEASE`]. False if there are too many.
    #[must_use]
    pub fn renew(&self, room: &str, lease: Lease) -> bool {
        self.change(|held, now, at| held.renew(room, lease, now, at))
    }

    /// Ends a lease, if it exists.
    pub fn leave(&self, room: &str, browser: &str, tab: &str) {
        self.change(|held, now, at| held.leave(room, browser, tab, now, at));
    }

    /// Who is in a room now.
    #[must_use]
    pub fn here(&self, room: &str) -> RoomPresence {
        self.held().rooms.get(room).map(Room::here).unwrap_or_default()
    }

    /// How many browsers are in a room now.
    #[must_use]
    pub fn count(&self, room: &str) -> u32 {
        self.held().rooms.get(room).map_or(0, Room::count)
    }

    /// Follows a room's state topic, and gives its newest value.
    #[must_use]
    pub fn follow(&self, room: &str) -> (State, Followed) {
        let mut held = self.held();
        let (name, room) = held.room(room, self.0.clock.now());
        let mut changes = room.follow();
        drop(held);
        let newest = changes.borrow_and_update().clone();
        (newest, Followed { presence: self.clone(), room: name, changes })
    }

    /// Does what is due, until `shutdown`: announces changes, and notices leases that have ended.
    pub async fn run(&self, shutdown: CancellationToken) {
        let minding = async {
            loop {
                let next = self.change(|held, now, at| {
                    held.mind(now, at);
                    held.next()
                });
                select! {
                    () = self.0.woken.notified() => {}
                    () = until(next) => {}
                }
            }
        };
        shutdown.run_until_cancelled(minding).await;
    }

    /// Changes what is held, and wakes who minds it where something is due earlier thereby.
    fn change<T>(&self, change: impl FnOnce(&mut Held, Instant, i64) -> T) -> T {
        let mut held = self.held();
        let before = held.next();
        let done = change(&mut held, Instant::now(), self.0.clock.now());
        let sooner = held.next().is_some_and(|next| before.is_none_or(|before| next < before));
        drop(held);
        if sooner {
            self.0.woken.notify_one();
        }
        done
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// A room, made where there is none.
    fn room(&mut self, name: &str, at: i64) -> (Arc<str>, &mut Room) {
        let known = self.rooms.get_key_value(name).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| name.into());
        (name.clone(), self.rooms.entry(name.clone()).or_insert_with(|| Room::new(&name, at)))
    }

    fn renew(&mut self, name: &str, lease: Lease, now: Instant, at: i64) -> bool {
        let room = self.rooms.get(name);
        if !room.is_some_and(|room| room.has(&lease.browser, &lease.tab)) {
            if self.leases >= MOST || room.is_some_and(|room| room.is_full_for(lease.client)) {
                return false;
            }
            let of_client = self.clients.entry(lease.client).or_default();
            if lease.client.is_some() && *of_client >= MOST_OF_A_CLIENT {
                return false;
            }
            *of_client += 1;
            self.leases += 1;
            self.look_at.get_or_insert(now + LEASE);
        }
        let (name, room) = self.room(name, at);
        room.renew(lease, now + LEASE);
        self.settle(&name, now, at);
        true
    }

    fn leave(&mut self, name: &str, browser: &str, tab: &str, now: Instant, at: i64) {
        if let Some(room) = self.rooms.get_mut(name)
            && let Some(client) = room.leave(browser, tab)
        {
            self.ended(client);
            self.settle(&Arc::from(name), now, at);
        }
    }

    /// A lease of a client has ended.
    fn ended(&mut self, client: Option<IpAddr>) {
        self.leases -= 1;
        if let Entry::Occupied(mut leases) = self.clients.entry(client) {
            *leases.get_mut() -= 1;
            if *leases.get() == 0 {
                leases.remove();
            }
        }
    }

    /// Says what has changed in a room, or has it said when its second is over; forgets the room where
    /// nobody is left.
    fn settle(&mut self, name: &Arc<str>, now: Instant, at: i64) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        if room.is_forsaken() {
            self.rooms.remove(name);
        } else if let Some(due) = room.due(now, PACE) {
            if due == now {
                room.tell(name, now, at);
            } else {
                self.due.insert((due, name.clone()));
            }
        }
    }

    /// Does what is due.
    fn mind(&mut self, now: Instant, at: i64) {
        while let Some((due, _)) = self.due.first()
            && *due <= now
        {
            if let Some((_, name)) = self.due.pop_first() {
                self.settle(&name, now, at);
            }
        }
        if self.look_at.is_some_and(|look_at| look_at <= now) {
            self.look(now, at);
        }
    }

    /// Looks for leases that have ended.
    fn look(&mut self, now: Instant, at: i64) {
        let (mut left, mut clients) = (Vec::new(), Vec::new());
        for (name, room) in &mut self.rooms {
            let ended = room.end(now);
            if !ended.is_empty() {
                clients.extend(ended);
                left.push(name.clone());
            }
        }
        clients.into_iter().for_each(|client| self.ended(client));
        left.iter().for_each(|name| self.settle(name, now, at));
        let earliest = self.rooms.values().filter_map(Room::earliest_end).min();
        self.look_at = earliest.map(|end| end.max(now + LOOK));
    }

    /// When something is due.
    fn next(&self) -> Option<Instant> {
        let due = self.due.first().map(|(due, _)| *due);
        due.into_iter().chain(self.look_at).min()
    }
}

/// A follower of a room's state topic. Dropping it is leaving.
#[derive(Debug)]
pub struct Followed {
    presence: Presence,
    room: Arc<str>,
    changes: watch::Receiver<State>,
}

impl Followed {
    /// Waits for the next value.
    pub async fn changed(&mut self) -> State {
        if self.changes.changed().await.is_err() {
            // The room is held as long as it is followed.
            std::future::pending::<()>().await;
        }
        self.changes.borrow_and_update().clone()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let mut held = self.presence.held();
        if let Some(room) = held.rooms.get_mut(&self.room) {
            room.unfollow();
            if room.is_forsaken() {
                held.rooms.remove(&self.room);
            }
        }
    }
}

/// Waits until an instant; for ever where there is none.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
