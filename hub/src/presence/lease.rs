//! A lease: what a page says of itself while it is in a room.

use std::net::IpAddr;

/// What a page says of itself as long as it is open. Who takes it from outside checks its lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The browser: all its tabs in a room count once. At most 64 bytes.
    pub browser: String,
    /// The tab. At most 64 bytes.
    pub tab: String,
    /// The sender's self-chosen name; empty if there is none.
    pub name: String,
    /// The network it comes from: whoever shares it shares their places. `None` where there may be as many as
    /// there are places.
    pub client: Option<IpAddr>,
}
