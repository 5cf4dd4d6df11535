//! The names on the wire, written once: what `server` sends and `frontend` listens for.

use serde::{Deserialize, Serialize};

/// Where the stream is. A page written for the tutorial opens `new EventSource('/sse')`.
pub const STREAM_PATH: &str = "/sse";

/// Where the clock probe asks, see [`ProbeReply`].
pub const PROBE_PATH: &str = "/api/time";

/// The event type of the number of readers. `onmessage` does not see it.
pub const READERS: &str = "readers";

/// What `GET /api/time` answers. Both instants are microseconds since the Unix epoch on the
/// server's clock, so that a browser can take the server's own time out of the round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReply {
    /// When the request was received.
    pub received: i64,
    /// When the answer was written; never before `received`.
    pub sent: i64,
    /// Whether the kernel holds the server's clock to be synchronised; `None` where it cannot tell.
    pub synchronised: Option<bool>,
}
