//! Who is in a room, in words: a count and names.

use wire::chat::RoomPresence;

use crate::text::chat::Words;

/// Marks that isolate a name, so that it cannot turn what stands beside it.
const ISOLATED: (char, char) = ('\u{2068}', '\u{2069}');

/// Who is in a room, in words: how many, and the names that they give, at most `most`. `number` writes a
/// number.
pub fn who(
    presence: &RoomPresence,
    most: usize,
    words: &Words,
    number: fn(i64, u8) -> String,
) -> String {
    let (before, after) = ISOLATED;
    let mut named = 0;
    let name = |(at, name): (usize, &String)| {
        let name = format!("{before}{name}{after}");
        let times = presence.times.get(at).copied().unwrap_or(1);
        named += times;
        if times > 1 { (words.times)(&name, &number(times.into(), 0)) } else { name }
    };
    let mut names: Vec<_> = presence.names.iter().enumerate().take(most).map(name).collect();
    if presence.names.len() > most {
        names.push("…".to_owned());
        named = presence.count;
    }
    let mut who = (words.here)(&number(presence.count.into(), 0));
    if named > 0 {
        who = who + words.colon + &names.join(words.comma);
        match presence.count.saturating_sub(named) {
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
        who(&RoomPresence { count, names, times: Vec::new() }, 3, words, number)
            .replace(['\u{2068}', '\u{2069}'], "")
    }

    #[test]
    fn who_is_here_is_said_in_words() {
        assert_eq!(said(0, &[], &ENGLISH), "0 here");
        assert_eq!(said(2, &[], &ENGLISH), "2 here");
        assert_eq!(said(2, &["Ada", "Bob"], &ENGLISH), "2 here: Ada, Bob");
        assert_eq!(said(5, &["Ada", "Bob"], &ENGLISH), "5 here: Ada, Bob, 3 anonymous");
        assert_eq!(said(9, &["A", "B", "C", "D"], &ENGLISH), "9 here: A, B, C, …");
        assert_eq!(said(3, &["Ada"], &CHINESE), "3 人在线：Ada、2 位匿名用户");
    }

    #[test]
    fn a_name_that_several_have_says_how_many() {
        let names = ["Bob", "Grace"].map(str::to_owned).to_vec();
        let presence = |count| RoomPresence { count, names: names.clone(), times: vec![1, 3] };
        let said = |count, words| {
            who(&presence(count), 3, words, |number, _| format!("{number}"))
                .replace(['\u{2068}', '\u{2069}'], "")
        };
        assert_eq!(said(4, &ENGLISH), "4 here: Bob, Grace (3)");
        assert_eq!(said(6, &ENGLISH), "6 here: Bob, Grace (3), 2 anonymous");
        assert_eq!(said(4, &CHINESE), "4 人在线：Bob、Grace（3 人）");
    }
}
