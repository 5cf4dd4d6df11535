//! The page address: splits a path and query, and finds the page and its parameters.

use std::borrow::Cow;

use form_urlencoded::parse;
use percent_encoding::percent_decode_str;

use crate::page::Page;

/// The address of a page on this server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The path, as it is written: `/status`.
    pub path: String,
    /// What stands behind the `?`, as it is written; empty where there is none.
    pub query: String,
}

impl Address {
    /// Splits `/path?query`.
    #[must_use]
    pub fn new(written: &str) -> Self {
        let (path, query) = written.split_once('?').unwrap_or((written, ""));
        Self { path: path.to_owned(), query: query.to_owned() }
    }

    /// The first value of a parameter, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut all = parse(self.query.as_bytes());
        all.find(|(key, _)| key == name).map(|(_, value)| Cow::into_owned(value))
    }

    /// The page that is there.
    #[must_use]
    pub fn page(&self) -> Page {
        Page::at(&self.path)
    }

    /// The path for people to read: decoded.
    #[must_use]
    pub fn readable_path(&self) -> String {
        percent_decode_str(&self.path).decode_utf8_lossy().into_owned()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.query.is_empty() { "" } else { "?" };
        write!(f, "{}{mark}{}", self.path, self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_split_and_written_again() {
        for written in ["/", "/status", "/console?topic=a%2Fb", "/console?a=1&topic=x"] {
            assert_eq!(Address::new(written).to_string(), written);
        }
        assert_eq!(Address::new("/console?").to_string(), "/console");
    }

    #[test]
    fn parameters_are_decoded() {
        let address = Address::new("/console?a=1&topic=chat%2Flobby+%E6%97%B6&topic=second");
        assert_eq!(address.parameter("topic").as_deref(), Some("chat/lobby 时"));
        assert_eq!(address.parameter("b"), None);
    }

    #[test]
    fn a_path_is_written_for_people() {
        let path = |written| Address::new(written).readable_path();
        assert_eq!(path("/%E6%97%B6+%2F%zz?%41"), "/时+/%zz");
        assert_eq!(path("/%FF"), "/\u{fffd}");
    }
}
