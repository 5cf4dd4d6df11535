//! Finds the token that a request presents in its headers, and its rights or the reason for refusing it.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, StatusCode, header::AUTHORIZATION, request::Parts};
use belfry_hub::{Clock, authorise::Authorise, grant::Grant, http::problem::Problem};
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};

use crate::{
    origins::Origins,
    token::{Authority, TokenError},
    web::{client::Client, cookies::values, sender::Sender},
};

/// The cookie that holds a session after `POST /login`.
pub(crate) const TOKEN_COOKIE: &str = "belfry-token";

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NoRandomness => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            _ => Self::invalid_token(error.to_string()),
        }
    }
}

/// Tells by its token what a request may do. A cheap handle.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    authority: Arc<Authority>,
    origins: Arc<Origins>,
    clock: Clock,
}

/// What a request presents.
#[derive(Debug, Default)]
pub(crate) struct Presented {
    /// What it allows.
    pub(crate) grant: Grant,
    /// It is in a cookie.
    pub(crate) by_cookie: bool,
}

impl Tokens {
    /// Those that an authority takes.
    pub(crate) fn new(authority: Arc<Authority>, origins: Arc<Origins>, clock: Clock) -> Self {
        Self { authority, origins, clock }
    }

    /// What a request may do. Without a token, a request may only read what is public. An invalid token is
    /// refused, or a reader would continue without the rights that it expects.
    fn grant(&self, request: &Parts) -> Result<Grant, Problem> {
        let client = Client::among(&request.extensions);
        let Presented { grant, by_cookie } = self.presented(&client, &request.headers)?;
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        let sender = Sender::of(&self.origins, &client, &request.headers);
        if by_cookie && !reads && !sender.writes_by_cookie() {
            let detail = "the sign-in cookie allows writes only from pages of this server \
                (Sec-Fetch-Site: same-origin); other programs must send Authorization: Bearer";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(grant)
    }

    /// What the token in a request's headers allows, whatever the method.
    pub(crate) fn presented(
        &self,
        client: &Client,
        headers: &HeaderMap,
    ) -> Result<Presented, Problem> {
        let (local, now) = (client.local, self.clock.now());
        let (grant, by_cookie) = if let Some(token) = bearer(headers)? {
            (self.authority.verify(token, now)?, false)
        } else if let Some(cookie) = cookie(client, headers)? {
            (self.authority.verify_cookie(&cookie, now)?, true)
        } else {
            (Grant::default(), false)
        };
        Ok(Presented { grant: Grant { local, ..grant }, by_cookie })
    }
}

impl Authorise for Tokens {
    fn authorise<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Grant, Problem>> {
        ready(self.grant(request)).boxed()
    }

    /// Once somebody has signed out, or the token was revoked.
    fn revoked(&self, grant: &Grant) -> BoxFuture<'static, ()> {
        self.authority.revoked(grant)
    }

    fn refuse(&self, grant: &Grant, what: &str) -> Problem {
        if grant.until.is_none() {
            let detail = format!("a token is required to {what}; create one with `belfry token`");
            Problem::new(StatusCode::UNAUTHORIZED, detail)
        } else {
            Problem::new(
                StatusCode::FORBIDDEN,
                format!("the token does not grant the right to {what}"),
            )
            .of("topic")
        }
    }
}

/// The token in `Authorization: Bearer …`; `None` without one. Any other scheme, such as a password for a
/// proxy that asks for one, is not for this server.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let values = headers.get_all(AUTHORIZATION).iter();
    let mut tokens = values.filter_map(|value| of_bearer(value.as_bytes()));
    let Some(token) = tokens.next() else { return Ok(None) };
    if tokens.next().is_some() {
        return Err(Problem::invalid_token("Authorization: Bearer must be given only once"));
    }
    let token = str::from_utf8(token).unwrap_or_default().trim();
    if token.is_empty() {
        return Err(Problem::invalid_token("Authorization must have the form Bearer TOKEN"));
    }
    Ok(Some(token))
}

/// What follows the scheme, if that is `Bearer`.
fn of_bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("bearer".len())?;
    let ends = rest.first().is_none_or(|byte| *byte == b' ');
    (ends && scheme.eq_ignore_ascii_case(b"bearer")).then_some(rest)
}

/// What is in the cookie; `None` where there is none, or an empty one.
pub(crate) fn cookie(client: &Client, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut tokens = values(client, headers, TOKEN_COOKIE).filter(|token| !token.is_empty());
    let Some(token) = tokens.next() else { return Ok(None) };
    // One of them may have been set by another host of the same domain.
    if tokens.any(|other| other != token) {
        return Err(Problem::invalid_token(
            "the sign-in cookie was sent twice with different values",
        ));
    }
    Ok(Some(token))
}
