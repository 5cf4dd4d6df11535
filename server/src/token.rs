//! Tokens: the keys that they are verified with, the rights that they give, and how these are taken back.
//!
//! - [`keys`](Keys), `key`, `key_file`, [`secret`](Secret), `signature`: what tokens are signed with
//! - `claims`: what they say; `error`: why they are rejected
//! - [`authority`](Authority): who verifies them, and makes `session`s of them
//! - [`revocations`]: what was revoked, by `credential`

mod authority;
mod claims;
pub(crate) mod credential;
mod error;
mod key;
mod key_file;
mod keys;
pub mod revocations;
mod secret;
mod session;
mod signature;

pub use authority::{Authority, Session};
pub use claims::Claims;
pub(crate) use claims::{LAST_SECOND, unverified_end};
pub use error::{LARGEST_TOKEN, TokenError};
pub use key_file::{KeyError, read_secret};
pub use keys::{Keys, mint};
pub use revocations::Revocations;
pub use secret::Secret;
pub(crate) use session::token_of;
