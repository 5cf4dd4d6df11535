//! Every word of the pages, in one typed table for each language.
//!
//! - [`chat`], [`console`], [`status`]: the words of these pages, in both languages
//! - [`document`], [`identity`]: those that only the server renders: the footer, signing in
//! - [`table`]: all others by name, with their values in `english` and `chinese`

pub mod chat;
mod chinese;
pub mod console;
pub mod document;
mod english;
pub mod identity;
pub mod status;
pub mod table;

use leptos::prelude::use_context;
use wire::language::Language;

pub use chinese::CHINESE;
pub use english::ENGLISH;
pub use table::Text;

impl Text {
    /// The words of a language.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }
}

/// The words of the page, in the [`Language`] of the context.
#[must_use]
pub fn text() -> &'static Text {
    Text::of(use_context::<Language>().unwrap_or_default())
}
