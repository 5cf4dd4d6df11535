//! Tells browsers apart by a cookie.

use axum::http::{HeaderMap, HeaderValue};
use data_encoding::HEXLOWER;

use crate::web::{
    client::Client,
    cookies::{A_YEAR, SameSite, hidden, values, written},
};

/// The cookie that holds a browser's id.
const BROWSER_COOKIE: &str = "belfry-browser";

/// The length of an id, in random bytes.
const ID_BYTES: usize = 16;

/// A browser, identified by a random id from the server. No page or script ever learns the id.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Browser {
    id: String,
    is_new: bool,
}

impl Browser {
    /// The browser in a request's cookies, or a new one. `None` if there is none and the operating system
    /// cannot provide random bytes.
    pub(crate) fn of(client: &Client, headers: &HeaderMap) -> Option<Self> {
        Self::known(client, headers).or_else(|| {
            let mut id = [0; ID_BYTES];
            getrandom::fill(&mut id).ok()?;
            Some(Self { id: HEXLOWER.encode(&id), is_new: true })
        })
    }

    /// The browser in a request's cookies.
    pub(super) fn known(client: &Client, headers: &HeaderMap) -> Option<Self> {
        let id = values(client, headers, BROWSER_COOKIE).next()?;
        let id = HEXLOWER.decode(id.as_bytes()).ok().filter(|id| id.len() == ID_BYTES)?;
        Some(Self { id: HEXLOWER.encode(&id), is_new: false })
    }

    /// Its id, which only this server knows.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The `Set-Cookie` with which it keeps its id for a year from now.
    pub(super) fn keeping(&self, client: &Client) -> HeaderValue {
        written(hidden(BROWSER_COOKIE, &self.id, SameSite::Lax, A_YEAR, client))
            .expect("an id is hexadecimal digits")
    }

    /// The same, if the browser is new.
    pub(crate) fn keeping_if_new(&self, client: &Client) -> Option<HeaderValue> {
        self.is_new.then(|| self.keeping(client))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn with(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn a_browser_is_known_by_its_cookie() {
        let first = Browser::of(&Client::default(), &HeaderMap::new()).unwrap();
        let cookie = first.keeping_if_new(&Client::default()).unwrap();
        let cookie = cookie.to_str().unwrap();
        assert_eq!(
            cookie.split_once("; ").unwrap().1,
            "HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000"
        );
        let again = Browser::of(
            &Client::default(),
            &with(&format!("x=1; {}", cookie.split(';').next().unwrap())),
        );
        let again = again.unwrap();
        assert_eq!((&again.id, again.keeping_if_new(&Client::default())), (&first.id, None));
        assert!(Browser::of(&Client::default(), &HeaderMap::new()).unwrap() != first);
        let short = "0".repeat(31);
        let long = "0".repeat(34);
        for none in ["", "x", &short, &long, &"g".repeat(32), &"A".repeat(32), "é"] {
            assert!(
                Browser::known(&Client::default(), &with(&format!("belfry-browser={none}")))
                    .is_none(),
                "{none}"
            );
        }
    }
}
