//! The epochs that positions in the log are named by.

use std::{error::Error, fmt, str::FromStr};

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};

use crate::written::as_written;

/// Names one opening of a log: each time that it is opened and written to, a new one begins. So what
/// was written after a backup cannot be taken for what is written after its restoration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Epoch(pub u64);

as_written!(Epoch, |name| name.parse().map_err(|NotAnEpoch| "not an epoch"));

impl fmt::Display for Epoch {
    /// 13 characters of base32 ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-6)), which
    /// pass through addresses, shells and headers as they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 13];
        BASE32_NOPAD.encode_mut(&self.0.to_be_bytes(), &mut text);
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// The text is not the name of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnEpoch;

impl fmt::Display for NotAnEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of an epoch")
    }
}

impl Error for NotAnEpoch {}

impl FromStr for Epoch {
    type Err = NotAnEpoch;

    /// Reads exactly what is written.
    fn from_str(text: &str) -> Result<Self, NotAnEpoch> {
        let bytes = BASE32_NOPAD.decode(text.as_bytes()).map_err(|_| NotAnEpoch)?;
        bytes.try_into().map(|bytes| Self(u64::from_be_bytes(bytes))).map_err(|_| NotAnEpoch)
    }
}

impl Epoch {
    /// A new random epoch.
    #[must_use]
    pub fn random() -> Self {
        Self(getrandom::u64().expect("the system has random bytes"))
    }
}

/// A position in the server's log.
pub type Cursor = wire::cursor::Cursor<Epoch>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_cursor_is_none() {
        let good = Cursor { epoch: Epoch(7), sequence: 12 }.to_string();
        assert_eq!(good, "AAAAAAAAAAAAO-12");
        for bad in [
            "",
            "-",
            "-1",
            "12",
            "AAAAAAAAAAAAO",
            "AAAAAAAAAAAAO-",
            "AAAAAAAAAAAAO--1",
            "AAAAAAAAAAAAO-+1",
            "AAAAAAAAAAAAO-01",
            "AAAAAAAAAAAAO-18446744073709551616",
            "AAAAAAAAAAAAO-1\0",
            "AAAAAAAAAAAAO-1 ",
            "aaaaaaaaaaaao-1",
            "AAAAAAAAAAAAP-1",
            "é-1",
        ] {
            assert_eq!(Cursor::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Cursor::parse(&"A".repeat(8192)), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(epoch: u64, sequence: u64) {
            let cursor = Cursor { epoch: Epoch(epoch), sequence };
            let written = cursor.to_string();
            prop_assert!(written.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
            prop_assert_eq!(Cursor::parse(&written), Some(cursor));
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _ = Cursor::parse(&text);
        }
    }
}
