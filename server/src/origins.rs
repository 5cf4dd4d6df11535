//! Which hosts the server answers for, and which other origins' pages may use it.

mod hosts;
mod origin;

pub use hosts::Hosts;
pub use origin::Origin;

/// Whose pages may use the server: its own, and those of other origins as far as is said here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The server's own, as browsers know it. By default each request says what it is: the scheme and host
    /// that it asks.
    pub public: Option<Origin>,
    /// Origins whose pages may read and publish, with credentials. Default none.
    pub allowed: Vec<Origin>,
    /// Pages of every origin may do so without credentials. Default false.
    pub any: bool,
    /// The sign-in cookie also counts on pages of `allowed`, and they may sign in and out. Default false.
    pub cross_site_cookies: bool,
}

impl Origins {
    /// Whether an origin, as an `Origin` header says it, is listed.
    #[must_use]
    pub fn lists(&self, said: &[u8]) -> bool {
        self.allowed.iter().any(|origin| origin.as_str().as_bytes() == said)
    }
}
