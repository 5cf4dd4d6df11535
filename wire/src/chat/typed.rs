//! Normalises what somebody types or pastes before it is sent: one form, and nothing that cannot be sent.

/// This many bytes before a text is full, its writer is told how much more there is room for.
const NEAR: usize = 512;

/// A name in its one form: compatibility characters are what they stand for
/// ([NFKC](https://www.unicode.org/reports/tr15/), by `nfkc`), there is one space between words and none at
/// an end, and nothing chooses another glyph.
#[must_use]
pub fn one_form(typed: &str, nfkc: fn(&str) -> String) -> String {
    let is_selector = |one: &char| ('\u{fe00}'..='\u{fe0f}').contains(one);
    let plain: String = typed.chars().filter(|one| !is_selector(one)).collect();
    nfkc(&plain).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character is a control character that does not part words or lines, parts lines in some
/// programs only, or turns the direction of what follows: a reader in a terminal could be misled.
#[must_use]
pub fn misleads(one: char) -> bool {
    (one.is_control() && !matches!(one, '\n' | '\t'))
        || matches!(one, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without what [misleads], which nobody sees in a field: what parts lines parts them, and the rest
/// is left out. (A field holds no CR.)
#[must_use]
pub fn clean(typed: &str) -> String {
    let parts_lines = |one| matches!(one, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines = typed.chars().map(|one| if parts_lines(one) { '\n' } else { one });
    lines.filter(|one| !misleads(*one)).collect()
}

/// How many more of what a person sees as one character a text of up to `most` bytes has room for, or how
/// many are too many, which is negative; `None` where the end is far. `pieces`: the bytes of each. What is
/// still to come is taken to be like what is there.
#[must_use]
pub fn room(text: &str, most: usize, pieces: fn(&str) -> Vec<usize>) -> Option<i64> {
    if text.len() + NEAR <= most {
        return None;
    }
    let pieces = pieces(text);
    let mut over = text.len().saturating_sub(most);
    let mut many = 0;
    for piece in pieces.iter().rev() {
        if over == 0 {
            break;
        }
        over = over.saturating_sub(*piece);
        many -= 1;
    }
    let each = text.len().div_ceil(pieces.len().max(1)).max(1);
    Some(if many < 0 { many } else { i64::try_from((most - text.len()) / each).unwrap_or(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_can_be_sent() {
        for (pasted, sent) in [
            ("a\r\nb", "a\nb"),
            ("one\u{2028}two\u{2029}three\u{c}four\u{b}five", "one\ntwo\nthree\nfour\nfive"),
            // Belfry's own line of who is here.
            ("2 here: \u{2068}Ada\u{2069}, \u{2068}Bob\u{2069}", "2 here: Ada, Bob"),
            ("a\0b\u{1b}[31m\u{202e}c", "ab[31mc"),
            ("می\u{200c}خواهم 👩\u{200d}💻\tx", "می\u{200c}خواهم 👩\u{200d}💻\tx"),
        ] {
            assert_eq!(clean(pasted), sent);
            assert!(!clean(pasted).chars().any(misleads));
        }
    }

    #[test]
    fn the_room_that_is_left_is_told_in_what_a_person_sees() {
        // Letters, or families of 25 bytes.
        fn letters(text: &str) -> Vec<usize> {
            text.chars().map(char::len_utf8).collect()
        }
        fn families(text: &str) -> Vec<usize> {
            vec![25; text.len() / 25]
        }
        assert_eq!(room(&"a".repeat(488), 1000, letters), None);
        for (length, left) in [(489, 511), (999, 1), (1000, 0), (1001, -1), (1200, -200)] {
            assert_eq!(room(&"a".repeat(length), 1000, letters), Some(left), "{length}");
        }
        assert_eq!(room(&"界".repeat(333), 1000, letters), Some(0));
        assert_eq!(room(&"界".repeat(334), 1000, letters), Some(-1));
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        assert_eq!(family.len(), 25);
        assert_eq!(room(&family.repeat(39), 1000, families), Some(1));
        assert_eq!(room(&family.repeat(42), 1000, families), Some(-2));
        assert_eq!(room("", 100, letters), Some(100));
    }
}
