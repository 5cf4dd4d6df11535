//! Each type of frame: RFC 9113, sections 6 and 7.

use super::{Comes::*, *};

/// HEADERS without the end of the head.
fn begun(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_STREAM, stream, &head("GET", "/", &[]))
}

fn ack_of(ping: &[u8]) -> Comes {
    Exactly(Frame::new([0, 0, 0, PING, ACK, 0, 0, 0, 0], ping.to_vec()))
}

pub(super) fn rows() -> Vec<Row> {
    let parts = [bodies(), heads(), streams(), connections(), windows(), continuations(), errors()];
    parts.into_iter().flatten().collect()
}

fn bodies() -> Vec<Row> {
    let with = |flags, contents: &[u8]| [post(1, &[]), frame(DATA, flags, 1, contents)].concat();
    vec![
        row("6.1", "DATA", with(END_STREAM, b"x"), Answer(1, 200)),
        row(
            "6.1",
            "DATA twice",
            [with(0, b"x"), frame(DATA, END_STREAM, 1, b"y")].concat(),
            Answer(1, 200),
        ),
        row("6.1", "empty DATA", with(END_STREAM, b""), Answer(1, 200)),
        row("6.1", "padded DATA", with(END_STREAM | PADDED, b"\x05x\0\0\0\0\0"), Answer(1, 200)),
        row(
            "6.1",
            "DATA that is all padding",
            with(END_STREAM | PADDED, b"\x05\0\0\0\0\0"),
            Answer(1, 200),
        ),
        row("6.1", "DATA on stream 0", frame(DATA, END_STREAM, 0, b"x"), GoAway(PROTOCOL_ERROR)),
        row(
            "6.1",
            "padding as long as the frame",
            with(END_STREAM | PADDED, b"\x04x\0\0"),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.1",
            "padding longer than the frame",
            with(END_STREAM | PADDED, b"\xffx"),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.1",
            "padding without its length",
            with(END_STREAM | PADDED, b""),
            GoAway(PROTOCOL_ERROR),
        ),
    ]
}

