//! How a server is told to end.

use tokio_util::sync::CancellationToken;

/// How a server is told to end. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Endings {
    /// Another server has its sockets and its log: it accepts no more connections, and sends its readers there
    /// within some seconds.
    pub relieved: CancellationToken,
    /// It ends its streams at once, and finishes what is under way.
    pub shutdown: CancellationToken,
}

/// Without a successor.
impl From<CancellationToken> for Endings {
    fn from(shutdown: CancellationToken) -> Self {
        Self { shutdown, ..Self::default() }
    }
}

impl Endings {
    /// Waits until no more connections are to be accepted.
    pub async fn are_near(&self) {
        tokio::select! {
            () = self.relieved.cancelled() => {}
            () = self.shutdown.cancelled() => {}
        }
    }
}
