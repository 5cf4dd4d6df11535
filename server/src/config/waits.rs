//! How long a connection may wait for a request.

use std::time::Duration;

/// How long to wait for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For its first byte on a new connection. Default 10 s.
    pub first_byte: Duration,
    /// For the rest of its head from then on. Default 10 s.
    pub head: Duration,
    /// For the next one on a connection that is kept. Default 75 s: nginx keeps idle connections for 60 s,
    /// and would use one that is just being closed.
    pub idle: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        let ten = Duration::from_secs(10);
        Self { first_byte: ten, head: ten, idle: Duration::from_secs(75) }
    }
}
