//! The states of streams, their numbers, their priorities, and errors: RFC 9113, section 5.

use super::{Comes::*, *};

/// A request, and what it was answered.
fn answered() -> Script {
    Script::from(get(1)).until(Answer(1, 200))
}

/// A request that was reset by its client.
fn given_up() -> Vec<u8> {
    [wait(1), reset(1, CANCEL)].concat()
}

pub(super) fn rows() -> Vec<Row> {
    let data = frame(DATA, END_STREAM, 1, b"x");
    let more = frame(CONTINUATION, END_HEADERS, 1, &field("x", "y"));
    let priority = |stream, on: u32, weight| {
        frame(PRIORITY, 0, stream, &[&on.to_be_bytes()[..], &[weight]].concat())
    };
    let crowd: Vec<u8> = (0..101).flat_map(|number| wait(2 * number + 1)).collect();
    vec![
        // Idle.
        row("5.1", "DATA on an idle stream", data.clone(), GoAway(PROTOCOL_ERROR)),
        row("5.1", "RST_STREAM on an idle stream", reset(1, CANCEL), GoAway(PROTOCOL_ERROR)),
        row("5.1", "WINDOW_UPDATE on an idle stream", window(1, 100), GoAway(PROTOCOL_ERROR)),
        row("5.1", "CONTINUATION on an idle stream", more.clone(), GoAway(PROTOCOL_ERROR)),
        row(
            "5.1",
            "PRIORITY on an idle stream",
            [priority(1, 0, 15), get(1)].concat(),
            Answer(1, 200),
        ),
        // Half closed by the client.
        row(
            "5.1",
            "DATA after the end of a request",
            [wait(1), data.clone()].concat(),
            GoAway(CLOSED),
        ),
        row(
            "5.1",
            "HEADERS after the end of a request",
            [wait(1), get(1)].concat(),
            GoAway(CLOSED),
        ),
        row(
            "5.1",
            "CONTINUATION after the end of a request",
            [wait(1), more.clone()].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "5.1",
            "WINDOW_UPDATE after the end of a request",
            [wait(1), window(1, 1)].concat(),
            Nothing,
        ),
        row(
            "5.1",
            "PRIORITY after the end of a request",
            [wait(1), priority(1, 0, 15)].concat(),
            Nothing,
        ),
        row(
            "5.1",
            "RST_STREAM after the end of a request",
            [wait(1), reset(1, CANCEL)].concat(),
            Nothing,
        ),
        // Closed by the client.
        row(
            "5.1",
            "DATA after RST_STREAM",
            [given_up(), data.clone()].concat(),
            Reset(1, STREAM_CLOSED),
        ),
        row("5.1", "HEADERS after RST_STREAM", [given_up(), get(1)].concat(), GoAway(CLOSED)),
        row(
            "5.1",
            "CONTINUATION after RST_STREAM",
            [given_up(), more.clone()].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row("5.1", "RST_STREAM after RST_STREAM", [given_up(), reset(1, CANCEL)].concat(), Nothing),
        row("5.1", "WINDOW_UPDATE after RST_STREAM", [given_up(), window(1, 1)].concat(), Nothing),
        row("5.1", "PRIORITY after RST_STREAM", [given_up(), priority(1, 0, 15)].concat(), Nothing),
        // Closed by both.
        row("5.1", "DATA after the answer", answered().send(data.clone()), Reset(1, STREAM_CLOSED)),
        row("5.1", "HEADERS after the answer", answered().send(get(1)), GoAway(CLOSED)),
        row(
            "5.1",
            "CONTINUATION after the answer",
            answered().send(more.clone()),
            GoAway(PROTOCOL_ERROR),
        ),
        row("5.1", "WINDOW_UPDATE after the answer", answered().send(window(1, 1)), Nothing),
        row("5.1", "RST_STREAM after the answer", answered().send(reset(1, CANCEL)), Nothing),
        row("5.1", "PRIORITY after the answer", answered().send(priority(1, 0, 15)), Nothing),
        row("5.1.1", "a stream with an even number", get(2), GoAway(PROTOCOL_ERROR)),
        row(
            "5.1.1",
            "a stream with a smaller number",
            [wait(5), get(3)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row("5.1.1", "numbers that are left out", [get(5), get(77)].concat(), Answer(77, 200)),
        row("5.1.1", "the same number twice", answered().send(get(1)), GoAway(PROTOCOL_ERROR)),
        row(
            "5.1.2",
            "the 101st stream",
            Script::from(crowd.clone())
                .until(Comes::Reset(201, REFUSED_STREAM))
                .send(reset(1, CANCEL)),
            Nothing,
        ),
        row(
            "5.1.2",
            "a stream in the place of one that was reset",
            [crowd[..crowd.len() - wait(201).len()].to_vec(), reset(1, CANCEL), get(201)].concat(),
            Answer(201, 200),
        ),
        row(
            "5.3.2",
            "HEADERS with a priority",
            frame(
                HEADERS,
                WHOLE | PRIORITIZED,
                1,
                &[&[0, 0, 0, 0, 15], &head("GET", "/", &[])[..]].concat(),
            ),
            Answer(1, 200),
        ),
        row(
            "5.3.2",
            "HEADERS that depend on a stream alone",
            [
                wait(1),
                frame(
                    HEADERS,
                    WHOLE | PRIORITIZED,
                    3,
                    &[&[0x80, 0, 0, 1, 255], &head("GET", "/", &[])[..]].concat(),
                ),
            ]
            .concat(),
            Answer(3, 200),
        ),
        row(
            "5.3.1",
            "HEADERS that depend on themselves",
            frame(
                HEADERS,
                WHOLE | PRIORITIZED,
                1,
                &[&[0, 0, 0, 1, 15], &head("GET", "/", &[])[..]].concat(),
            ),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "5.3.1",
            "PRIORITY that depends on itself",
            [wait(1), priority(1, 1, 15)].concat(),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "5.3.1",
            "PRIORITY of two streams on each other",
            [priority(3, 5, 0), priority(5, 3, 255), get(7)].concat(),
            Answer(7, 200),
        ),
        row(
            "5.3.4",
            "PRIORITY of a later stream, and an earlier one",
            [priority(7, 0, 255), get(1)].concat(),
            Answer(1, 200),
        ),
        row(
            "5.4.1",
            "what follows an error of the connection",
            [frame(PING, 0, 3, &[0; 8]), get(1)].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "5.4.2",
            "what follows an error of a stream",
            [frame(HEADERS, WHOLE, 1, &fields(&[(":method", "GET")])), get(3)].concat(),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "5.4.2",
            "DATA after an error of its stream",
            [
                frame(HEADERS, END_HEADERS, 1, &fields(&[(":method", "GET")])),
                frame(DATA, 0, 1, &[0; 1000]),
            ]
            .concat(),
            Reset(1, PROTOCOL_ERROR),
        ),
    ]
}
