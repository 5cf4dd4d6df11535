//! Presented tokens: a request's headers go in, its rights or the reason of its refusal come out.

use std::convert::Infallible;

use app::{Identity, Tick};
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, Method, StatusCode,
        header::{AUTHORIZATION, COOKIE},
        request::Parts,
    },
};

use super::TokenError;
use crate::{AppState, digest::digest, grant::Grant, problem::Problem};

/// The cookie that holds a token after `POST /login`.
pub(crate) const TOKEN_COOKIE: &str = "belfry-token";

/// Where a browser says that a request comes from.
pub(crate) const SEC_FETCH_SITE: &str = "sec-fetch-site";

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        Self::invalid_token(error.to_string())
    }
}

impl FromRequestParts<AppState> for Grant {
    type Rejection = Problem;

    /// Nothing presented is no right but to read what is public. What is presented and wrong is
    /// refused, or a reader would go on without what it thinks it has.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let grant = presented(&parts.headers, state)?;
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        if grant.cookie.is_some() && !reads && !is_from_same_origin(&parts.headers) {
            let detail = "a cookie allows writing only to pages of this server \
                (Sec-Fetch-Site: same-origin); other programs say Authorization: Bearer";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(grant)
    }
}

/// Who a request comes from. A token that is not accepted is one answer of several.
pub(crate) struct Asking(pub(crate) Identity);

impl FromRequestParts<AppState> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self(presented(&parts.headers, state).map_or_else(|_| Identity::refused(), identity)))
    }
}

fn identity(grant: Grant) -> Identity {
    Identity {
        mark: grant.mark(),
        cookie: grant.cookie.is_some(),
        until: grant.until.map(Tick::from_micros),
        subject: grant.subject,
    }
}

/// What the token in a request's headers allows, whatever the request is.
fn presented(headers: &HeaderMap, state: &AppState) -> Result<Grant, Problem> {
    let verify = |token: &str| state.keys.verify(token, state.hub.clock().now());
    if let Some(token) = bearer(headers)? {
        return Ok(verify(token)?);
    }
    let Some(token) = cookie(headers)? else { return Ok(Grant::default()) };
    Ok(Grant { cookie: Some(name_of(token)), ..verify(token)? })
}

/// The name of the token in the cookie, by which streams that were opened with it are known; `None`
/// where there is none.
pub(crate) fn cookie_name(headers: &HeaderMap) -> Option<u64> {
    cookie(headers).ok().flatten().map(name_of)
}

fn name_of(token: &str) -> u64 {
    digest("belfry cookie", [token])
}

/// The token in `Authorization: Bearer …`; `None` without the header.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::invalid_token("Authorization is said twice"));
    }
    let said = value.to_str().unwrap_or_default().split_once(' ');
    match said {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Problem::invalid_token("Authorization is not Bearer and a token")),
    }
}

/// The token in the cookie; `None` where there is none, or an empty one.
fn cookie(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    // By bytes: other programs on this host may have cookies in any encoding.
    let cookies =
        headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(is_semicolon));
    let mut tokens = cookies
        .filter_map(|cookie| {
            cookie.trim_ascii().strip_prefix(TOKEN_COOKIE.as_bytes())?.strip_prefix(b"=")
        })
        .filter(|token| !token.is_empty());
    let Some(token) = tokens.next() else { return Ok(None) };
    // One of them may have been set by another host of the same domain.
    if tokens.any(|other| other != token) {
        return Err(Problem::invalid_token("the cookie is there twice, and not the same"));
    }
    let token = str::from_utf8(token);
    token.map(Some).map_err(|_| TokenError::Malformed.into())
}

fn is_semicolon(byte: &u8) -> bool {
    *byte == b';'
}

/// Whether a browser says that one of our own pages sent the request.
fn is_from_same_origin(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-origin")
}
