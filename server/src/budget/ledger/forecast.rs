//! A budget as it will be once those who were cut have let go.

use std::{collections::HashMap, net::IpAddr};

use super::{Holder, Waiter};

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
    pub(super) used: usize,
    pub(super) clients: HashMap<IpAddr, usize>,
}

impl Then {
    pub(super) fn lacks<P>(&self, waiter: &Waiter<P>, limit: usize, share: usize) -> Option<Lack> {
        let of_client = self.clients.get(&waiter.client).copied().unwrap_or(0);
        if of_client > 0 && of_client + waiter.bytes > share {
            return Some(Lack::Share);
        }
        (self.used > 0 && self.used + waiter.bytes > limit).then_some(Lack::Room)
    }

    pub(super) fn add<P>(&mut self, waiter: &Waiter<P>) {
        self.used += waiter.bytes;
        *self.clients.entry(waiter.client).or_default() += waiter.bytes;
    }

    pub(super) fn subtract<P>(&mut self, holder: &Holder<P>) {
        self.used -= holder.bytes;
        if let Some(used) = self.clients.get_mut(&holder.client) {
            *used -= holder.bytes;
        }
    }
}
