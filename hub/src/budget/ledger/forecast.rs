//! A budget as it will be once the connections that were cut have let go.

use std::{collections::HashMap, net::IpAddr};

/// How much a client holds; nothing counts where no share does.
pub(super) fn held(clients: &HashMap<IpAddr, usize>, client: Option<IpAddr>) -> usize {
    client.and_then(|client| clients.get(&client)).copied().unwrap_or(0)
}

/// What somebody lacks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// Its client has its share.
    Share,
    /// The whole is used.
    Room,
}

/// A budget as it will be.
pub(super) struct Then {
    pub(super) limit: usize,
    /// One client holds at most this part of it.
    pub(super) share: usize,
    pub(super) used: usize,
    pub(super) clients: HashMap<IpAddr, usize>,
}

impl Then {
    /// What a client lacks that is to have so many bytes more.
    pub(super) fn lacks(&self, client: Option<IpAddr>, bytes: usize) -> Option<Lack> {
        let of_client = held(&self.clients, client);
        if of_client > 0 && of_client + bytes > self.share {
            return Some(Lack::Share);
        }
        (self.used > 0 && self.used + bytes > self.limit).then_some(Lack::Room)
    }

    pub(super) fn add(&mut self, client: Option<IpAddr>, bytes: usize) {
        self.used += bytes;
        if let Some(client) = client {
            *self.clients.entry(client).or_default() += bytes;
        }
    }

    pub(super) fn subtract(&mut self, client: Option<IpAddr>, bytes: usize) {
        self.used -= bytes;
        if let Some(used) = client.and_then(|client| self.clients.get_mut(&client)) {
            *used -= bytes;
        }
    }
}
