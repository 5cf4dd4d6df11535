//! Joiners: a character that is not seen, and those beside it, go in; whether it changes what is seen comes
//! out.
//!
//! U+200C and U+200D count where they have an effect: as in internationalised domain names ([RFC 5892,
//! appendices A.1 and A.2](https://www.rfc-editor.org/rfc/rfc5892#appendix-A.1)), in the Bengali ya-phalaa
//! after ra, and in the [emoji sequences](https://www.unicode.org/reports/tr51/#Emoji_ZWJ_Sequences) in
//! use. Elsewhere one would tell apart two names that look the same.

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// Arabic letters that join to no letter after them, and the stroke that lengthens others.
const ENDS: [(char, char); 13] = [
    ('\u{621}', '\u{625}'),
    ('\u{627}', '\u{627}'),
    ('\u{629}', '\u{629}'),
    ('\u{62f}', '\u{632}'),
    ('\u{640}', '\u{640}'),
    ('\u{648}', '\u{648}'),
    ('\u{671}', '\u{677}'),
    ('\u{688}', '\u{699}'),
    ('\u{6c0}', '\u{6c0}'),
    ('\u{6c3}', '\u{6cb}'),
    ('\u{6cd}', '\u{6cd}'),
    ('\u{6cf}', '\u{6cf}'),
    ('\u{6d2}', '\u{6d3}'),
];

/// What is joined to what in emoji.
const EMOJI: [(&str, &str); 19] = [
    ("👨👩🧑", "⚕⚖✈🌾🍳🍼🎄🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦼🦽🦰🦱🦲🦳❤🤝👨👩🧑👧👦🧒🐰"),
    ("👧👦🧒", "👧👦🧒"),
    ("❤🤝💋", "👨👩🧑"),
    ("❤", "💋🔥🩹"),
    (
        "🏃🏄🏊🏋🏌👮👯👰👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤵🤷🤸🤹🤼🤽🤾🦸🦹🧍🧎🧏🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟⛹",
        "♀♂",
    ),
    ("♀♂🏃🚶🧎🦯🦼🦽", "➡"),
    ("🐕", "🦺"),
    ("🐈🐦", "⬛"),
    ("🐦", "🔥"),
    ("🐻", "❄"),
    ("🏴", "☠"),
    ("🏳", "🌈⚧"),
    ("😮", "💨"),
    ("😵", "💫"),
    ("😶", "🌫"),
    ("👁", "🗨"),
    ("🍋🍄", "🟩🟫"),
    ("⛓", "💥"),
    ("🙂", "↔↕"),
];

/// Whether the character at a place is a joiner that has an effect there.
pub(super) fn is_needed(all: &[char], at: usize) -> bool {
    let (before, rest) = all.split_at(at);
    let (Some(&last), &[one, next, ..]) = (before.last(), rest) else { return false };
    match one {
        JOINER | NON_JOINER if is_virama(last) => {
            block(last) == block(next) && next.is_alphabetic()
        }
        JOINER if last == '\u{9b0}' => next == '\u{9cd}',
        JOINER => {
            let is_tone = |one: &&char| ('\u{1f3fb}'..='\u{1f3ff}').contains(*one);
            let left = before.iter().rev().find(|one| !is_tone(one));
            left.is_some_and(|left| are_joined(*left, next))
        }
        NON_JOINER => {
            let is_mark = |one: &&char| matches!(**one, '\u{64b}'..='\u{65f}' | '\u{670}');
            let left = before.iter().rev().find(|one| !is_mark(one));
            let ends = |one| ENDS.iter().any(|(first, last)| (*first..=*last).contains(&one));
            left.is_some_and(|left| is_arabic(*left) && !ends(*left))
                && is_arabic(next)
                && !matches!(next, '\u{621}' | '\u{640}' | '\u{674}')
        }
        _ => false,
    }
}

/// The sign that takes the vowel from a consonant, in the scripts of India and in Sinhala.
fn is_virama(one: char) -> bool {
    matches!(one, '\u{900}'..='\u{d7f}' if u32::from(one) % 0x80 == 0x4d) || one == '\u{dca}'
}

fn block(one: char) -> u32 {
    u32::from(one) / 0x80
}

fn is_arabic(one: char) -> bool {
    matches!(one, '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6d3}')
}

fn are_joined(left: char, right: char) -> bool {
    EMOJI.iter().any(|(lefts, rights)| lefts.contains(left) && rights.contains(right))
}
