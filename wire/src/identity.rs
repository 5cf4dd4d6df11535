//! Who a browser is to the server: the same in all its tabs, until somebody signs in or out.

use serde::{Deserialize, Serialize};

use crate::{read::read_fields, tick::Tick};

/// The mark of a request with a token that the server does not accept, such as an expired one.
pub const REFUSED: &str = "refused";

/// Whom a request comes from, by the token that it presents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Tells one person from another without saying who it is: 16 hexadecimal digits, the same for the
    /// same person with the same rights; empty without a token, [`REFUSED`] with a wrong one.
    pub mark: String,
    /// The token's subject.
    pub subject: Option<String>,
    /// When the token ends; `None` without one.
    pub until: Option<Tick>,
    /// The token is in a cookie, which signing out removes.
    pub cookie: bool,
}

/// The id of the element of the document that says that a token has ended, with a field for another.
pub const ENDED_ID: &str = "ended";

/// The id of the one that says that something else answers in the server's place.
pub const BARRED_ID: &str = "barred";

read_fields!(Identity { mark, subject, until, cookie });

impl Identity {
    /// A visitor with a token that is not accepted.
    #[must_use]
    pub fn refused() -> Self {
        Self { mark: REFUSED.to_owned(), ..Self::default() }
    }
}
