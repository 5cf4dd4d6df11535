//! Follows the frames in what a connection carries
//! ([RFC 9113, section 4.1](https://www.rfc-editor.org/rfc/rfc9113#section-4.1)).

/// The length of the client's preface, which comes before all its frames.
pub(super) const PREFACE: usize = 24;

/// The length of a frame's head.
pub(super) const HEAD: usize = 9;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// A peer does what might make too much work.
const ENHANCE_YOUR_CALM: u32 = 11;

/// What a frame begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    /// How much follows, in bytes.
    pub(super) length: usize,
}

/// How far frames have been followed.
#[derive(Debug)]
pub(super) enum At {
    /// In the preface or the contents of a frame, of which so many bytes are left.
    Contents(usize),
    /// In the head of a frame, of which so many bytes are known.
    Head([u8; HEAD], usize),
}

/// Something that bytes have come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Point<'b> {
    /// The head of a frame is known, and these are the bytes after it.
    Head(Head, &'b [u8]),
    /// All of the frame has come.
    End,
}

impl At {
    /// Between two frames.
    pub(super) const BETWEEN: Self = Self::Head([0; HEAD], 0);

    pub(super) fn is_between(&self) -> bool {
        matches!(self, Self::Head(_, 0))
    }

    /// Goes on to the next point in `bytes`, from which it takes what is before that; `None` where there is
    /// none.
    pub(super) fn next<'b>(&mut self, bytes: &mut &'b [u8]) -> Option<Point<'b>> {
        match self {
            Self::Contents(left) => {
                let passed = bytes.len().min(*left);
                *bytes = &bytes[passed..];
                *left -= passed;
                if *left > 0 {
                    return None;
                }
                *self = Self::BETWEEN;
                Some(Point::End)
            }
            Self::Head(head, known) => {
                let more = bytes.len().min(HEAD - *known);
                head[*known..*known + more].copy_from_slice(&bytes[..more]);
                *bytes = &bytes[more..];
                *known += more;
                if *known < HEAD {
                    return None;
                }
                let head = Head::from(*head);
                // One without contents ends at once: at the next point.
                *self = Self::Contents(head.length);
                Some(Point::Head(head, bytes))
            }
        }
    }
}

impl From<[u8; HEAD]> for Head {
    fn from([a, b, c, kind, flags, stream @ ..]: [u8; HEAD]) -> Self {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        // The first bit is reserved.
        Self { kind, flags, stream: u32::from_be_bytes(stream) & !(1 << 31), length }
    }
}

/// The frame that ends a connection whose client does too much, after `last` of its streams, and says why.
pub(super) fn calm(last: u32, why: &str) -> Vec<u8> {
    let length = (8 + why.len() as u32).to_be_bytes();
    let contents = [last.to_be_bytes(), ENHANCE_YOUR_CALM.to_be_bytes()].concat();
    [&length[1..], &[GOAWAY, 0, 0, 0, 0, 0], &contents, why.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(bytes: &[u8], piece: usize) -> (Vec<Head>, usize) {
        let (mut at, mut heads, mut ends) = (At::BETWEEN, Vec::new(), 0);
        for mut bytes in bytes.chunks(piece) {
            while let Some(point) = at.next(&mut bytes) {
                match point {
                    Point::Head(head, _) => heads.push(head),
                    Point::End => ends += 1,
                }
            }
        }
        assert!(at.is_between());
        (heads, ends)
    }

    #[test]
    fn frames_are_followed_however_their_bytes_come() {
        let bytes =
            [&[0, 0, 0, 4, 1, 0, 0, 0, 0][..], &calm(7, "why"), b"\0\0\x01\0\x01\x80\0\0\x03x"];
        let bytes = bytes.concat();
        for piece in 1..=bytes.len() {
            let (heads, ends) = heads(&bytes, piece);
            let seen = heads.iter().map(|head| (head.kind, head.flags, head.stream, head.length));
            assert!(seen.eq([(4, 1, 0, 0), (GOAWAY, 0, 0, 11), (DATA, END_STREAM, 3, 1)]));
            assert_eq!(ends, 3, "in pieces of {piece}");
        }
    }
}
