//! Requests: RFC 9113, section 8.

use super::{Comes::*, *};

/// HEADERS of a request without a body, with these fields alone.
fn asks(said: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, &fields(said))
}

/// The same with the usual fields before.
fn asks_with(more: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, &head("GET", "/", more))
}

pub(super) fn rows() -> Vec<Row> {
    [messages(), names(), first_fields(), lengths()].into_iter().flatten().collect()
}

fn messages() -> Vec<Row> {
    let trailers = |flags, said| frame(HEADERS, flags, 1, &fields(said));
    let begun = [post(1, &[]), frame(DATA, 0, 1, b"x")].concat();
    vec![
        row("8.1", "GET", get(1), Answer(1, 200)),
        row("8.1", "HEAD", frame(HEADERS, WHOLE, 1, &head("HEAD", "/", &[])), Answer(1, 200)),
        row(
            "8.1",
            "POST without a body",
            frame(HEADERS, WHOLE, 1, &head("POST", "/echo", &[])),
            Answer(1, 200),
        ),
        row(
            "8.1",
            "POST",
            [begun.clone(), frame(DATA, END_STREAM, 1, b"y")].concat(),
            Answer(1, 200),
        ),
        row(
            "8.1",
            "POST with trailers",
            [begun.clone(), trailers(WHOLE, &[("x", "y")])].concat(),
            Answer(1, 200),
        ),
        row(
            "8.1",
            "trailers that are not the end",
            [begun.clone(), trailers(END_HEADERS, &[("x", "y")])].concat(),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.1",
            "a method in trailers",
            [begun.clone(), trailers(WHOLE, &[(":method", "GET")])].concat(),
            Answer(1, 200),
        ),
        row(
            "8.1",
            "an unknown name of the protocol's in trailers",
            [begun.clone(), trailers(WHOLE, &[(":x", "y")])].concat(),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "8.1",
            "DATA after trailers",
            [begun, trailers(WHOLE, &[("x", "y")]), frame(DATA, END_STREAM, 1, b"x")].concat(),
            GoAway(CLOSED),
        ),
        row(
            "8.4",
            "PUSH_PROMISE of a client",
            frame(
                PUSH_PROMISE,
                END_HEADERS,
                1,
                &[&[0, 0, 0, 2][..], &head("GET", "/", &[])].concat(),
            ),
            GoAway(PROTOCOL_ERROR),
        ),
    ]
}

