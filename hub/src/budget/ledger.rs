//! The accounting of a budget: who holds how much, and who is waiting. No lock, no clock, no task.

mod forecast;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::IpAddr,
};

use tokio::time::{Duration, Instant};

use forecast::{Lack, Then, held};

/// A waiter that has waited for this long has the longest-stalled holder cut; and only one that has been
/// stalled for as long itself.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// One client holds at most this part of the whole.
const SHARES: usize = 16;

/// A connection that can hold a part of a budget.
pub trait Party: Clone {
    /// Tells it from all others. It holds one reservation at a time.
    fn id(&self) -> u64;

    /// Since when what it holds has not moved; `None` while it does.
    fn stalled_since(&self) -> Option<Instant>;
}

/// The state of a budget.
#[derive(Debug)]
pub(super) struct Ledger<P> {
    limit: usize,
    share: usize,
    used: usize,
    clients: HashMap<IpAddr, usize>,
    holders: HashMap<u64, Holder<P>>,
    /// By ticket, so in the order of their coming.
    waiting: BTreeMap<u64, Waiter<P>>,
    tickets: u64,
    /// Who holds which shared frame. It takes nothing of the whole while the tail has it too.
    lent: HashMap<(u64, usize), Lent<P>>,
    /// How much of `used` nobody has reserved.
    overdrawn: usize,
    /// Somebody waits for room in the whole: nobody may overtake them, or what is large waits for ever.
    short: bool,
}

#[derive(Debug)]
struct Holder<P> {
    party: P,
    /// Whose share it counts towards; `None` where it counts towards none.
    client: Option<IpAddr>,
    bytes: usize,
    cut: bool,
}

#[derive(Debug)]
struct Lent<P> {
    party: P,
    times: usize,
    cut: bool,
}

#[derive(Debug)]
struct Waiter<P> {
    party: P,
    client: Option<IpAddr>,
    bytes: usize,
    /// Since when it has waited for others, and not for what it holds itself.
    since: Instant,
}

