//! Whose page sent a request, which decides what it may do in its visitor's name.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header::ORIGIN, request::Parts},
};
use wire::headers::SEC_FETCH_SITE;

use crate::{
    origins::{Origin, Origins},
    web::client::Client,
};

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A page of this server.
    OurPage,
    /// A page of a listed origin, whose visitors' cookies count here.
    ListedPage,
    /// Another page.
    OtherPage,
    /// A visitor, in the address bar or by a bookmark.
    Visitor,
    /// No browser says anything: a program.
    Program,
}

impl Sender {
    /// By what the browser says. Over plain HTTP it does not say the site, but the origin.
    pub(crate) fn of(origins: &Origins, client: &Client, headers: &HeaderMap) -> Self {
        let said = headers.get(ORIGIN);
        let is_listed = said.is_some_and(|said| origins.lists(said.as_bytes()));
        match headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes) {
            Some(b"same-origin") => Self::OurPage,
            _ if is_listed && origins.cross_site_cookies => Self::ListedPage,
            Some(b"none") => Self::Visitor,
            Some(_) => Self::OtherPage,
            None => match said {
                None => Self::Program,
                Some(said) if is_ours(said.to_str().unwrap_or_default(), origins, client) => {
                    Self::OurPage
                }
                Some(_) => Self::OtherPage,
            },
        }
    }

    /// Whether it may do what needs no token, such as to talk: no other site's page may, which could do it in
    /// its visitor's name.
    pub(crate) fn is_no_other_site(self) -> bool {
        matches!(self, Self::OurPage | Self::Visitor | Self::Program)
    }

    /// Whether a cookie allows it to write.
    pub(crate) fn writes_by_cookie(self) -> bool {
        matches!(self, Self::OurPage | Self::ListedPage)
    }

    /// Whether it may sign its visitor in and out.
    pub(crate) fn signs_in(self) -> bool {
        self != Self::OtherPage
    }
}

/// Whether an origin is the server's own: the configured one, or the one that is asked, if none is configured or
/// it has a host that the server is known by.
fn is_ours(said: &str, origins: &Origins, client: &Client) -> bool {
    let said = Origin::read(said);
    let is_asked = origins.public.is_none() || client.known;
    said.is_some() && (said == origins.public || is_asked && said == client.asked())
}

impl<S: AsRef<Origins> + Sync> FromRequestParts<S> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(state.as_ref(), &Client::among(&parts.extensions), &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::read(text).unwrap()
    }

    /// Who sends a request for `host`, with an origin and a site where they are not empty.
    fn sender(origins: &Origins, host: &str, (said, site): (&str, &str), proto: &str) -> Sender {
        let fetched = HeaderName::from_static(SEC_FETCH_SITE);
        let all = [(ORIGIN, said), (fetched, site)];
        let all = all.into_iter().filter(|(_, value)| !value.is_empty());
        let headers = all.map(|(name, value)| (name, HeaderValue::from_str(value).unwrap()));
        let (secure, host) = (proto == "https", host.parse().ok());
        let client = Client { secure, host, ..Client::default() };
        Sender::of(origins, &client, &headers.collect())
    }

    #[test]
    fn a_page_is_ours_if_its_browser_says_so_or_else_by_its_origin() {
        use Sender::{OtherPage, OurPage, Program, Visitor};
        let known =
            || Origins { public: Some(origin("https://belfry.test")), ..Origins::default() };
        for (origins, host, said, proto, expected) in [
            // What the browser says goes before what a proxy makes of the host.
            (
                Origins::default(),
                "inside:3000",
                ("https://belfry.test", "same-origin"),
                "",
                OurPage,
            ),
            (Origins::default(), "a.test", ("http://a.test", "cross-site"), "", OtherPage),
            (Origins::default(), "a.test", ("http://a.test", "same-site"), "", OtherPage),
            (Origins::default(), "a.test", ("http://a.test", "Same-Origin"), "", OtherPage),
            (Origins::default(), "a.test", ("", "none"), "", Visitor),
            (Origins::default(), "a.test", ("", ""), "", Program),
            // With nothing configured, what is asked counts, with the port that the scheme has anyway.
            (Origins::default(), "a.test", ("http://a.test", ""), "", OurPage),
            (Origins::default(), "A.test:80", ("http://a.test", ""), "", OurPage),
            (Origins::default(), "a.test:443", ("https://a.test", ""), "https", OurPage),
            (Origins::default(), "[::1]:3000", ("http://[::1]:3000", ""), "", OurPage),
            (Origins::default(), "a.test", ("https://a.test", ""), "", OtherPage),
            (Origins::default(), "a.test", ("http://a.test", ""), "https", OtherPage),
            (Origins::default(), "a.test:81", ("http://a.test", ""), "", OtherPage),
            (Origins::default(), "a.test", ("null", ""), "", OtherPage),
            (Origins::default(), "", ("http://a.test", ""), "", OtherPage),
            // Otherwise the public address alone.
            (known(), "inside:3000", ("https://belfry.test", ""), "", OurPage),
            (known(), "belfry.test:443", ("https://belfry.test", ""), "", OurPage),
            (known(), "inside:3000", ("http://inside:3000", ""), "", OtherPage),
            (known(), "belfry.test", ("http://belfry.test", ""), "", OtherPage),
        ] {
            let seen = sender(&origins, host, said, proto);
            assert_eq!(seen, expected, "{host} {said:?} {proto}");
        }
    }

    #[test]
    fn beside_the_public_address_a_page_is_ours_at_a_host_that_is_known() {
        let origins = Origins { public: Some(origin("https://belfry.test")), ..Origins::default() };
        for (known, said, expected) in [
            (true, "http://localhost:3000", Sender::OurPage),
            (true, "https://belfry.test", Sender::OurPage),
            (true, "http://localhost:3001", Sender::OtherPage),
            (true, "null", Sender::OtherPage),
            (false, "http://localhost:3000", Sender::OtherPage),
        ] {
            let host = "localhost:3000".parse().ok();
            let client = Client { host, known, ..Client::default() };
            let headers = [(ORIGIN, HeaderValue::from_static(said))].into_iter().collect();
            assert_eq!(Sender::of(&origins, &client, &headers), expected, "{known} {said}");
        }
    }

    #[test]
    fn a_listed_page_has_its_visitors_cookies_where_they_cross_sites() {
        let allowed = vec![origin("https://app.test")];
        let listed = Origins { allowed, any: true, ..Origins::default() };
        let across = Origins { cross_site_cookies: true, ..listed.clone() };
        for site in ["cross-site", "same-site", ""] {
            let of = |origins: &Origins, said: &str| sender(origins, "a.test", (said, site), "");
            assert_eq!(of(&listed, "https://app.test"), Sender::OtherPage, "{site}");
            assert_eq!(of(&across, "https://app.test"), Sender::ListedPage, "{site}");
            assert_eq!(of(&across, "https://evil.test"), Sender::OtherPage, "{site}");
        }
        assert!(Sender::ListedPage.writes_by_cookie() && Sender::ListedPage.signs_in());
        assert!(!Sender::ListedPage.is_no_other_site());
        assert!(!Sender::Program.writes_by_cookie() && !Sender::Visitor.writes_by_cookie());
    }
}