fn names() -> Vec<Row> {
    vec![
        row("8.2.1", "a name in capitals", asks_with(&[("X", "y")]), GoAway(PROTOCOL_ERROR)),
        row("8.2.1", "a name with a space", asks_with(&[("a b", "y")]), GoAway(PROTOCOL_ERROR)),
        row("8.2.1", "a name with a colon", asks_with(&[("a:b", "y")]), GoAway(PROTOCOL_ERROR)),
        row("8.2.1", "an empty name", asks_with(&[("", "y")]), GoAway(PROTOCOL_ERROR)),
        row(
            "8.2.1",
            "a line end in a value",
            asks_with(&[("x", "a\r\nb: c")]),
            GoAway(PROTOCOL_ERROR),
        ),
        row("8.2.1", "NUL in a value", asks_with(&[("x", "a\0b")]), GoAway(PROTOCOL_ERROR)),
        row("8.2.1", "an empty value", asks_with(&[("x", "")]), Answer(1, 200)),
        row(
            "8.2.2",
            "Connection",
            asks_with(&[("connection", "keep-alive")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row("8.2.2", "Keep-Alive", asks_with(&[("keep-alive", "5")]), Reset(1, PROTOCOL_ERROR)),
        row(
            "8.2.2",
            "Proxy-Connection",
            asks_with(&[("proxy-connection", "close")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.2.2",
            "Transfer-Encoding",
            asks_with(&[("transfer-encoding", "chunked")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row("8.2.2", "Upgrade", asks_with(&[("upgrade", "h2c")]), Reset(1, PROTOCOL_ERROR)),
        row("8.2.2", "TE: trailers", asks_with(&[("te", "trailers")]), Answer(1, 200)),
        row(
            "8.2.2",
            "another TE",
            asks_with(&[("te", "trailers, deflate")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.2.3",
            "Cookie in pieces",
            asks_with(&[("cookie", "a=b"), ("cookie", "c=d")]),
            Answer(1, 200),
        ),
    ]
}

fn first_fields() -> Vec<Row> {
    let (method, scheme, path, host) =
        ((":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "belfry"));
    vec![
        row(
            "8.3",
            "an unknown name of the protocol's",
            asks_with(&[(":x", "y")]),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "8.3",
            "the status of an answer",
            asks(&[method, scheme, path, host, (":status", "200")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3",
            "a name of the protocol's after another",
            asks(&[method, scheme, ("x", "y"), path]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row("8.3.1", "no method", asks(&[scheme, path, host]), Reset(1, PROTOCOL_ERROR)),
        row("8.3.1", "no scheme", asks(&[method, path, host]), Reset(1, PROTOCOL_ERROR)),
        row("8.3.1", "no path", asks(&[method, scheme, host]), Reset(1, PROTOCOL_ERROR)),
        row(
            "8.3.1",
            "an empty path",
            asks(&[method, scheme, (":path", ""), host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "a path that does not begin with a slash",
            asks(&[method, scheme, (":path", "x"), host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "a path with a space",
            asks(&[method, scheme, (":path", "/ x"), host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "two methods",
            asks(&[method, method, scheme, path, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "two schemes",
            asks(&[method, scheme, scheme, path, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "two paths",
            asks(&[method, scheme, path, path, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "two authorities",
            asks(&[method, scheme, path, host, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "an invalid method",
            asks(&[(":method", "G T"), scheme, path, host]),
            GoAway(PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "an empty authority",
            asks(&[method, scheme, path, (":authority", "")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "an invalid authority",
            asks(&[method, scheme, path, (":authority", "a b")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.3.1",
            "the scheme https without TLS, as proxies say it",
            asks(&[method, (":scheme", "https"), path, host]),
            Answer(1, 200),
        ),
        row(
            "8.5",
            "CONNECT with a path",
            asks(&[(":method", "CONNECT"), path, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.5",
            "CONNECT with a scheme",
            asks(&[(":method", "CONNECT"), scheme, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.5",
            "CONNECT with a protocol, which was not offered",
            asks(&[(":method", "CONNECT"), (":protocol", "websocket"), scheme, path, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row(
            "8.5",
            "a protocol without CONNECT",
            asks(&[method, (":protocol", "websocket"), scheme, path, host]),
            Reset(1, PROTOCOL_ERROR),
        ),
    ]
}

fn lengths() -> Vec<Row> {
    let with = |length, data: &[u8]| {
        [post(1, &[("content-length", length)]), frame(DATA, END_STREAM, 1, data)].concat()
    };
    let in_two = [
        post(1, &[("content-length", "1")]),
        frame(DATA, 0, 1, b"x"),
        frame(DATA, END_STREAM, 1, b"y"),
    ]
    .concat();
    vec![
        row("8.1.1", "the right length", with("4", b"body"), Answer(1, 200)),
        row("8.1.1", "a length that is too small", with("1", b"body"), Reset(1, PROTOCOL_ERROR)),
        row("8.1.1", "a length that is too large", with("9", b"body"), Reset(1, PROTOCOL_ERROR)),
        row("8.1.1", "a length that is too small for two pieces", in_two, Reset(1, PROTOCOL_ERROR)),
        row(
            "8.1.1",
            "a length without a body",
            asks_with(&[("content-length", "1")]),
            Reset(1, PROTOCOL_ERROR),
        ),
        row("8.1.1", "a length that is none", with("x", b"body"), Reset(1, PROTOCOL_ERROR)),
        row(
            "8.1.1",
            "two lengths",
            [
                post(1, &[("content-length", "4"), ("content-length", "5")]),
                frame(DATA, END_STREAM, 1, b"body"),
            ]
            .concat(),
            Reset(1, PROTOCOL_ERROR),
        ),
    ]
}
