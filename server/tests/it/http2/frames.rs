//! Frames of HTTP/2 as bytes ([RFC 9113, section 4.1](https://www.rfc-editor.org/rfc/rfc9113#section-4.1)),
//! and heads as HPACK writes them ([RFC 7541](https://www.rfc-editor.org/rfc/rfc7541)).

use std::io::{self, Read};

/// What a client begins with.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;
pub(crate) const PRIORITIZED: u8 = 0x20;

/// A head that is all there, of a request without a body.
pub(crate) const WHOLE: u8 = END_HEADERS | END_STREAM;

/// Names of errors (RFC 9113, section 7).
pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const PROTOCOL_ERROR: u32 = 1;
pub(crate) const FLOW_CONTROL_ERROR: u32 = 3;
pub(crate) const STREAM_CLOSED: u32 = 5;
pub(crate) const FRAME_SIZE_ERROR: u32 = 6;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

/// A frame of a stream, or of the connection, which is stream 0.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), contents].concat()
}

/// SETTINGS with some values, by their numbers.
pub(crate) fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let values = values
        .iter()
        .flat_map(|(number, value)| [&number.to_be_bytes()[..], &value.to_be_bytes()].concat());
    frame(SETTINGS, 0, 0, &values.collect::<Vec<_>>())
}

/// WINDOW_UPDATE by so much.
pub(crate) fn window(stream: u32, more: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &more.to_be_bytes())
}

/// RST_STREAM with an error.
pub(crate) fn reset(stream: u32, error: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &error.to_be_bytes())
}

/// A field that is not indexed.
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    [&[0], &string(name)[..], &string(value)].concat()
}

/// Several of them.
pub(crate) fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| field(name, value)).collect()
}

/// A string without Huffman's code.
pub(crate) fn string(said: &str) -> Vec<u8> {
    [&integer(0, 7, said.len())[..], said.as_bytes()].concat()
}

/// An integer that begins in the last bits of a byte whose first bits are given (RFC 7541, section 5.1).
pub(crate) fn integer(first: u8, bits: u32, value: usize) -> Vec<u8> {
    let most = (1 << bits) - 1;
    if value < most {
        return vec![first | value as u8];
    }
    let (mut bytes, mut rest) = (vec![first | most as u8], value - most);
    while rest >= 128 {
        bytes.push(rest as u8 | 128);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// The head of a request to `belfry`, and more.
pub(crate) fn head(method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let first =
        [(":method", method), (":scheme", "http"), (":path", path), (":authority", "belfry")];
    [fields(&first), fields(more)].concat()
}

/// One that came from the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) contents: Vec<u8>,
}

impl Frame {
    /// From the first 9 bytes of a frame, and what follows them.
    pub(crate) fn new(head: [u8; 9], contents: Vec<u8>) -> Self {
        let [_, _, _, kind, flags, stream @ ..] = head;
        Self { kind, flags, stream: u32::from_be_bytes(stream), contents }
    }

    /// The length that the first 9 bytes tell.
    pub(crate) fn length([a, b, c, ..]: [u8; 9]) -> usize {
        u32::from_be_bytes([0, a, b, c]) as usize
    }

    /// The next one from a socket; `None` at the end.
    pub(crate) fn read(socket: &mut impl Read) -> Option<Self> {
        let mut next = || -> io::Result<Self> {
            let mut head = [0; 9];
            socket.read_exact(&mut head)?;
            let mut contents = vec![0; Self::length(head)];
            socket.read_exact(&mut contents)?;
            Ok(Self::new(head, contents))
        };
        next().ok()
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The error that RST_STREAM or GOAWAY names.
    pub(crate) fn error(&self) -> Option<u32> {
        let at = match self.kind {
            RST_STREAM => 0,
            GOAWAY => 4,
            _ => return None,
        };
        let error = self.contents.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(error))
    }

    /// The status in the head of an answer: the first field of it, after a new size of the table.
    pub(crate) fn status(&self) -> Option<u16> {
        let at = self.contents.iter().position(|byte| byte & 0xe0 != 0x20)?;
        let [first, rest @ ..] = &self.contents[at..] else { return None };
        match first {
            // Static entries 8 to 14 (RFC 7541, appendix A).
            0x88..=0x8e => Some([200, 204, 206, 304, 400, 404, 500][usize::from(first - 0x88)]),
            // A literal one with the name of one of them, in Huffman's code (appendix B) or not.
            0x48..=0x4e => match rest {
                [3, digits @ ..] => std::str::from_utf8(digits.get(..3)?).ok()?.parse().ok(),
                [length @ 0x82..=0x83, code @ ..] => digits(code.get(..usize::from(length & 127))?),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Three digits in Huffman's code: 0 to 2 in 5 bits, the others in 6.
fn digits(code: &[u8]) -> Option<u16> {
    let bits = code.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let (mut left, mut number) = (8 * code.len(), 0);
    for _ in 0..3 {
        let five = bits >> left.checked_sub(5)? & 31;
        let digit = if five < 3 {
            left -= 5;
            five
        } else {
            left = left.checked_sub(6)?;
            (bits >> left & 63).checked_sub(0b01_1001)? + 3
        };
        number = number * 10 + u16::try_from(digit).ok()?;
    }
    Some(number)
}
