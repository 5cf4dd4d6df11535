//! Parses a page's login form, and finds the place on this server to go on to.

use axum::{
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, LOCATION, REFERER},
    },
    response::{IntoResponse, IntoResponseParts, Response},
};
use belfry_hub::http::{caching::NO_STORE, problem::Problem, query::first};
use wire::parameters::{FAILED, LOGIN, TO, TOKEN};

use crate::{
    token::LARGEST_TOKEN,
    web::{base_path::BasePath, redirect::place_here},
};

/// Where a form goes on to that does not say, or says a place elsewhere.
const USUALLY: &str = "/status";

/// What a form says beside its token, in bytes at most.
pub(super) const BESIDE: usize = 2048;

/// What tells a page that its form's token was of no use.
fn failed() -> String {
    format!("{LOGIN}={FAILED}")
}

/// A form that was sent.
pub(super) struct Form {
    pub(super) token: String,
    to: String,
}

impl Form {
    /// Reads a body; `None` for one that is not a form with a field `token`. The type alone says nothing:
    /// `curl -d` calls every body a form.
    pub(super) fn read(headers: &HeaderMap, body: &str, base: &BasePath) -> Option<Self> {
        let token = field(body, TOKEN).filter(|_| is_form(headers))?;
        let to = place(headers, body, base).unwrap_or_else(|| USUALLY.into());
        Some(Self { token, to })
    }

    /// Goes on, with the headers that set the cookie, or with the word that there is none.
    pub(super) fn answer(self, admitted: Result<impl IntoResponseParts, Problem>) -> Response {
        match admitted {
            Ok(cookie) => {
                let to = [(LOCATION, place_after(&self.to, false))];
                (StatusCode::SEE_OTHER, to, cookie, ()).into_response()
            }
            Err(problem) if problem.status() == StatusCode::TOO_MANY_REQUESTS => {
                ([NO_STORE], problem).into_response()
            }
            Err(_) => {
                let to = [(LOCATION, place_after(&self.to, true))];
                (StatusCode::SEE_OTHER, to, [NO_STORE]).into_response()
            }
        }
    }
}

/// Where a form that signs out goes on to: the first page unless it says.
pub(super) fn place_in(headers: &HeaderMap, body: &str, base: &BasePath) -> String {
    place_after(&place(headers, body, base).unwrap_or_else(|| "/".into()), false)
}

/// The place that a form asks for, or from which it was sent, as a path inside the base path.
fn place(headers: &HeaderMap, body: &str, base: &BasePath) -> Option<String> {
    let came_from = || {
        let (_, rest) = headers.get(REFERER)?.to_str().ok()?.split_once("://")?;
        base.inside(&rest[rest.find('/')?..]).map(str::to_owned)
    };
    field(body, TO).or_else(came_from).filter(|to| place_here(to).is_some())
}

fn field(body: &str, wanted: &str) -> Option<String> {
    first(body, wanted).map(|value| value.lossy().into_owned())
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

/// The same place, which is told in its query whether a token was of no use.
fn place_after(to: &str, has_failed: bool) -> String {
    let failed = failed();
    let (place, fragment) = to.split_once('#').map_or((to, None), |(a, b)| (a, Some(b)));
    let (path, query) = place.split_once('?').unwrap_or((place, ""));
    let others = query.split('&').filter(|part| !part.is_empty() && *part != failed);
    let word = has_failed.then_some(&*failed);
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
            assert_eq!(place_after(to, true), told);
        }
        assert_eq!(place_after("/status?login=failed#x", false), "/status#x");
        assert_eq!(place_after("/console?topic=a", false), "/console?topic=a");
    }

    proptest! {
        #[test]
        fn a_form_goes_nowhere_else(to in "[/\\\\a.:@\t\r\n ?#%é]{0,12}") {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
            let encoded: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
            let body = format!("token=x&to={encoded}");
            let form = Form::read(&headers, &body, &BasePath::default()).unwrap();
            for place in [place_after(&form.to, false), place_after(&form.to, true)] {
                let mut bytes = place.bytes();
                prop_assert_eq!(bytes.next(), Some(b'/'));
                prop_assert!(!matches!(bytes.next(), Some(b'/' | b'\\')));
                prop_assert!(place.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'));
            }
        }
    }
}
