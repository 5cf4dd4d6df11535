//! The answer to a message: whether it was taken, or why not.

use serde::{Deserialize, Serialize};

use crate::read::{read_fields, read_names};

/// What a page reads of the answer to a message: a [`Receipt`](crate::topics::Receipt), or a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The cursor of its event.
    pub id: Option<String>,
    /// Why it was not taken.
    pub reason: Option<Unsent>,
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unsent {
    /// It has no name.
    NoName,
    /// The name is too long, or holds what could disguise it.
    BadName,
    /// It has no text.
    NoText,
    /// The text is too long.
    LongText,
    /// The text holds a character that cannot be shown.
    BadText,
    /// Its key was used for another text.
    OtherText,
    /// Too many came too fast.
    TooFast,
    /// It came from another site's page.
    Elsewhere,
    /// The room is not open.
    Closed,
    /// The server cannot keep it now.
    Unavailable,
    /// The server, or a proxy before it, does not say why.
    Refused,
    /// The server was not reached, or has not answered.
    Unreached,
}

read_fields!(Answer { id, reason });

read_names!(Unsent {
    NoName,
    BadName,
    NoText,
    LongText,
    BadText,
    OtherText,
    TooFast,
    Elsewhere,
    Closed,
    Unavailable,
    Refused,
    Unreached
});

impl Unsent {
    /// Whether it may be taken if it is sent again.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::TooFast | Self::Unavailable | Self::Unreached)
    }
}

impl Answer {
    /// What an answer of this status comes to, with what was read of it.
    ///
    /// # Errors
    /// Why the message was not taken.
    pub fn of(status: u16, read: Option<Self>) -> Result<String, Unsent> {
        let read_any = read.is_some();
        let (id, reason) = read.map_or((None, None), |Self { id, reason }| (id, reason));
        match (status, id, reason) {
            (200..300, Some(id), _) => Ok(id),
            (_, _, Some(reason)) => Err(reason),
            (429, ..) => Err(Unsent::TooFast),
            // A request that came too slowly, or was no good on this connection.
            (408 | 421 | 425, ..) => Err(Unsent::Unreached),
            (400..500, ..) => Err(Unsent::Refused),
            _ if read_any => Err(Unsent::Unavailable),
            // A page of a proxy, or of who stands in the way.
            _ => Err(Unsent::Unreached),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_cursor_or_a_reason() {
        let read = |id: Option<&str>, reason| Some(Answer { id: id.map(str::to_owned), reason });
        for (status, read, means) in [
            (200, read(Some("E-1"), None), Ok("E-1".to_owned())),
            (429, read(None, Some(Unsent::TooFast)), Err(Unsent::TooFast)),
            (400, read(None, Some(Unsent::BadText)), Err(Unsent::BadText)),
            // A proxy numbers its own answers.
            (502, read(Some("request 7"), None), Err(Unsent::Unavailable)),
            (503, read(None, None), Err(Unsent::Unavailable)),
            (502, None, Err(Unsent::Unreached)),
            (200, None, Err(Unsent::Unreached)),
            (429, None, Err(Unsent::TooFast)),
            (408, None, Err(Unsent::Unreached)),
            (403, None, Err(Unsent::Refused)),
            (413, read(None, None), Err(Unsent::Refused)),
        ] {
            assert_eq!(Answer::of(status, read.clone()), means, "{status} {read:?}");
        }
    }
}
