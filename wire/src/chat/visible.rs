//! Whether a name shows what it is, or can disguise itself.

use super::joined;

/// The longest name of a person, in characters.
pub const LONGEST_NAME: usize = 40;

/// Characters that are not seen, or that change how others are seen, as first and last: control and
/// format characters, line ends, what
/// [Unicode](https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point) lets a program leave
/// out, the blanks of Braille, of Khitan and of musical notation, and private use.
const UNSEEN: [(char, char); 32] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{16fe4}', '\u{16fe4}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d159}', '\u{1d159}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    ('\u{f0000}', '\u{10ffff}'),
];

/// Whether a character is unseen, or changes how others are seen. A space is not judged.
#[must_use]
pub fn is_invisible(one: char) -> bool {
    UNSEEN.iter().any(|(first, last)| (*first..=*last).contains(&one))
}

/// Whether a text of one line is seen as what it is: it is not empty, each of its characters is seen, and
/// there is no blank but the space, and none at an end or beside another.
#[must_use]
pub fn is_visible(text: &str) -> bool {
    let odd_space = |one: char| one.is_whitespace() && one != ' ';
    !text.is_empty()
        && text.trim().len() == text.len()
        && !text.chars().zip(text.chars().skip(1)).any(|pair| pair == (' ', ' '))
        && !text.chars().any(|one| is_invisible(one) || odd_space(one))
}

/// Whether a name [is seen](is_visible) as what it is, but for the joiners that its script or an emoji
/// needs, and has up to [`LONGEST_NAME`] characters. What is not is shown as no name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.chars().count() <= LONGEST_NAME && is_visible(&without_joiners(name))
}

/// A name without the joiners that it needs.
fn without_joiners(name: &str) -> String {
    filtered(name, |all, at| !joined::is_needed(all, at))
}

/// A name without what is not seen: what was pasted may hold what nobody can find.
#[must_use]
pub fn visible_text(name: &str) -> String {
    filtered(name, |all, at| !is_invisible(all[at]) || joined::is_needed(all, at))
}

fn filtered(name: &str, stays: fn(&[char], usize) -> bool) -> String {
    let all: Vec<char> = name.chars().collect();
    (0..all.len()).filter(|at| stays(&all, *at)).map(|at| all[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_left_out_but_for_the_joiners_that_are_needed() {
        for (pasted, seen) in [
            ("A\u{200b}da\u{feff}", "Ada"),
            ("\u{2068}Ada\u{2069}", "Ada"),
            ("می\u{200c}نا\u{200c}", "می\u{200c}نا"),
            ("👩\u{200d}💻\u{200d}", "👩\u{200d}💻"),
            ("\u{3164}", ""),
        ] {
            assert_eq!(visible_text(pasted), seen, "{pasted:?}");
            assert!(seen.is_empty() || is_name(seen));
        }
    }

    #[test]
    fn a_name_is_seen_as_what_it_is() {
        let longest = "é".repeat(LONGEST_NAME);
        for name in ["Ada", "Ada Lovelace", "王小明", "عمر", "דנה", "O'Brien <b>", "🦀", &longest]
        {
            assert!(is_name(name), "{name:?}");
        }
        for name in [
            "",
            " ",
            " Ada",
            "Ada ",
            "A  da",
            "A\u{a0}da",
            "A\u{3000}da",
            "A\nda",
            "A\u{202e}ada",
            "A\u{200b}da",
            "Ada\u{2066}",
            "\u{3164}",
            "\u{2800}",
            "\u{1d159}",
            "Ada\u{fe0f}",
            "A\u{e0041}da",
            "\u{f8ff}",
            &"é".repeat(LONGEST_NAME + 1),
        ] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