impl<P: Party> Ledger<P> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            share: limit / SHARES,
            used: 0,
            clients: HashMap::new(),
            holders: HashMap::new(),
            waiting: BTreeMap::new(),
            tickets: 0,
            lent: HashMap::new(),
            overdrawn: 0,
            short: false,
        }
    }

    /// How many bytes there are.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// How many bytes are held.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Whether somebody waits.
    pub(super) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether this party does.
    pub(super) fn waits(&self, id: u64) -> bool {
        self.waiting.values().any(|waiter| waiter.party.id() == id)
    }

    /// Reserves at once, or not at all.
    pub(super) fn take(&mut self, party: &P, client: Option<IpAddr>, bytes: usize) -> bool {
        let takes = !self.short && !self.holders.contains_key(&party.id());
        let takes = takes && self.fits_client(client, bytes) && self.fits(bytes);
        if takes {
            self.add(party, client, bytes);
        }
        takes
    }

    /// Makes a reservation larger at once, or not at all.
    pub(super) fn grow(&mut self, id: u64, more: usize) -> bool {
        let Some(holder) = self.holders.get(&id) else { return false };
        let client = holder.client;
        let alone = |used: usize, holder: &Holder<P>| used == holder.bytes;
        let of_client = held(&self.clients, client);
        let fits = |used: usize, limit: usize| alone(used, holder) || used + more <= limit;
        let has_share = client.is_none() || fits(of_client, self.share);
        let grows = !self.short && has_share && fits(self.used, self.limit);
        if grows {
            let party = holder.party.clone();
            self.add(&party, client, more);
        }
        grows
    }

    /// Waits in line for a reservation; [`grant`](Self::grant) names the ticket once it has it.
    pub(super) fn wait(
        &mut self,
        party: P,
        client: Option<IpAddr>,
        bytes: usize,
        now: Instant,
    ) -> u64 {
        self.tickets += 1;
        self.waiting.insert(self.tickets, Waiter { party, client, bytes, since: now });
        self.tickets
    }

    /// Leaves the line. `false` where it was no longer in it.
    pub(super) fn leave(&mut self, ticket: u64) -> bool {
        self.waiting.remove(&ticket).is_some()
    }

    /// Gives back what a party has held, or a part of it.
    pub(super) fn release(&mut self, id: u64, bytes: usize, now: Instant) {
        let Some(holder) = self.holders.get_mut(&id) else { return };
        holder.bytes -= bytes;
        self.used -= bytes;
        if let Some(client) = holder.client
            && let Some(used) = self.clients.get_mut(&client)
        {
            *used -= bytes;
            if *used == 0 {
                self.clients.remove(&client);
            }
        }
        if holder.bytes == 0 {
            self.holders.remove(&id);
            let own = self.waiting.values_mut().filter(|waiter| waiter.party.id() == id);
            own.for_each(|waiter| waiter.since = now);
        }
    }

    /// Reserves for those who wait, in their order, as far as there is room. One whose client has its
    /// share, or that still holds something itself, keeps nobody else waiting.
    pub(super) fn grant(&mut self) -> Vec<u64> {
        let mut granted = Vec::new();
        self.short = false;
        for (ticket, waiter) in &self.waiting {
            let Waiter { party, client, bytes, .. } = waiter;
            if self.holders.contains_key(&party.id()) || !self.fits_client(*client, *bytes) {
                continue;
            }
            if !self.fits(*bytes) {
                self.short = true;
                break;
            }
            granted.push(*ticket);
            let (party, client, bytes) = (party.clone(), *client, *bytes);
            add(&mut self.used, &mut self.clients, &mut self.holders, &party, client, bytes);
        }
        granted.iter().for_each(|ticket| drop(self.waiting.remove(ticket)));
        granted
    }

    /// A party holds a shared frame.
    pub(super) fn lend(&mut self, party: &P, frame: usize) {
        let new = || Lent { party: party.clone(), times: 0, cut: false };
        self.lent.entry((party.id(), frame)).or_insert_with(new).times += 1;
    }

    /// It does so once less.
    pub(super) fn take_back(&mut self, id: u64, frame: usize) {
        if let Some(lent) = self.lent.get_mut(&(id, frame)) {
            lent.times -= 1;
            if lent.times == 0 {
                self.lent.remove(&(id, frame));
            }
        }
    }

    /// A frame now belongs to nobody but its readers. Returns who is to be cut for it.
    pub(super) fn overdraw(&mut self, bytes: usize, now: Instant) -> Vec<P> {
        self.used += bytes;
        self.overdrawn += bytes;
        if self.used > self.limit { self.call_back(now) } else { Vec::new() }
    }

    /// The last reader of such a frame has sent it.
    pub(super) fn repay(&mut self, bytes: usize) {
        self.used -= bytes;
        self.overdrawn -= bytes;
    }

    /// Who is to be cut, so that the frame goes that has been stuck for the longest.
    fn call_back(&mut self, now: Instant) -> Vec<P> {
        let stuck = |lent: &Lent<P>| {
            let since = lent.party.stalled_since().filter(|_| !lent.cut);
            since.filter(|since| *since + PATIENCE <= now)
        };
        let oldest = self.lent.iter().filter_map(|((_, frame), lent)| Some((stuck(lent)?, *frame)));
        let Some((_, oldest)) = oldest.min() else { return Vec::new() };
        let all = self.lent.iter_mut().filter(|((_, frame), _)| *frame == oldest);
        let stuck = all.filter(|(_, lent)| stuck(lent).is_some());
        stuck.map(|(_, lent)| (lent.cut = true, lent.party.clone()).1).collect()
    }

    /// Who is to be cut, so that those who have waited for too long get what they wait for. Nobody is
    /// named twice.
    pub(super) fn press(&mut self, now: Instant) -> Vec<P> {
        let is_old = |since: Instant| since + PATIENCE <= now;
        let mut stalled: Vec<(Instant, u64)> = self
            .holders
            .values()
            .filter(|holder| !holder.cut)
            .filter_map(|holder| Some((holder.party.stalled_since()?, holder.party.id())))
            .filter(|(since, _)| is_old(*since))
            .collect();
        stalled.sort_unstable();
        // As it will be once those who were cut have let go.
        let Self { limit, share, used, .. } = *self;
        let mut then = Then { limit, share, used, clients: self.clients.clone() };
        for holder in self.holders.values().filter(|holder| holder.cut) {
            then.subtract(holder.client, holder.bytes);
        }
        let (mut cut, mut victims) = (HashSet::new(), Vec::new());
        for waiter in self.waiting.values().filter(|waiter| is_old(waiter.since)) {
            let Waiter { ref party, client, bytes, .. } = *waiter;
            if self.holders.contains_key(&party.id()) {
                continue;
            }
            while let Some(lack) = then.lacks(client, bytes) {
                let victim = stalled.iter().map(|(_, id)| *id).find(|id| {
                    let of_client = self.holders[id].client == client;
                    !cut.contains(id) && (of_client || lack == Lack::Room)
                });
                let Some(victim) = victim else { break };
                cut.insert(victim);
                let victim = &self.holders[&victim];
                then.subtract(victim.client, victim.bytes);
                victims.push(victim.party.clone());
            }
            if then.lacks(client, bytes).is_none() {
                then.add(client, bytes);
            }
        }
        for id in cut {
            if let Some(holder) = self.holders.get_mut(&id) {
                holder.cut = true;
            }
        }
        if victims.is_empty() && self.overdrawn > 0 && self.short {
            return self.call_back(now);
        }
        victims
    }

    fn fits(&self, bytes: usize) -> bool {
        self.used == 0 || self.used.saturating_add(bytes) <= self.limit
    }

    /// What is larger than a client's share fits alone.
    fn fits_client(&self, client: Option<IpAddr>, bytes: usize) -> bool {
        let used = held(&self.clients, client);
        used == 0 || used.saturating_add(bytes) <= self.share
    }

    fn add(&mut self, party: &P, client: Option<IpAddr>, bytes: usize) {
        add(&mut self.used, &mut self.clients, &mut self.holders, party, client, bytes);
    }
}

/// By fields, so that those who wait can be gone through meanwhile.
fn add<P: Party>(
    used: &mut usize,
    clients: &mut HashMap<IpAddr, usize>,
    holders: &mut HashMap<u64, Holder<P>>,
    party: &P,
    client: Option<IpAddr>,
    bytes: usize,
) {
    *used += bytes;
    if let Some(client) = client {
        *clients.entry(client).or_default() += bytes;
    }
    let nothing = || Holder { party: party.clone(), client, bytes: 0, cut: false };
    holders.entry(party.id()).or_insert_with(nothing).bytes += bytes;
}

#[cfg(test)]
mod tests;
