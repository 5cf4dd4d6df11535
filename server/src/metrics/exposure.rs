//! Who may see the metrics.

/// Who may see the metrics. They tell how the server is used and how busy its machine is, so they are never
/// public by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Everybody.
    Public,
    /// Holders of a token that may read the topic `status`.
    Token,
    /// Nobody.
    Off,
}

impl Exposure {
    /// Reads one of its names.
    ///
    /// # Errors
    /// Anything else.
    pub fn read(value: &str) -> Result<Self, &'static str> {
        match value {
            "public" => Ok(Self::Public),
            "token" => Ok(Self::Token),
            "off" => Ok(Self::Off),
            _ => Err("must be public, token or off"),
        }
    }
}