fn heads() -> Vec<Row> {
    let padded = |length: u8, padding: usize| {
        let contents = [&[length][..], &head("GET", "/", &[]), &vec![0; padding]].concat();
        frame(HEADERS, WHOLE | PADDED, 1, &contents)
    };
    vec![
        row("6.2", "padded HEADERS", padded(9, 9), Answer(1, 200)),
        row(
            "6.2",
            "padded HEADERS with a priority",
            frame(
                HEADERS,
                WHOLE | PADDED | PRIORITIZED,
                1,
                &[&[2, 0, 0, 0, 0, 15][..], &head("GET", "/", &[]), &[0; 2]].concat(),
            ),
            Answer(1, 200),
        ),
        row("6.2", "padding longer than the frame", padded(255, 0), GoAway(PROTOCOL_ERROR)),
        row(
            "6.2",
            "padding without its length",
            frame(HEADERS, WHOLE | PADDED, 1, &[]),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.2",
            "a priority that is cut off",
            frame(HEADERS, WHOLE | PRIORITIZED, 1, &[0; 4]),
            GoAway(PROTOCOL_ERROR),
        ),
        row("6.2", "HEADERS on stream 0", get(0), GoAway(PROTOCOL_ERROR)),
        row(
            "6.2",
            "PRIORITY before the end of a head",
            [begun(1), frame(PRIORITY, 0, 3, &[0; 5])].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.2",
            "HEADERS before the end of a head",
            [begun(1), get(3)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.6",
            "PUSH_PROMISE",
            [
                wait(1),
                frame(
                    PUSH_PROMISE,
                    END_HEADERS,
                    1,
                    &[&[0, 0, 0, 2][..], &head("GET", "/", &[])].concat(),
                ),
            ]
            .concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.6",
            "PUSH_PROMISE on stream 0",
            frame(
                PUSH_PROMISE,
                END_HEADERS,
                0,
                &[&[0, 0, 0, 2][..], &head("GET", "/", &[])].concat(),
            ),
            GoAway(PROTOCOL_ERROR),
        ),
    ]
}

fn streams() -> Vec<Row> {
    let priority = |stream, contents: &[u8]| frame(PRIORITY, 0, stream, contents);
    vec![
        row("6.3", "PRIORITY", [wait(1), priority(1, &[0, 0, 0, 0, 0])].concat(), Nothing),
        row(
            "6.3",
            "PRIORITY with the largest weight",
            [wait(1), priority(1, &[0, 0, 0, 0, 255])].concat(),
            Nothing,
        ),
        row(
            "6.3",
            "PRIORITY on a stream alone",
            [wait(1), wait(3), priority(3, &[0x80, 0, 0, 1, 15])].concat(),
            Nothing,
        ),
        row("6.3", "PRIORITY on stream 0", priority(0, &[0, 0, 0, 1, 15]), GoAway(PROTOCOL_ERROR)),
        row(
            "6.3",
            "PRIORITY of 4 bytes",
            [wait(1), priority(1, &[0, 0, 0, 0])].concat(),
            GoAway(WRONG_SIZE),
        ),
        row(
            "6.3",
            "PRIORITY of 6 bytes",
            [wait(1), priority(1, &[0, 0, 0, 0, 15, 0])].concat(),
            GoAway(WRONG_SIZE),
        ),
        row("6.4", "RST_STREAM", [wait(1), reset(1, CANCEL)].concat(), Nothing),
        row(
            "6.4",
            "RST_STREAM within a body",
            [post(1, &[]), frame(DATA, 0, 1, b"x"), reset(1, CANCEL)].concat(),
            Nothing,
        ),
        row("6.4", "RST_STREAM on stream 0", reset(0, CANCEL), GoAway(PROTOCOL_ERROR)),
        row(
            "6.4",
            "RST_STREAM of 3 bytes",
            [wait(1), frame(RST_STREAM, 0, 1, &[0; 3])].concat(),
            GoAway(WRONG_SIZE),
        ),
        row(
            "6.4",
            "RST_STREAM of 5 bytes",
            [wait(1), frame(RST_STREAM, 0, 1, &[0; 5])].concat(),
            GoAway(WRONG_SIZE),
        ),
    ]
}

fn connections() -> Vec<Row> {
    let ping = |flags, stream, contents: &[u8]| frame(PING, flags, stream, contents);
    let acknowledged = Exactly(acknowledged());
    let one_by_one = settings(&[(4, 5), (4, 1)]);
    vec![
        row("6.5", "SETTINGS", settings(&[]), acknowledged.clone()),
        row(
            "6.5",
            "an acknowledgement with contents",
            frame(SETTINGS, ACK, 0, &[0]),
            GoAway(WRONG_SIZE),
        ),
        row(
            "6.5",
            "an acknowledgement of nothing",
            frame(SETTINGS, ACK, 0, &[]),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.5",
            "SETTINGS on a stream",
            frame(SETTINGS, 0, 1, &[0, 3, 0, 0, 0, 7]),
            GoAway(PROTOCOL_ERROR),
        ),
        row("6.5", "SETTINGS of 3 bytes", frame(SETTINGS, 0, 0, &[0, 3, 0]), GoAway(WRONG_SIZE)),
        row("6.5.2", "ENABLE_PUSH of 2", settings(&[(2, 2)]), GoAway(PROTOCOL_ERROR)),
        row("6.5.2", "ENABLE_PUSH of 0", settings(&[(2, 0)]), acknowledged.clone()),
        row(
            "6.5.2",
            "INITIAL_WINDOW_SIZE of 2^31",
            settings(&[(4, 1 << 31)]),
            GoAway(WRONG_WINDOW),
        ),
        row(
            "6.5.2",
            "INITIAL_WINDOW_SIZE of 2^31 - 1",
            settings(&[(4, (1 << 31) - 1)]),
            acknowledged.clone(),
        ),
        row(
            "6.5.2",
            "MAX_FRAME_SIZE of 16,383",
            settings(&[(5, (1 << 14) - 1)]),
            GoAway(PROTOCOL_ERROR),
        ),
        row("6.5.2", "MAX_FRAME_SIZE of 2^24", settings(&[(5, 1 << 24)]), GoAway(PROTOCOL_ERROR)),
        row(
            "6.5.2",
            "MAX_FRAME_SIZE of 2^24 - 1",
            settings(&[(5, (1 << 24) - 1)]),
            acknowledged.clone(),
        ),
        row(
            "6.5.2",
            "HEADER_TABLE_SIZE of 2^32 - 1",
            [settings(&[(1, u32::MAX)]), get(1)].concat(),
            Answer(1, 200),
        ),
        row(
            "6.5.2",
            "HEADER_TABLE_SIZE of 0",
            [settings(&[(1, 0)]), get(1), get(3)].concat(),
            Answer(3, 200),
        ),
        row("6.5.2", "a setting that is unknown", settings(&[(0xff, 1)]), acknowledged.clone()),
        row("6.5.3", "the last of two values counts", [one_by_one, get(1)].concat(), Piece(1, 1)),
        row("6.7", "PING", ping(0, 0, b"whatever"), ack_of(b"whatever")),
        row(
            "6.7",
            "PING with an acknowledgement, which is none of ours",
            ping(ACK, 0, b"whatever"),
            Nothing,
        ),
        row("6.7", "PING on a stream", ping(0, 1, b"whatever"), GoAway(PROTOCOL_ERROR)),
        row("6.7", "PING of 6 bytes", ping(0, 0, &[0; 6]), GoAway(WRONG_SIZE)),
        row("6.7", "PING of 9 bytes", ping(0, 0, &[0; 9]), GoAway(WRONG_SIZE)),
        row("6.8", "GOAWAY on a stream", frame(GOAWAY, 0, 1, &[0; 8]), GoAway(PROTOCOL_ERROR)),
        row("6.8", "GOAWAY of 7 bytes", frame(GOAWAY, 0, 0, &[0; 7]), GoAway(WRONG_SIZE)),
        row("6.8", "GOAWAY when nothing is under way", frame(GOAWAY, 0, 0, &[0; 8]), End),
        row(
            "6.8",
            "GOAWAY within a request, which is answered",
            Script::from(
                [post(1, &[]), frame(GOAWAY, 0, 0, &[0; 8]), frame(DATA, END_STREAM, 1, b"x")]
                    .concat(),
            )
            .until(Answer(1, 200)),
            End,
        ),
    ]
}

fn windows() -> Vec<Row> {
    let narrow = settings(&[(4, 1)]);
    let negative = || Script::from([settings(&[(4, 2)]), get(1)].concat()).until(Piece(1, 2));
    vec![
        row(
            "6.9",
            "WINDOW_UPDATE of the connection",
            [window(0, 1), get(1)].concat(),
            Answer(1, 200),
        ),
        row("6.9", "WINDOW_UPDATE of a stream", [wait(1), window(1, 1)].concat(), Nothing),
        row(
            "6.9",
            "a reserved bit of the increment",
            [wait(1), window(1, 1 << 31 | 1)].concat(),
            Nothing,
        ),
        row("6.9", "WINDOW_UPDATE by 0", window(0, 0), GoAway(PROTOCOL_ERROR)),
        row(
            "6.9",
            "WINDOW_UPDATE of a stream by 0",
            [wait(1), window(1, 0)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.9",
            "WINDOW_UPDATE of 3 bytes",
            frame(WINDOW_UPDATE, 0, 0, &[0, 0, 1]),
            GoAway(WRONG_SIZE),
        ),
        row(
            "6.9",
            "WINDOW_UPDATE of 5 bytes",
            frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1, 0]),
            GoAway(WRONG_SIZE),
        ),
        row(
            "6.9.1",
            "an answer through a window of one byte",
            [narrow.clone(), get(1)].concat(),
            Piece(1, 1),
        ),
        row(
            "6.9.1",
            "an answer byte by byte",
            Script::from([narrow.clone(), get(1)].concat())
                .until(Piece(1, 1))
                .send(window(1, 1))
                .until(Piece(1, 1))
                .send(window(1, 1)),
            Answer(1, 200),
        ),
        row(
            "6.9.1",
            "a window of the connection over 2^31 - 1",
            [window(0, (1 << 31) - 1), window(0, (1 << 31) - 1)].concat(),
            GoAway(FLOW_CONTROL_ERROR),
        ),
        row(
            "6.9.1",
            "a window of a stream over 2^31 - 1",
            [wait(1), window(1, (1 << 31) - 1), window(1, (1 << 31) - 1)].concat(),
            Reset(1, FLOW_CONTROL_ERROR),
        ),
        row(
            "6.9.2",
            "a window that opens later",
            Script::from([settings(&[(4, 0)]), get(1)].concat()).send(narrow.clone()),
            Piece(1, 1),
        ),
        row(
            "6.9.2",
            "a window that is negative",
            negative().send(narrow.clone()).send(window(1, 1)).send(window(1, 1)),
            Piece(1, 1),
        ),
        row(
            "6.9.2",
            "windows over 2^31 - 1 by SETTINGS",
            [wait(1), window(1, (1 << 31) - 1 - 65_535), settings(&[(4, 65_536)])].concat(),
            GoAway(FLOW_CONTROL_ERROR),
        ),
        row(
            "6.9.1",
            "a body larger than its window",
            [post(1, &[]), frame(DATA, 0, 1, &[0; 1 << 14]).repeat(5)].concat(),
            Reset(1, FLOW_CONTROL_ERROR),
        ),
    ]
}

