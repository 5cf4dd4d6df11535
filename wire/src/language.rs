//! The languages that the pages are written in, and how a visitor asks for one.

use std::str::FromStr;

use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};

use crate::{
    parameters::{TAG, TO},
    paths::LANGUAGE_PATH,
    percent::PATH,
    read::read_names,
};

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

    /// The one that the switch leads to.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }

    /// Its [BCP 47](https://www.rfc-editor.org/rfc/rfc5646) tag, for the `lang` attribute and `Intl`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }
}

read_names!(Language { English, Chinese });

/// The text is not the tag of one of the pages' languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotALanguage;

impl FromStr for Language {
    type Err = NotALanguage;

    /// Reads exactly what [`Language::tag`] gives.
    fn from_str(tag: &str) -> Result<Self, NotALanguage> {
        Self::ALL.into_iter().find(|language| language.tag() == tag).ok_or(NotALanguage)
    }
}

/// The address that chooses a language and leads back to a page, given as its path and query.
#[must_use]
pub fn switch(language: Language, to: &str) -> String {
    format!("{LANGUAGE_PATH}?{TAG}={}&{TO}={}", language.tag(), utf8_percent_encode(to, PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_from_its_tag_alone() {
        for language in Language::ALL {
            assert_eq!(language.tag().parse(), Ok(language));
            assert_ne!(language.other(), language);
        }
        for tag in ["", "zh", "EN", "en ", "fr"] {
            assert_eq!(tag.parse::<Language>(), Err(NotALanguage), "{tag:?}");
        }
    }

    #[test]
    fn the_switch_leads_back_with_the_query() {
        assert_eq!(switch(Language::English, "/"), "/language?tag=en&to=/");
        assert_eq!(
            switch(Language::Chinese, "/console?topic=a&b=钟"),
            "/language?tag=zh-CN&to=/console%3Ftopic%3Da%26b%3D%E9%92%9F"
        );
    }
}
