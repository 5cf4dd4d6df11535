//! Joiners: which of these unseen characters change how their neighbours are shown.
//!
//! U+200C and U+200D count where they have an effect: as in internationalised domain names ([RFC 5892,
//! appendices A.1 and A.2](https://www.rfc-editor.org/rfc/rfc5892#appendix-A.1)), in the Bengali ya-phalaa
//! after ra, and in the [emoji sequences](https://www.unicode.org/reports/tr51/#Emoji_ZWJ_Sequences) in
//! use. Elsewhere one would tell apart two names that look the same.

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// Arabic letters that join to no letter after them, and the stroke that lengthens others.
const ENDS: [(char, char); 14] = [
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
    ('\u{6d5}', '\u{6d5}'),
];

/// Those of whom there are families and couples.
const PEOPLE: &str = "👨👩🧑";

/// What joins two of them, and stands at no end.
const BETWEEN: &str = "❤🤝💋🫯🐰";

/// What is joined to what in emoji.
const EMOJI: [(&str, &str); 21] = [
    (PEOPLE, "⚕⚖✈🌾🍳🍼🎄🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦼🦽🦰🦱🦲🦳🩰❤🤝🫯🐰👨👩🧑👧👦🧒"),
    ("🫯🐰", PEOPLE),
    ("🫱", "🫲"),
    ("👧👦🧒", "👧👦🧒"),
    ("❤🤝💋", PEOPLE),
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
    let (Some(&last), &[one, next, ref after @ ..]) = (before.last(), rest) else { return false };
    match one {
        JOINER | NON_JOINER if is_virama(last) => block(last) == block(next) && is_consonant(next),
        JOINER if last == '\u{9b0}' => next == '\u{9cd}',
        JOINER => {
            let is_tone = |one: &&char| ('\u{1f3fb}'..='\u{1f3ff}').contains(*one);
            let left = before.iter().rev().find(|one| !is_tone(one));
            let goes_on = after.first() == Some(&JOINER);
            left.is_some_and(|left| are_joined(*left, next) && (goes_on || may_end(*left, next)))
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

/// What an Indic sign can join with.
fn is_consonant(one: char) -> bool {
    match one {
        '\u{9f0}' | '\u{9f1}' | '\u{d9a}'..='\u{dc6}' => true,
        '\u{900}'..='\u{d7f}' => matches!(u32::from(one) % 0x80, 0x15..=0x39 | 0x58..=0x5f),
        _ => false,
    }
}

fn block(one: char) -> u32 {
    u32::from(one) / 0x80
}

fn is_arabic(one: char) -> bool {
    matches!(one, '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}')
}

fn are_joined(left: char, right: char) -> bool {
    EMOJI.iter().any(|(lefts, rights)| lefts.contains(left) && rights.contains(right))
}

fn may_end(left: char, right: char) -> bool {
    let people = PEOPLE.contains(left) && PEOPLE.contains(right);
    !people && !BETWEEN.contains(right)
}
