//! The cookie that remembers the name a visitor used last.

use axum::http::{HeaderMap, HeaderValue};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use wire::percent::UNRESERVED;

use crate::{
    chat,
    web::{
        client::Client,
        cookies::{A_YEAR, SameSite, hidden, values, written},
    },
};

/// The cookie that keeps the name.
const NAME_COOKIE: &str = "belfry-name";

/// What keeps a name.
pub(super) fn keeping(name: &str, client: &Client) -> HeaderValue {
    let encoded = utf8_percent_encode(name, UNRESERVED).to_string();
    written(hidden(NAME_COOKIE, &encoded, SameSite::Strict, A_YEAR, client))
        .expect("what is percent-encoded is ASCII")
}

/// The name in a request's cookies; empty where there is none, or one that nobody may have.
pub(crate) fn name_in(client: &Client, headers: &HeaderMap) -> String {
    let encoded = values(client, headers, NAME_COOKIE).next().unwrap_or_default();
    let typed = percent_decode_str(&encoded).decode_utf8().unwrap_or_default();
    chat::name(&typed).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn name(cookies: &[u8]) -> String {
        let value = HeaderValue::from_bytes(cookies).unwrap();
        name_in(&Client::default(), &HeaderMap::from_iter([(COOKIE, value)]))
    }

    #[test]
    fn a_name_comes_back_as_it_was() {
        for kept in ["Ada", "王小明", "a=b; c", "<b>\"'%41", &"🦀".repeat(40)] {
            let cookie = keeping(kept, &Client::default());
            let cookie = cookie.as_bytes().split(|byte| *byte == b';').next().unwrap();
            assert_eq!(name(&[b"x=\xff; ", cookie, b"; y=1"].concat()), kept);
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        for cookie in [
            &b"x=1"[..],
            b"belfry-name=",
            b"belfry-names=Ada",
            b"belfry-name=%FF",
            b"belfry-name=%E2%80%AEA",
        ] {
            assert_eq!(name(cookie), "", "{cookie:?}");
        }
        assert_eq!(name_in(&Client::default(), &HeaderMap::new()), "");
    }
}
