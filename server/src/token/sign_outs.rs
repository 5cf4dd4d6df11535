//! Sign-outs: ends the streams that were opened with the cookie that a browser gives up.

use futures::{
    FutureExt,
    future::{BoxFuture, pending},
};
use tokio::sync::broadcast;

/// A stream may be this many sign-outs behind. One that misses any ends too, and its reader comes back.
const UNHEARD: usize = 64;

/// Announces sign-outs. A cheap handle.
#[derive(Clone, Debug)]
pub struct SignOuts(broadcast::Sender<u64>);

impl Default for SignOuts {
    fn default() -> Self {
        Self(broadcast::Sender::new(UNHEARD))
    }
}

impl SignOuts {
    /// Ends every stream that was opened with a cookie. Another browser may have the same token; it
    /// reconnects and misses nothing.
    pub(crate) fn tell(&self, cookie: Option<u64>) {
        if let Some(cookie) = cookie {
            // There may be nobody who listens.
            let _ = self.0.send(cookie);
        }
    }

    /// Listens for a stream that was opened with a cookie, and returns once that is given up; never for a
    /// stream without one.
    pub(crate) fn heard(&self, cookie: Option<u64>) -> BoxFuture<'static, ()> {
        let Some(cookie) = cookie else { return pending().boxed() };
        let mut sign_outs = self.0.subscribe();
        async move { while matches!(sign_outs.recv().await, Ok(other) if other != cookie) {} }
            .boxed()
    }
}
