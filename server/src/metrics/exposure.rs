//! Who may see the metrics, and where.

use std::net::SocketAddr;

/// Who may see the metrics. They tell how the server is used and how busy its machine is, so they are never
/// public by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Everybody.
    Public,
    /// Holders of a token that may read the topic `status`.
    Token,
    /// Whoever reaches this other address, at which nothing else is served.
    At(SocketAddr),
    /// Nobody.
    Off,
}

impl Exposure {
    /// Reads one of its names, or an address.
    ///
    /// # Errors
    /// Anything else.
    pub fn read(value: &str) -> Result<Self, &'static str> {
        match value {
            "public" => Ok(Self::Public),
            "token" => Ok(Self::Token),
            "off" => Ok(Self::Off),
            _ => value.parse().map(Self::At).map_err(
                |_| "must be public, token, off or an address such as 127.0.0.1:9464 or [::1]:9464",
            ),
        }
    }
}