fn continuations() -> Vec<Row> {
    let more = |flags, stream| frame(CONTINUATION, flags, stream, &field("x", "y"));
    vec![
        row("6.10", "CONTINUATION", [begun(1), more(END_HEADERS, 1)].concat(), Answer(1, 200)),
        row(
            "6.10",
            "CONTINUATION three times",
            [begun(1), more(0, 1), more(0, 1), more(END_HEADERS, 1)].concat(),
            Answer(1, 200),
        ),
        row(
            "6.10",
            "something else than the next CONTINUATION",
            [begun(1), more(0, 1), frame(PING, 0, 0, &[0; 8])].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.10",
            "CONTINUATION on stream 0",
            [begun(1), more(END_HEADERS, 0)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.10",
            "CONTINUATION of another stream",
            [begun(1), more(END_HEADERS, 3)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.10",
            "CONTINUATION after the end in HEADERS",
            [wait(1), more(END_HEADERS, 1)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.10",
            "CONTINUATION after the end in CONTINUATION",
            [begun(1), more(END_HEADERS, 1), more(END_HEADERS, 1)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "6.10",
            "CONTINUATION after DATA",
            [post(1, &[]), frame(DATA, 0, 1, b"x"), more(END_HEADERS, 1)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
    ]
}

fn errors() -> Vec<Row> {
    vec![
        row("7", "RST_STREAM with an unknown error", [wait(1), reset(1, 0xff)].concat(), Nothing),
        row(
            "7",
            "GOAWAY with an unknown error",
            frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0xff]),
            End,
        ),
    ]
}
