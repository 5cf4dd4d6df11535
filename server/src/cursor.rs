//! A position in the log, as an event's `id` writes it, and the epochs that positions are named by.

mod spans;

use std::fmt;

use data_encoding::BASE32_NOPAD;

pub use spans::{MOST_SPANS, Span, Spans, Standing};

/// Names one opening of a log: each time that it is opened and written to, a new one begins. So what
/// was written after a backup cannot be taken for what is written after its restoration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    /// 13 characters of base32 ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-6)), which
    /// pass through addresses, shells and headers as they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0.to_be_bytes()))
    }
}

impl Epoch {
    /// A new one, unlike all that ever were.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the system has random bytes");
        Self(u64::from_le_bytes(bytes))
    }
}

/// A position in a log: after the event of this sequence, or at the beginning where that is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The epoch that the event of this sequence was written in.
    pub epoch: Epoch,
    /// The sequence of the last event before this place.
    pub sequence: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.sequence)
    }
}

impl Cursor {
    /// Reads a cursor in the one form in which it is written; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, sequence) = text.split_once('-')?;
        let bytes = BASE32_NOPAD.decode(epoch.as_bytes()).ok()?;
        let epoch = Epoch(u64::from_be_bytes(bytes.try_into().ok()?));
        let cursor = Self { epoch, sequence: sequence.parse().ok()? };
        // `+1` and `01` are numbers too.
        (cursor.to_string() == text).then_some(cursor)
    }
}

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
