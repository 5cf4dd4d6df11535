//! Validates the names and texts that somebody typed, and normalises them to the one form in which they are
//! kept.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use wire::chat::{
    LONGEST_TEXT,
    answer::Unsent,
    typed::{self, misleads},
    visible::{is_invisible, is_name},
};

/// How many combining marks one letter may have if there is no precomposed form: three in Tibetan and
/// Burmese. More would cover the lines above and below.
const MOST_MARKS: usize = 3;

/// The same for marks that combine with letters of any script.
const MOST_ON_ANY_LETTER: usize = 2;

/// The same in a text. No script needs that many.
const MOST_MARKS_IN_TEXT: usize = 8;

/// A name in its [one form](one_form).
///
/// # Errors
/// If it is empty, too long, or contains characters that could disguise it.
pub(crate) fn name(typed: &str) -> Result<String, Unsent> {
    let name = one_form(typed);
    if name.is_empty() {
        return Err(Unsent::NoName);
    }
    if is_name(&name) && !is_piled_name(&name) { Ok(name) } else { Err(Unsent::BadName) }
}

/// A name in its [one form](typed::one_form).
pub(crate) fn one_form(typed: &str) -> String {
    typed::one_form(typed, |typed| typed.nfkc().collect())
}

/// Whether there are marks without a letter, or too many on one letter.
pub(crate) fn is_piled_name(name: &str) -> bool {
    let is_of_all_scripts = |one: &char| {
        matches!(one, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
    };
    let of_all_scripts: String =
        name.chars().filter(|one| is_of_all_scripts(one) || !is_mark(*one)).collect();
    is_piled(name, MOST_MARKS, MOST_MARKS) || is_piled(&of_all_scripts, 0, MOST_ON_ANY_LETTER)
}

fn is_mark(one: char) -> bool {
    matches!(
        one.general_category(),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// Whether one letter has more than `most` marks, given that `marks` precede the first.
fn is_piled(text: &str, mut marks: usize, most: usize) -> bool {
    text.chars().any(|one| {
        marks = if is_mark(one) { marks + 1 } else { 0 };
        marks > most
    })
}

/// A text as it was typed, with LF line endings, and without leading empty lines and trailing white space.
///
/// # Errors
/// If nothing in it is visible, it is too long, or it contains a character that cannot be shown or would
/// change how its neighbours are shown.
pub(crate) fn text(typed: &str) -> Result<String, Unsent> {
    let text = typed.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    let begin = text[..blank].rfind('\n').map_or(0, |end| end + 1);
    match &text[begin..] {
        text if text.chars().all(|one| one.is_whitespace() || is_invisible(one)) => {
            Err(Unsent::NoText)
        }
        text if text.len() > LONGEST_TEXT => Err(Unsent::LongText),
        text if text.chars().any(misleads) || is_piled(text, 0, MOST_MARKS_IN_TEXT) => {
            Err(Unsent::BadText)
        }
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::chat::visible::is_visible;

    use super::*;

    #[test]
    fn a_name_has_one_form() {
        for (typed, kept) in [
            ("Ada", "Ada"),
            ("  Ada \t Lovelace\r\n", "Ada Lovelace"),
            ("Ａｄａ", "Ada"),
            ("Ⅳ ﬁ ①", "IV fi 1"),
            ("𝓐𝓭𝓪", "Ada"),
            ("Ada\u{3000}\u{a0}L", "Ada L"),
            ("e\u{301}", "é"),
            ("❤\u{fe0f}", "❤"),
            ("王小明", "王小明"),
            ("עמר", "עמר"),
            ("x\u{320}\u{301}", "x\u{320}\u{301}"),
        ] {
            assert_eq!(name(typed).as_deref(), Ok(kept), "{typed:?}");
        }
        for none in ["", " ", "\u{3000}\r\n", "\u{fe0f}"] {
            assert_eq!(name(none), Err(Unsent::NoName), "{none:?}");
        }
    }

    #[test]
    fn a_name_is_written_as_its_script_needs_it() {
        for kept in [
            "علی\u{200c}رضا",
            "می\u{200c}نا",
            "کچ\u{200c}ە",
            "ශ්\u{200d}රී",
            "ප්\u{200d}රියන්ත",
            "क्\u{200d}ष",
            "র\u{200d}্যাচেল",
            "བསྒྲུབས་",
            "རྒྱལ་མཚན་",
            "ကျွန်ုပ်",
            "ဇော်မျိုးထွန်း",
            "Ada 👩\u{200d}💻",
            "👩🏽\u{200d}🚀",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            "🏳\u{200d}🌈",
            "🧔\u{200d}♂",
            "❤\u{200d}🔥",
            "👩\u{200d}❤\u{200d}💋\u{200d}👨",
            "👩🏽\u{200d}🐰\u{200d}👨🏿",
            "🫱🏻\u{200d}🫲🏿",
            "1\u{20e3}",
        ] {
            assert_eq!(name(kept).as_deref(), Ok(kept), "{kept:?}");
        }
        assert_eq!(name("🏳\u{fe0f}\u{200d}🌈").as_deref(), Ok("🏳\u{200d}🌈"));
    }

    #[test]
    fn a_joiner_without_an_effect_is_a_disguise() {
        for disguise in [
            "A\u{200c}da",
            "👩\u{200d}",
            "\u{200d}👩",
            "😀\u{200d}😀",
            "😀\u{200d}💻",
            "👩\u{200d}\u{200d}💻",
            "👨\u{200d}👨",
            "👩\u{200d}❤",
            "ا\u{200c}ب",
            "ب\u{200c}",
            "ب\u{200d}ب",
            "ب\u{200c}\u{200c}ب",
            "ක\u{200d}ක",
            "ශ්\u{200d}",
            "ශ්\u{200d}a",
            "क्\u{200d}ु",
            "王\u{200d}明",
            "بً\u{200c} ب",
            "ە\u{200c}ب",
        ] {
            assert_eq!(name(disguise), Err(Unsent::BadName), "{disguise:?}");
        }
    }

    #[test]
    fn a_name_cannot_be_disguised() {
        for disguise in [
            "A\u{202e}ada",
            "\u{2066}Ada",
            "Ada\u{200e}",
            "A\u{61c}da",
            "A\u{200b}da",
            "A\u{200d}da",
            "Ada\u{2060}",
            "\u{feff}Ada",
            "A\u{ad}da",
            "A\u{34f}da",
            "A\u{180e}da",
            "\u{3164}",
            "A\u{115f}",
            "\u{ffa0}",
            "\u{2800}",
            "A\u{1d159}",
            "A\u{e0001}",
            "A\u{e0041}\u{e007f}",
            "Ada\u{e0100}",
            "\u{e000}Ada",
            "\u{f8ff}",
            "\u{f0000}",
            "\u{10fffd}",
            "A\0",
            "A\u{1b}[31m",
            "A\u{7f}",
            "A\u{9b}",
            "\u{301}Ada",
            "\u{20e0}",
            "a\u{316}\u{317}\u{318}",
            "Z\u{300}\u{301}\u{302}\u{303}",
            "\u{fff9}A\u{fffb}",
            &"a".repeat(41),
            &"ﷺ".repeat(3),
        ] {
            assert_eq!(name(disguise), Err(Unsent::BadName), "{disguise:?}");
        }
        assert!(name(&"é".repeat(40)).is_ok() && name(&"e\u{301}".repeat(40)).is_ok());
    }

    #[test]
    fn no_character_without_a_glyph_is_seen() {
        let unseen = |one: &char| {
            use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse};
            let category = one.general_category();
            matches!(category, Control | Format | LineSeparator | ParagraphSeparator | PrivateUse)
                || (one.is_whitespace() && *one != ' ')
        };
        let missed: Vec<_> = ('\0'..=char::MAX)
            .filter(unseen)
            .filter(|one| is_visible(&format!("a{one}b")))
            .collect();
        assert_eq!(missed, Vec::<char>::new());
    }

    #[test]
    fn a_text_is_kept_as_typed_but_for_its_ends() {
        for (typed, kept) in [
            ("hello", "hello"),
            ("a\r\nb\rc\nd", "a\nb\nc\nd"),
            ("\r\n \t\n  indented\n\n\n", "  indented"),
            ("  a \n b  ", "  a \n b"),
            (
                "tab\tand <b>&amp;</b> \u{200d}\u{feff}ﷺ e\u{301}",
                "tab\tand <b>&amp;</b> \u{200d}\u{feff}ﷺ e\u{301}",
            ),
        ] {
            assert_eq!(text(typed).as_deref(), Ok(kept), "{typed:?}");
        }
        for none in
            ["", " ", "\r\n\r\n", "\t\u{3000}\n", "\u{200b}", "\u{200f} \u{61c}", "\u{feff}"]
        {
            assert_eq!(text(none), Err(Unsent::NoText), "{none:?}");
        }
    }

    #[test]
    fn a_text_is_measured_in_bytes_at_its_edges() {
        let full = "é".repeat(LONGEST_TEXT / 2);
        assert_eq!(text(&format!("\r\n{full}\r\n")).as_deref(), Ok(&*full));
        assert_eq!(text(&format!("{full}a")), Err(Unsent::LongText));
        assert_eq!(text(&format!("{}\r\na", "a".repeat(LONGEST_TEXT - 2))).unwrap().len(), 4096);
        assert_eq!(text("a").unwrap().len(), 1);
    }

    #[test]
    fn a_text_misleads_nobody() {
        for bad in [
            '\0', '\u{7}', '\u{8}', '\u{b}', '\u{c}', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}',
            '\u{2028}', '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
            '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
        ] {
            assert_eq!(text(&format!("a{bad}b")), Err(Unsent::BadText), "{bad:?}");
        }
        // Marks that would cover the messages above.
        assert_eq!(text(&format!("Z{}", "\u{301}".repeat(9))), Err(Unsent::BadText));
        assert!(text(&format!("Z{0} Z{0}", "\u{301}".repeat(8))).is_ok());
        assert!(text("\u{301}a").is_ok());
    }

    proptest! {
        #[test]
        fn what_is_kept_is_kept_again_as_it_is(typed in "\\PC{0,40}|.{0,40}|[a\u{301}\u{fe0f} ﬁ\u{3000}]{0,20}") {
            if let Ok(kept) = name(&typed) {
                prop_assert_eq!(name(&kept), Ok(kept));
            }
            if let Ok(kept) = text(&typed) {
                prop_assert_eq!(text(&kept), Ok(kept));
            }
        }
    }
}
