//! Heads as they are compressed: RFC 7541.

use super::{Comes::*, *};

/// A head that ends in this.
fn with(more: &[u8]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, &[&head("GET", "/", &[])[..], more].concat())
}

/// One that begins with this.
fn after(first: &[u8], stream: u32) -> Vec<u8> {
    frame(HEADERS, WHOLE, stream, &[first, &head("GET", "/", &[])].concat())
}

/// A field that is kept in the table, where it has the index 62.
fn kept(name: &str, value: &str) -> Vec<u8> {
    [&[0x40], &string(name)[..], &string(value)].concat()
}

pub(super) fn rows() -> Vec<Row> {
    let huffman =
        |code: &[u8]| [&[0x00][..], &string("x"), &[0x80 | code.len() as u8], code].concat();
    let kept_before =
        |next: Vec<u8>| Script::from(with(&kept("x-kept", "y"))).until(Answer(1, 200)).send(next);
    let indexed = [0x82, 0x86, 0x84, 0x41, 6, b'b', b'e', b'l', b'f', b'r', b'y'];
    let large = "x".repeat(5000);
    vec![
        // What is right.
        row(
            "2.3.2",
            "an indexed field of the dynamic table",
            kept_before(frame(HEADERS, WHOLE, 3, &[&head("GET", "/", &[])[..], &[0xbe]].concat())),
            Answer(3, 200),
        ),
        row(
            "2.3.2",
            "a field too large for the table",
            Script::from(with(&kept("x", &large))).until(Answer(1, 200)).send(frame(
                HEADERS,
                WHOLE,
                3,
                &[&head("GET", "/", &[])[..], &[0xbe]].concat(),
            )),
            GoAway(NO_HPACK),
        ),
        row("6.1", "indexed fields", frame(HEADERS, WHOLE, 1, &indexed), Answer(1, 200)),
        row(
            "6.2.1",
            "a literal field that is kept, with a name from the table",
            with(&[&[0x7a][..], &string("agent")].concat()),
            Answer(1, 200),
        ),
        row(
            "6.2.1",
            "a literal field that is kept, with a new name",
            with(&kept("x", "y")),
            Answer(1, 200),
        ),
        row(
            "6.2.2",
            "a literal field, with a name from the table",
            with(&[&integer(0, 4, 58)[..], &string("agent")].concat()),
            Answer(1, 200),
        ),
        row("6.2.2", "a literal field, with a new name", with(&field("x", "y")), Answer(1, 200)),
        row(
            "6.2.3",
            "a literal field that is never kept, with a name from the table",
            with(&[&integer(0x10, 4, 58)[..], &string("agent")].concat()),
            Answer(1, 200),
        ),
        row(
            "6.2.3",
            "a literal field that is never kept, with a new name",
            with(&[&[0x10][..], &string("x"), &string("y")].concat()),
            Answer(1, 200),
        ),
        row(
            "6.2.1",
            "a name from the dynamic table",
            kept_before(frame(
                HEADERS,
                WHOLE,
                3,
                &[&head("GET", "/", &[])[..], &integer(0x40, 6, 62), &string("z")].concat(),
            )),
            Answer(3, 200),
        ),
        row("5.2", "Huffman's code", with(&huffman(&[0xf3])), Answer(1, 200)),
        row("6.3", "a smaller table", after(&integer(0x20, 5, 0), 1), Answer(1, 200)),
        row(
            "6.3",
            "a table smaller and then as large as before",
            after(&[integer(0x20, 5, 0), integer(0x20, 5, 4096)].concat(), 1),
            Answer(1, 200),
        ),
        row(
            "4.3",
            "a smaller table, of which something is asked",
            kept_before(after(&[&integer(0x20, 5, 0)[..], &[0xbe]].concat(), 3)),
            GoAway(NO_HPACK),
        ),
        // What is wrong.
        row("2.3.3", "an index beyond both tables", with(&[0xbe]), GoAway(NO_HPACK)),
        row(
            "2.3.3",
            "a name with an index beyond both tables",
            with(&[&integer(0x40, 6, 62)[..], &string("y")].concat()),
            GoAway(NO_HPACK),
        ),
        row(
            "2.3.3",
            "a name with the largest index",
            with(&[&[0x7f, 0xff, 0xff, 0xff, 0xff, 0x07][..], &string("y")].concat()),
            GoAway(NO_HPACK),
        ),
        row(
            "4.2",
            "a new size of the table at the end of a head",
            with(&integer(0x20, 5, 1)),
            GoAway(NO_HPACK),
        ),
        row(
            "4.2",
            "a new size of the table within a head",
            frame(HEADERS, WHOLE, 1, &[&[0x82][..], &integer(0x20, 5, 1), &[0x86, 0x84]].concat()),
            GoAway(NO_HPACK),
        ),
        row(
            "5.1",
            "an integer without an end",
            with(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            GoAway(NO_HPACK),
        ),
        row("5.1", "an integer that is cut off", with(&[0xff]), GoAway(NO_HPACK)),
        row(
            "5.2",
            "a string longer than the head",
            with(&[0x00, 1, b'x', 100, b'y']),
            GoAway(NO_HPACK),
        ),
        row("5.2", "padding longer than 7 bits", with(&huffman(&[0xf3, 0xff])), GoAway(NO_HPACK)),
        row("5.2", "padding with zeros", with(&huffman(&[0xf2])), GoAway(NO_HPACK)),
        row(
            "5.2",
            "the end of the string in Huffman's code",
            with(&huffman(&[0xff, 0xff, 0xff, 0xff])),
            GoAway(NO_HPACK),
        ),
        row("6.1", "index 0", with(&[0x80]), GoAway(NO_HPACK)),
        row(
            "6.3",
            "a table larger than was offered",
            after(&integer(0x20, 5, 4097), 1),
            GoAway(NO_HPACK),
        ),
    ]
}
