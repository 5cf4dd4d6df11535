//! The account of a request's own body, which is counted as it comes in.

use super::{Account, Budget, Progress, Reservation};
use crate::{client::Client, counters::Counters};

/// The account of a request's own body.
#[derive(Clone, Debug)]
pub struct Receiving {
    account: Account,
    client: Client,
    counters: Counters,
}

impl Receiving {
    /// That of a body that a client sends.
    pub fn new(budget: &Budget, client: Client, counters: &Counters) -> Self {
        let account = Account::new(budget, client.network, Progress::new());
        Self { account, client, counters: counters.clone() }
    }

    /// Reserves so many bytes, once there is room.
    pub async fn reserve(&self, bytes: usize) -> Reservation {
        self.account.clone().reserve(bytes).await
    }

    /// Whose body it is.
    pub fn client(&self) -> Client {
        self.client
    }

    /// Whether the body comes.
    pub fn progress(&self) -> &Progress {
        &self.account.progress
    }

    /// Where it is counted that it does not.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}
