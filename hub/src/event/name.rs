//! Names from outside: which are valid, and how the others are rejected.

use std::{borrow::Cow, fmt};

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use wire::{limits::LONGEST_NAME, parameters::ALSO};

/// An invalid field of a request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field: `topic`, `type`, `data`, …
    pub field: &'static str,
    /// What it must be: `must not be empty`.
    pub reason: Cow<'static, str>,
}

impl Invalid {
    /// A field, and what it must be.
    pub fn new(field: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field, reason: reason.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Alone, this name would read as the word "also".
        let intro = if self.field == ALSO { "the topic in " } else { "" };
        write!(f, "{intro}{} {}", self.field, self.reason)
    }
}

impl std::error::Error for Invalid {}

/// Rejects a name that could break a line, hide a part of itself, or is too long: one of the Unicode
/// categories control, format, line separator and paragraph separator.
///
/// # Errors
/// Where the name is empty, over [`LONGEST_NAME`] or holds such a character.
pub fn check_name(field: &'static str, name: &str) -> Result<(), Invalid> {
    if name.is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    if name.len() > LONGEST_NAME {
        return Err(Invalid::new(
            field,
            format!("must be at most {LONGEST_NAME} bytes, not {}", name.len()),
        ));
    }
    let unprintable = name.chars().find(|character| match character {
        // Names seldom hold others, and each takes a search of large tables.
        ' '..='~' => false,
        other => matches!(
            other.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        ),
    });
    unprintable.map_or(Ok(()), |character| {
        let code = u32::from(character);
        Err(Invalid::new(
            field,
            format!("must not contain U+{code:04X}, which is a control or format character or a line break"),
        ))
    })
}
