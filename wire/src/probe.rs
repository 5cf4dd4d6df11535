//! The server's reply to a clock probe.

use serde::{Deserialize, Serialize};

use crate::read::read_fields;

/// What `GET /api/time` answers. Both instants are microseconds since the Unix epoch on the
/// server's clock, so that a browser can take the server's own time out of the round trip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReply {
    /// When the request was received.
    pub received: i64,
    /// When the answer was written; never before `received`.
    pub sent: i64,
    /// Whether the kernel considers the server's clock synchronised; `None` if it cannot tell.
    pub synchronised: Option<bool>,
    /// Who asks, see [`Identity::mark`](crate::identity::Identity::mark).
    pub identity: String,
}

read_fields!(ProbeReply { received, sent, synchronised, identity });
