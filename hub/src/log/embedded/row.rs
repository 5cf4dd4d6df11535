//! Sealed rows, with a checksum: what the log wrote can be told from what a damaged disk gives back, and be
//! found in a file whose structure is lost.
//!
//! ```text
//! "bf2" | kind: u8 | length of the body: u32 | checksum: u64 | body
//! ```
//!
//! Integers are little-endian. The checksum is XXH3 of kind, length and body, and the body holds the
//! row's key: a row that turns up under another key is no more valid than a changed one. Its seed is
//! the log's own: what a publisher puts into an event cannot pass for a row.

use xxhash_rust::xxh3::Xxh3;

/// How a row begins.
pub(super) const MAGIC: &[u8; 3] = b"bf2";

/// How many bytes come before the body.
pub(super) const HEAD: usize = 16;

/// What the rows of a log are sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seal(pub(super) u64);

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Event = b'e',
    /// Stands where an event was removed from among others.
    Removed = b'r',
    Topic = b't',
    Totals = b'm',
    Span = b's',
    Key = b'k',
    /// Ends a backup.
    End = b'z',
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Event, Self::Removed, Self::Topic, Self::Totals, Self::Span, Self::Key, Self::End];
}

/// Begins a row, whose body is written behind this.
pub(super) fn begin(kind: Kind, capacity: usize) -> Vec<u8> {
    let mut row = Vec::with_capacity(HEAD + capacity);
    row.extend(MAGIC);
    row.push(kind as u8);
    row.extend([0; 12]);
    row
}

impl Seal {
    /// Ends a row, once its body is there.
    pub(super) fn seal(self, mut row: Vec<u8>) -> Vec<u8> {
        let length = u32::try_from(row.len() - HEAD).expect("a row is no larger than an event");
        row[4..8].copy_from_slice(&length.to_le_bytes());
        let sum = self.sum(&row[3..8], &row[HEAD..]);
        row[8..HEAD].copy_from_slice(&sum.to_le_bytes());
        row
    }

    /// The body of a row of a kind; `None` where it is damaged, or of another kind.
    pub(super) fn open(self, kind: Kind, row: &[u8]) -> Option<&[u8]> {
        let (found, body) = self.split(row)?;
        (found == kind && HEAD + body.len() == row.len()).then_some(body)
    }

    /// The row that some bytes begin with: its kind and its body. More may follow.
    pub(super) fn split(self, bytes: &[u8]) -> Option<(Kind, &[u8])> {
        let head = Head::read(bytes)?;
        let body = bytes.get(HEAD..HEAD + head.length)?;
        (head.sum == self.sum(&bytes[3..8], body)).then_some((head.kind, body))
    }

    fn sum(self, head: &[u8], body: &[u8]) -> u64 {
        let mut hasher = Xxh3::with_seed(self.0);
        hasher.update(head);
        hasher.update(body);
        hasher.digest()
    }
}

/// How a row says that it is one.
pub(super) struct Head {
    pub(super) kind: Kind,
    /// How many bytes the body has.
    pub(super) length: usize,
    sum: u64,
}

impl Head {
    /// The head that some bytes begin with; `None` where they do not.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let head = bytes.first_chunk::<HEAD>().filter(|head| head.starts_with(MAGIC))?;
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == head[3])?;
        let length = u32::from_le_bytes(head[4..8].try_into().ok()?);
        let sum = u64::from_le_bytes(head[8..].try_into().ok()?);
        Some(Self { kind, length: usize::try_from(length).ok()?, sum })
    }
}

/// Reads the fields of a body in turn.
pub(super) struct Fields<'b>(pub(super) &'b [u8]);

impl<'b> Fields<'b> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A name, after a byte that tells its length.
    pub(super) fn name(&mut self) -> Option<&'b str> {
        let length = self.byte()?;
        let (name, rest) = self.0.split_at_checked(length.into())?;
        self.0 = rest;
        std::str::from_utf8(name).ok()
    }
}

/// Writes a name after a byte that tells its length.
pub(super) fn put_name(row: &mut Vec<u8>, name: &str) {
    row.push(u8::try_from(name.len()).expect("a name has at most 255 bytes"));
    row.extend(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEAL: Seal = Seal(7);

    fn row(body: &[u8]) -> Vec<u8> {
        let mut row = begin(Kind::Event, body.len());
        row.extend(body);
        SEAL.seal(row)
    }

    proptest! {
        #[test]
        fn what_was_sealed_is_opened_and_what_was_changed_is_not(
            body: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8,
        ) {
            let mut row = row(&body);
            prop_assert_eq!(SEAL.open(Kind::Event, &row), Some(&body[..]));
            prop_assert_eq!(SEAL.open(Kind::Topic, &row), None);
            prop_assert_eq!(Seal(8).open(Kind::Event, &row), None);
            let at = at.index(row.len());
            row[at] ^= 1 << bit;
            prop_assert_eq!(SEAL.open(Kind::Event, &row), None);
        }

        #[test]
        fn no_bytes_do_harm(bytes: Vec<u8>) {
            prop_assert_eq!(SEAL.split(&bytes), None);
        }
    }

    #[test]
    fn a_row_is_found_at_the_beginning_of_more() {
        let mut bytes = row(b"body");
        bytes.extend(b"more");
        assert_eq!(SEAL.split(&bytes), Some((Kind::Event, &b"body"[..])));
        assert_eq!(SEAL.open(Kind::Event, &bytes), None);
    }
}
