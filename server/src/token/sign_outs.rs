//! Sign-outs: the cookie that a browser gives up goes in, the end of the streams that were opened with it
//! comes out.

use std::future::pending;

use tokio::sync::broadcast;

/// So many sign-outs may be unheard of by a stream. One that misses more ends too, and its reader comes
/// back.
const UNHEARD: usize = 64;

/// Who has signed out. A cheap handle.
#[derive(Clone, Debug)]
pub struct SignOuts(broadcast::Sender<u64>);

impl Default for SignOuts {
    fn default() -> Self {
        Self(broadcast::Sender::new(UNHEARD))
    }
}

impl SignOuts {
    /// Ends every stream that was opened with a cookie. Another browser may have the same token; it
    /// connects again, and misses nothing.
    pub(crate) fn tell(&self, cookie: Option<u64>) {
        if let Some(cookie) = cookie {
            // Nobody may listen.
            let _ = self.0.send(cookie);
        }
    }

    /// Listens for a stream that was opened with a cookie, or with none.
    pub(crate) fn listen(&self, cookie: Option<u64>) -> Option<(u64, broadcast::Receiver<u64>)> {
        cookie.map(|cookie| (cookie, self.0.subscribe()))
    }
}

/// Returns once the cookie is given up; never for a stream without one.
pub(crate) async fn signed_out(listening: Option<&mut (u64, broadcast::Receiver<u64>)>) {
    let Some((cookie, sign_outs)) = listening else { return pending().await };
    while matches!(sign_outs.recv().await, Ok(other) if other != *cookie) {}
}
