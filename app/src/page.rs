//! The pages of the application, with the path, title and description of each.

use wire::{chat::room::room_at, paths::CHAT_PATH};

use crate::text::Text;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The server's time.
    Time,
    /// The server's health.
    Status,
    /// The rooms of the chat, and each of them.
    Chat,
    /// What is published to a topic.
    Console,
    /// Nothing stands at the address.
    Missing,
}

impl Page {
    /// Those that can stand at an address, in the order of the masthead.
    pub const ALL: [Self; 4] = [Self::Time, Self::Status, Self::Chat, Self::Console];

    /// Those that a server has, with a chat or without.
    pub fn those(chat: bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |page| chat || *page != Self::Chat)
    }

    /// What stands at a path without a query. A slash at its end makes no difference.
    #[must_use]
    pub fn at(path: &str) -> Self {
        if room_at(path).is_some() {
            return Self::Chat;
        }
        let path = path
            .strip_suffix('/')
            .filter(|rest| !matches!(rest.chars().last(), None | Some('/')))
            .unwrap_or(path);
        Self::ALL.into_iter().find(|page| page.path() == path).unwrap_or(Self::Missing)
    }

    /// Where it stands, or the first of it; of the missing page the empty text.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Time => "/",
            Self::Status => "/status",
            Self::Chat => CHAT_PATH,
            Self::Console => "/console",
            Self::Missing => "",
        }
    }

    /// Its name in the masthead.
    #[must_use]
    pub fn name(self, words: &Text) -> &'static str {
        match self {
            Self::Time => words.pages.time,
            Self::Status => words.pages.status,
            Self::Chat => words.pages.chat,
            Self::Console => words.pages.console,
            Self::Missing => words.missing.heading,
        }
    }

    /// What it is, for search engines and link previews.
    #[must_use]
    pub fn description(self, words: &Text) -> &'static str {
        match self {
            Self::Time => words.description,
            Self::Status => words.pages.status_means,
            Self::Chat => words.pages.chat_means,
            Self::Console => words.pages.console_means,
            Self::Missing => words.missing.explained,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_at_its_address() {
        for page in Page::ALL {
            assert_eq!(Page::at(page.path()), page);
        }
        assert_eq!(Page::at("/status/"), Page::Status);
        assert_eq!(Page::at("/chat/lobby"), Page::Chat);
        for nowhere in ["", "//", "status", "/status//", "/Status", "/status/x", "/nothing"] {
            assert_eq!(Page::at(nowhere), Page::Missing, "{nowhere:?}");
        }
    }
}
