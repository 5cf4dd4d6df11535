//! Finds the token that a request presents in its headers, and its rights or the reason for refusing it.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, StatusCode, header::AUTHORIZATION, request::Parts};
use belfry_hub::{
    Clock, authorise::Authorise, digest::digest, grant::Grant, http::problem::Problem,
};
use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};

use crate::{
    Keys,
    origins::Origins,
    token::{SignOuts, TokenError},
    web::{client::Client, cookies::values, sender::Sender},
};

/// The cookie that holds a token after `POST /login`.
pub(crate) const TOKEN_COOKIE: &str = "belfry-token";

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        Self::invalid_token(error.to_string())
    }
}

/// Tells by its token what a request may do. A cheap handle.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    keys: Arc<Keys>,
    sign_outs: SignOuts,
    origins: Arc<Origins>,
    clock: Clock,
}

impl Tokens {
    /// Those that were signed with one of these keys, until somebody signs out.
    pub(crate) fn new(
        keys: Arc<Keys>,
        sign_outs: SignOuts,
        origins: Arc<Origins>,
        clock: Clock,
    ) -> Self {
        Self { keys, sign_outs, origins, clock }
    }

    /// What a request may do. Without a token, a request may only read what is public. An invalid token is
    /// refused, or a reader would continue without the rights that it expects.
    fn grant(&self, request: &Parts) -> Result<Grant, Problem> {
        let client = Client::among(&request.extensions);
        let grant = self.presented(&client, &request.headers)?;
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        let sender = Sender::of(&self.origins, &client, &request.headers);
        if grant.credential.is_some() && !reads && !sender.writes_by_cookie() {
            let detail = "the sign-in cookie allows writes only from pages of this server \
                (Sec-Fetch-Site: same-origin); other programs must send Authorization: Bearer";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(grant)
    }

    /// What the token in a request's headers allows, whatever the method.
    pub(crate) fn presented(&self, client: &Client, headers: &HeaderMap) -> Result<Grant, Problem> {
        let local = client.local;
        let verify = |token: &str| self.keys.verify(token, self.clock.now());
        if let Some(token) = bearer(headers)? {
            return Ok(Grant { local, ..verify(token)? });
        }
        let Some(token) = cookie(client, headers)? else {
            return Ok(Grant { local, ..Grant::default() });
        };
        Ok(Grant { credential: Some(token_digest(&token)), local, ..verify(&token)? })
    }
}

impl Authorise for Tokens {
    fn authorise<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Grant, Problem>> {
        ready(self.grant(request)).boxed()
    }

    /// Once the browser has given up the cookie that the grant was in.
    fn revoked(&self, grant: &Grant) -> BoxFuture<'static, ()> {
        self.sign_outs.heard(grant.credential)
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

/// The digest of the token in the cookie, see [`Grant::credential`]; `None` where there is none.
pub(crate) fn cookie_digest(client: &Client, headers: &HeaderMap) -> Option<u64> {
    cookie(client, headers).ok().flatten().map(|token| token_digest(&token))
}

fn token_digest(token: &str) -> u64 {
    digest("belfry cookie", [token])
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

/// The token in the cookie; `None` where there is none, or an empty one.
fn cookie(client: &Client, headers: &HeaderMap) -> Result<Option<String>, Problem> {
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
