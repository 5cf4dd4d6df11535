//! The languages that the pages are written in.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{CHINESE, ENGLISH, Text};

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// 简体中文.
    Chinese,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its words.
    #[must_use]
    pub fn text(self) -> &'static Text {
        match self {
            Self::English => &ENGLISH,
            Self::Chinese => &CHINESE,
        }
    }

    /// Its [BCP 47](https://www.rfc-editor.org/rfc/rfc5646) tag, for the `lang` attribute and `Intl`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.text().tag
    }
}

/// The text is the tag of no language that the pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotALanguage;

impl FromStr for Language {
    type Err = NotALanguage;

    /// Reads exactly what [`Language::tag`] gives.
    fn from_str(tag: &str) -> Result<Self, NotALanguage> {
        Self::ALL.into_iter().find(|language| language.tag() == tag).ok_or(NotALanguage)
    }
}
