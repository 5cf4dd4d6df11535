//! Why a token is rejected.

use std::fmt;

use belfry_hub::event::Invalid;

/// The largest token that is looked at, in bytes.
pub const LARGEST_TOKEN: usize = 8 * 1024;

/// Why a token is rejected. It may be shown to whoever sent the token, and does not repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// More than [`LARGEST_TOKEN`] bytes.
    TooLarge,
    /// Not a JWT, or one with an unsupported algorithm.
    Malformed,
    /// Not signed by one of the keys with that key's algorithm.
    Unsigned,
    /// The clock has reached `exp`.
    Expired,
    /// The clock is more than a minute before `nbf`.
    TooEarly,
    /// A claim that cannot be used.
    Claim(Invalid),
    /// Revoked: itself, or all of its subject's.
    Revoked,
    /// A session that was ended, by signing out or by revoking it.
    Ended,
    /// A session that was presented as a token.
    Session,
    /// The operating system gives no random bytes to begin a session with.
    NoRandomness,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "the token is longer than {LARGEST_TOKEN} bytes"),
            Self::Malformed => f.write_str("the token is not a JWT that this server supports"),
            Self::Unsigned => f.write_str("the token is not signed with a key of this server"),
            Self::Expired => f.write_str("the token has expired"),
            Self::TooEarly => f.write_str("the token is not valid yet"),
            Self::Claim(Invalid { field, reason }) => {
                write!(f, "the token is invalid: {field} {reason}")
            }
            Self::Revoked => f.write_str("the token has been revoked"),
            Self::Ended => f.write_str("the session has ended; sign in again"),
            Self::NoRandomness => f.write_str("the server cannot begin a session at the moment"),
            Self::Session => f.write_str("a session is valid only as the cookie of a browser"),
        }
    }
}

impl std::error::Error for TokenError {}
