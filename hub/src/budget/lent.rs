//! Frames that readers share: the tail counts them while it holds them, and a budget from then on, once for
//! all who have not sent them yet.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::{Account, Budget, FREE, Party, handle::Overdraft};

/// Bytes that are lent to readers.
#[derive(Debug)]
pub(crate) struct Shared {
    bytes: Bytes,
    /// What is counted once only readers hold the bytes.
    beyond: Arc<OnceLock<Overdraft>>,
}

impl Shared {
    pub(crate) fn new(bytes: Bytes) -> Self {
        let beyond = Arc::new(OnceLock::new());
        if bytes.len() <= FREE {
            return Self { bytes, beyond };
        }
        let bytes = Bytes::from_owner(Owned { bytes, _beyond: beyond.clone() });
        Self { bytes, beyond }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// Lets go of the bytes; where a reader still has them, they count.
    pub(crate) fn leave(self, budget: &Budget) {
        if self.bytes.len() > FREE && !self.bytes.is_unique() {
            self.beyond.get_or_init(|| budget.overdraw(self.bytes.len()));
        }
    }
}

struct Owned {
    bytes: Bytes,
    _beyond: Arc<OnceLock<Overdraft>>,
}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Account {
    /// Lends a shared frame to this connection: the same bytes, by which is known who holds them.
    pub(crate) fn lend(&self, bytes: Bytes) -> Bytes {
        if bytes.len() <= FREE {
            return bytes;
        }
        let frame = bytes.as_ptr() as usize;
        self.budget.lends(&self.progress, frame);
        Bytes::from_owner(Lent { bytes, account: self.clone() })
    }
}

struct Lent {
    bytes: Bytes,
    account: Account,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.account.budget.lends_no_more(self.account.progress.id(), self.bytes.as_ptr() as usize);
    }
}
