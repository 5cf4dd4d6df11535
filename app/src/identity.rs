//! Who a browser is to the server: the same in all its tabs, until somebody signs in or out.

use serde::{Deserialize, Serialize};

use crate::{read::read_fields, tick::Tick};

/// The mark of who presents a token that the server does not accept, as one that has run out.
pub const REFUSED: &str = "refused";

/// Whom a request comes from, by the token that it presents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Tells one from another without saying who it is: 16 hexadecimal digits, the same for the same
    /// person with the same rights; empty without a token, [`REFUSED`] with a wrong one.
    pub mark: String,
    /// Whom the token names.
    pub subject: Option<String>,
    /// When the token ends; `None` without one.
    pub until: Option<Tick>,
    /// The token is in a cookie, which signing out removes.
    pub cookie: bool,
}

read_fields!(Identity { mark, subject, until, cookie });

impl Identity {
    /// One who presents a token that is not accepted.
    #[must_use]
    pub fn refused() -> Self {
        Self { mark: REFUSED.to_owned(), ..Self::default() }
    }
}
