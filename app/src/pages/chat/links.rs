//! Splits a text into parts, so that the web addresses in it can be shown as links.
//!
//! The crate `linkify` takes what follows an address in Chinese for a part of it, as in
//! `https://example.com。好`.

use wire::chat::visible::is_invisible;

/// What an address of the web begins with.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// What ends an address wherever it stands: quotes, brackets that no address holds, and the
/// punctuation of Chinese and Japanese.
const ENDS: &str = "<>\"`{}|\\^“”‘’«»…、。，．；：？！（）［］｛｝【】《》〈〉「」『』〔〕";

/// What belongs to the sentence, and not to the address, where it stands at its end.
const TRAILING: &str = ".,;:!?'*_~";

/// The longest address that becomes a link, in bytes.
const LONGEST: usize = 2048;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The part as it was typed.
    pub text: &'a str,
    /// It is an address of the web.
    pub link: bool,
}

/// The parts of a text, in order. Only `http:` and `https:` make a link: a script has no such address.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut plain, mut from) = (Vec::new(), 0, 0);
    for (at, _) in text.match_indices('h') {
        if at < from || text[..at].ends_with(|one: char| one.is_ascii_alphanumeric()) {
            continue;
        }
        let run = run(&text[at..]);
        // What is too long for a link is passed over as a whole: no text is looked through twice.
        from = at + run.len();
        let address = if run.len() > LONGEST { "" } else { trimmed(run) };
        if !address.is_empty() {
            parts.push(Part { text: &text[plain..at], link: false });
            parts.push(Part { text: address, link: true });
            plain = at + address.len();
        }
    }
    parts.push(Part { text: &text[plain..], link: false });
    parts.retain(|part| !part.text.is_empty());
    parts
}

/// What a text begins with that could be an address; empty where nothing could.
fn run(text: &str) -> &str {
    let rest = SCHEMES.into_iter().find_map(|scheme| text.strip_prefix(scheme));
    let begins = |one: char| one.is_alphanumeric() || one == '[';
    let Some(rest) = rest.filter(|rest| rest.starts_with(begins)) else { return "" };
    let stops = |one: char| one.is_whitespace() || ENDS.contains(one) || is_invisible(one);
    let end = rest.find(stops).unwrap_or(rest.len());
    // A number of IPv6 is closed (RFC 3986, section 3.2.2).
    if rest.starts_with('[') && !rest[..end].contains(']') {
        return "";
    }
    &text[..text.len() - rest.len() + end]
}

/// The same without what belongs to the sentence around it.
fn trimmed(mut address: &str) -> &str {
    let count = |one| address.matches(one).count();
    // How many are closed that were never opened.
    let mut round = count(')').saturating_sub(count('('));
    let mut square = count(']').saturating_sub(count('['));
    while let Some(last) = address.chars().last() {
        match last {
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            last if TRAILING.contains(last) => {}
            _ => break,
        }
        address = &address[..address.len() - 1];
    }
    address
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn links(text: &str) -> Vec<&str> {
        parts(text).into_iter().filter(|part| part.link).map(|part| part.text).collect()
    }

    #[test]
    fn an_address_ends_where_the_sentence_goes_on() {
        for (text, link) in [
            ("https://example.com", "https://example.com"),
            ("see http://a.b/c?d=e&f#g.", "http://a.b/c?d=e&f#g"),
            ("(https://a.b/c_(d)), yes", "https://a.b/c_(d)"),
            ("[1]: https://[::1]:3000/x]", "https://[::1]:3000/x"),
            ("看https://example.com。好", "https://example.com"),
            ("（https://例子.中国/路径），然后", "https://例子.中国/路径"),
            ("\"https://a.b/c\"><script>", "https://a.b/c"),
            ("'https://a.b/c'", "https://a.b/c"),
            ("https://a.b/\u{202e}moc.d", "https://a.b/"),
            ("https://a.b\nnext", "https://a.b"),
        ] {
            assert_eq!(links(text), [link], "{text:?}");
        }
        assert_eq!(links("https://a.b https://c.d"), ["https://a.b", "https://c.d"]);
    }

    #[test]
    fn the_longest_texts_take_no_longer_than_they_are_long() {
        // Quadratic, each of these would take a second or more.
        for piece in [")", "https://?", "https://a)", "http", "h"] {
            let text = format!("https://a{}", piece.repeat(1_000_000 / piece.len()));
            assert_eq!(parts(&text).iter().map(|part| part.text.len()).sum::<usize>(), text.len());
        }
        let long = format!("https://a.b/{}", "c".repeat(LONGEST));
        assert_eq!(links(&long), [""; 0]);
        assert_eq!(links(&format!("https://a.b/{}", ")".repeat(2000))), ["https://a.b/"]);
    }

    #[test]
    fn what_is_no_address_of_the_web_is_no_link() {
        for text in [
            "javascript:alert(1)",
            "javascript://a.b/%0aalert(1)",
            "data:text/html,x",
            "xhttps://a.b",
            "https://",
            "https://?",
            "https://[::1",
            "http:/a.b",
            "https",
            "//a.b",
        ] {
            assert_eq!(links(text), [""; 0], "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_are_the_text(text in "(https?://|[a-z.()， 。/]|\\PC){0,20}") {
            let whole: String = parts(&text).iter().map(|part| part.text).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
