//! How the browser looks at texts: its tables of Unicode need not be a part of the page.

/// How to look at texts.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Whether a text matches a regular expression of the browser, with its flag `u`.
    pub matches: fn(&str, &str) -> bool,
    /// A text in the form NFKC of Unicode.
    pub nfkc: fn(&str) -> String,
    /// The bytes of each part of a text that a person sees as one character.
    pub pieces: fn(&str) -> Vec<usize>,
}
