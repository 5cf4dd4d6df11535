//! Who is here: the newest of a room's leases goes in, a count and names come out.

use crate::{chat::Here, text::chat::Words};

/// Marks that isolate a name, so that it cannot turn what stands beside it.
const ISOLATED: (char, char) = ('\u{2068}', '\u{2069}');

/// Who is in a room, in words: how many, and the names that they give. `number` writes a number.
pub fn who(here: &Here, words: &Words, number: fn(i64, u8) -> String) -> String {
    let (before, after) = ISOLATED;
    let names: Vec<_> = here.names.iter().map(|name| format!("{before}{name}{after}")).collect();
    let named = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let mut who = (words.here)(&number(here.count.into(), 0));
    if named > 0 {
        who = who + words.colon + &names.join(words.comma);
        match here.count.saturating_sub(named) {
            0 => {}
            rest => who = who + words.comma + &(words.nameless)(&number(rest.into(), 0)),
        }
    }
    who
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::chat::{CHINESE, ENGLISH};

    fn said(count: u32, names: &[&str], words: &Words) -> String {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let number = |number, _| format!("{number}");
        who(&Here { count, names }, words, number).replace(['\u{2068}', '\u{2069}'], "")
    }

    #[test]
    fn who_is_here_is_said_in_words() {
        assert_eq!(said(0, &[], &ENGLISH), "0 here");
        assert_eq!(said(2, &[], &ENGLISH), "2 here");
        assert_eq!(said(2, &["Ada", "Bob"], &ENGLISH), "2 here: Ada, Bob");
        assert_eq!(said(5, &["Ada", "Bob"], &ENGLISH), "5 here: Ada, Bob, 3 without a name");
        assert_eq!(said(3, &["Ada"], &CHINESE), "3 人在场：Ada、2 人未署名");
    }
}
