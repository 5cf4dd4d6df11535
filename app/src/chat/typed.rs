//! What somebody types or pastes: it goes in, and comes out in one form, or without what cannot be sent.

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
/// is left out.
#[must_use]
pub fn clean(typed: &str) -> String {
    let parts_lines =
        |one| matches!(one, '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let typed = typed.replace("\r\n", "\n");
    let lines = typed.chars().map(|one| if parts_lines(one) { '\n' } else { one });
    lines.filter(|one| !misleads(*one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_can_be_sent() {
        for (pasted, sent) in [
            ("a\r\nb\rc", "a\nb\nc"),
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
}
