//! How a connection begins, and frames as such: RFC 9113, sections 3.4, 4 and 5.5.

use super::{Comes::*, *};

/// A head in so many frames.
fn in_pieces(stream: u32, pieces: usize) -> Vec<u8> {
    let head = head("GET", "/", &[("x-long", &"x".repeat(100))]);
    let mut pieces = head.chunks(head.len().div_ceil(pieces)).peekable();
    let first = pieces.next().unwrap();
    let flags = if pieces.peek().is_some() { END_STREAM } else { WHOLE };
    let mut frames = frame(HEADERS, flags, stream, first);
    while let Some(piece) = pieces.next() {
        let flags = if pieces.peek().is_some() { 0 } else { END_HEADERS };
        frames.extend(frame(CONTINUATION, flags, stream, piece));
    }
    frames
}

pub(super) fn rows() -> Vec<Row> {
    let begun = [PREFACE, &settings(&[])].concat();
    let other_preface = b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n";
    vec![
        row(
            "3.4",
            "preface and SETTINGS",
            Script::raw(&[&*begun, &get(1)].concat()),
            Answer(1, 200),
        ),
        row(
            "3.4",
            "SETTINGS with values",
            settings(&[(1, 0), (3, 7), (4, 1 << 20), (5, 1 << 20), (6, 1)]),
            Nothing,
        ),
        row("3.4", "another preface", Script::raw(other_preface), End),
        row(
            "3.4",
            "no SETTINGS after the preface",
            Script::raw(&[PREFACE, &frame(PING, 0, 0, &[0; 8])].concat()),
            Exactly(Frame::new([0, 0, 0, PING, ACK, 0, 0, 0, 0], vec![0; 8])),
        ),
        row(
            "3.4",
            "a request before SETTINGS",
            Script::raw(&[PREFACE, &get(1)].concat()),
            Answer(1, 200),
        ),
        row(
            "4.1",
            "an unknown type",
            [frame(0x16, 0, 0, &[0; 8]), get(1)].concat(),
            Answer(1, 200),
        ),
        row(
            "4.1",
            "an unknown type, as long as may be",
            [frame(0xff, 0xff, 1, &[0; 1 << 14]), get(1)].concat(),
            Answer(1, 200),
        ),
        row(
            "4.1",
            "undefined flags of PING",
            frame(PING, 0xfe, 0, b"whatever"),
            Exactly(Frame::new([0, 0, 0, PING, ACK, 0, 0, 0, 0], b"whatever".to_vec())),
        ),
        row(
            "4.1",
            "undefined flags of HEADERS",
            frame(HEADERS, WHOLE | 0xc2, 1, &head("GET", "/", &[])),
            Answer(1, 200),
        ),
        row(
            "4.1",
            "a reserved bit",
            frame(PING, 0, 1 << 31, b"whatever"),
            Exactly(Frame::new([0, 0, 0, PING, ACK, 0, 0, 0, 0], b"whatever".to_vec())),
        ),
        row(
            "4.1",
            "a reserved bit of a stream",
            frame(HEADERS, WHOLE, 1 << 31 | 1, &head("GET", "/", &[])),
            Answer(1, 200),
        ),
        row(
            "4.2",
            "DATA of 16,384 bytes",
            [post(1, &[]), frame(DATA, END_STREAM, 1, &[b'x'; 1 << 14])].concat(),
            Answer(1, 200),
        ),
        row(
            "4.2",
            "DATA of 16,385 bytes",
            [post(1, &[]), frame(DATA, END_STREAM, 1, &[b'x'; (1 << 14) + 1])].concat(),
            GoAway(FRAME_SIZE_ERROR),
        ),
        row(
            "4.2",
            "HEADERS of 16,385 bytes",
            frame(HEADERS, WHOLE, 1, &[&head("GET", "/", &[])[..], &[0; 1 << 14]].concat()),
            GoAway(FRAME_SIZE_ERROR),
        ),
        row(
            "4.2",
            "SETTINGS of 16,386 bytes",
            frame(SETTINGS, 0, 0, &[0xff; 6 * 2731]),
            GoAway(FRAME_SIZE_ERROR),
        ),
        row(
            "4.2",
            "a length of 16 MiB that never comes",
            [0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1].to_vec(),
            GoAway(FRAME_SIZE_ERROR),
        ),
        row(
            "4.3",
            "HPACK that is none",
            frame(HEADERS, WHOLE, 1, &[0x40, 1, b'a', 9]),
            GoAway(NO_HPACK),
        ),
        row("4.3", "a head in one frame", in_pieces(1, 1), Answer(1, 200)),
        row("4.3", "a head in two", in_pieces(1, 2), Answer(1, 200)),
        row("4.3", "a head in five", in_pieces(1, 5), Answer(1, 200)),
        row(
            "4.3",
            "PRIORITY within a head",
            [
                frame(HEADERS, END_STREAM, 1, &head("GET", "/", &[])),
                frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 255]),
                frame(CONTINUATION, END_HEADERS, 1, &[]),
            ]
            .concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "4.3",
            "HEADERS of another stream within a head",
            [frame(HEADERS, END_STREAM, 1, &head("GET", "/", &[])), get(3)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "4.3",
            "DATA within a head",
            [frame(HEADERS, 0, 1, &head("POST", "/echo", &[])), frame(DATA, END_STREAM, 1, b"x")]
                .concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "5.5",
            "an unknown type between requests",
            [get(1), frame(0xfa, 0, 0, b"x"), get(3)].concat(),
            Answer(3, 200),
        ),
        row(
            "5.5",
            "an unknown type within a head",
            [
                frame(HEADERS, END_STREAM, 1, &head("GET", "/", &[])),
                frame(0xfa, 0, 0, &[0; 8]),
                frame(CONTINUATION, END_HEADERS, 1, &[]),
            ]
            .concat(),
            GoAway(PROTOCOL_ERROR),
        ),
    ]
}
