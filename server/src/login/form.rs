//! A page's login form: its fields go in, the place on this server to go on to comes out.

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};
use form_urlencoded::parse;

use crate::{problem::Problem, token::LARGEST_TOKEN};

/// Where a form goes on to that does not say, or says a place elsewhere.
const USUALLY: &str = "/status";

/// What a form says beside its token, in bytes at most.
pub(super) const BESIDE: usize = 2048;

/// What tells a page that its form's token was of no use.
const FAILED: &str = "login=failed";

/// A form that was sent.
pub(super) struct Form {
    pub(super) token: String,
    to: String,
}

impl Form {
    /// Reads a body; `None` for one that is no form with a field `token`. The type alone says nothing:
    /// `curl -d` calls every body a form.
    pub(super) fn read(headers: &HeaderMap, body: &str) -> Option<Self> {
        let token = field(body, "token").filter(|_| is_form(headers))?;
        let to = asked_for(body).unwrap_or_else(|| USUALLY.into());
        Some(Self { token, to })
    }

    /// Goes on, with the headers that set the cookie, or with the word that there is none.
    pub(super) fn answer(
        self,
        admitted: Result<[(HeaderName, HeaderValue); 2], Problem>,
    ) -> Response {
        let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        match admitted {
            Ok(cookie) => {
                let to = [(LOCATION, place_after(&self.to, None))];
                (StatusCode::SEE_OTHER, to, cookie).into_response()
            }
            Err(_) => {
                let to = [(LOCATION, place_after(&self.to, Some(FAILED)))];
                (StatusCode::SEE_OTHER, to, no_store).into_response()
            }
        }
    }
}

/// Where a form that signs out goes on to: the first page unless it says.
pub(super) fn place_in(body: &str) -> String {
    place_after(&asked_for(body).unwrap_or_else(|| "/".into()), None)
}

fn asked_for(body: &str) -> Option<String> {
    field(body, "to").filter(|to| is_place_here(to))
}

fn field(body: &str, wanted: &str) -> Option<String> {
    let mut fields = parse(body.as_bytes());
    fields.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
}

/// How long a body may be, in bytes.
pub(super) fn longest(headers: &HeaderMap) -> usize {
    if is_form(headers) { LARGEST_TOKEN + BESIDE } else { LARGEST_TOKEN }
}

fn is_form(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether it is a path on this server, as it stands in a URL. Browsers take a `\\` for a `/`, and drop
/// tabs and line ends before they look for `//`.
fn is_place_here(to: &str) -> bool {
    to.starts_with('/')
        && !to.starts_with("//")
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// The same place with what is to be said in its query, and without what was said before.
fn place_after(to: &str, word: Option<&str>) -> String {
    let (place, fragment) = to.split_once('#').map_or((to, None), |(a, b)| (a, Some(b)));
    let (path, query) = place.split_once('?').unwrap_or((place, ""));
    let others = query.split('&').filter(|part| !part.is_empty() && *part != FAILED);
    let query = others.chain(word).collect::<Vec<_>>().join("&");
    let query = if query.is_empty() { query } else { format!("?{query}") };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{path}{query}{fragment}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_failure_is_said_once_and_a_success_takes_it_back() {
        for (to, told) in [
            ("/status", "/status?login=failed"),
            ("/status?login=failed", "/status?login=failed"),
            ("/console?topic=a%26b", "/console?topic=a%26b&login=failed"),
            ("/?#x?y", "/?login=failed#x?y"),
        ] {
            assert_eq!(place_after(to, Some(FAILED)), told);
        }
        assert_eq!(place_after("/status?login=failed#x", None), "/status#x");
        assert_eq!(place_after("/console?topic=a", None), "/console?topic=a");
    }

    proptest! {
        #[test]
        fn a_form_goes_nowhere_else(to in "[/\\\\a.:@\t\r\n ?#%é]{0,12}") {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
            let encoded: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
            let form = Form::read(&headers, &format!("token=x&to={encoded}")).unwrap();
            for place in [place_after(&form.to, None), place_after(&form.to, Some(FAILED))] {
                let mut bytes = place.bytes();
                prop_assert_eq!(bytes.next(), Some(b'/'));
                prop_assert!(!matches!(bytes.next(), Some(b'/' | b'\\')));
                prop_assert!(place.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'));
            }
        }
    }
}
