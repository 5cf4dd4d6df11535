//! Login and logout: puts a token into a cookie that only this server's pages can write with, and removes
//! it again.

mod form;

use axum::{
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};
use belfry_hub::{
    budget::Receiving,
    http::{body, caching::NO_STORE, problem::Problem},
};

use crate::{
    AppState,
    token::TokenError,
    web::{
        client::Client,
        cookies::{Duration, SameSite, across_sites, hidden, written},
        presented::{TOKEN_COOKIE, bearer, cookie_digest},
        sender::Sender,
    },
};
use form::Form;

/// Browsers silently drop a cookie whose name and value together have more bytes than this.
const LARGEST_COOKIE: usize = 4096;

/// No content, and what becomes of the cookie.
type Answer = (StatusCode, [(HeaderName, HeaderValue); 2]);

/// `POST /login`: turns a token, from `Authorization` or from the body, into a cookie.
///
/// A page's form is redirected to where it asks, with the cookie, or with `login=failed` in the query.
pub(crate) async fn login(
    State(state): State<AppState>,
    sender: Sender,
    receiving: Receiving,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    refuse_other_sites(sender)?;
    if let Some(token) = bearer(&headers)? {
        return Ok(admit(&state, token, (&client, &headers))?.into_response());
    }
    let text = text_of(body, form::longest(&headers), &receiving).await?;
    if let Some(form) = Form::read(&headers, &text) {
        let admitted = admit(&state, form.token.trim(), (&client, &headers));
        return Ok(form.answer(admitted.map(|(_, headers)| headers)));
    }
    match text.trim() {
        "" => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "a token is required, in the body or as Authorization: Bearer",
        )),
        token => Ok(admit(&state, token, (&client, &headers))?.into_response()),
    }
}

/// Turns a token into a cookie.
fn admit(
    state: &AppState,
    token: &str,
    (client, headers): (&Client, &HeaderMap),
) -> Result<Answer, Problem> {
    let now = state.hub.clock().now();
    let grant = state.keys.verify(token, now)?;
    if TOKEN_COOKIE.len() + token.len() > LARGEST_COOKIE {
        let detail = format!("the token does not fit into a cookie of {LARGEST_COOKIE} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let left = grant.until.unwrap_or(now).saturating_sub(now);
    let answer = set_cookie(state, token, Duration::microseconds(left.max(0)), client)?;
    // The browser's previous cookie is replaced.
    state.sign_outs.tell(cookie_digest(client, headers));
    Ok(answer)
}

/// `DELETE /login`: removes the cookie, and ends the streams that were opened with it.
pub(crate) async fn logout(
    State(state): State<AppState>,
    sender: Sender,
    client: Client,
    headers: HeaderMap,
) -> Result<Answer, Problem> {
    refuse_other_sites(sender)?;
    let answer = set_cookie(&state, "", Duration::ZERO, &client)?;
    state.sign_outs.tell(cookie_digest(&client, &headers));
    Ok(answer)
}

/// `POST /logout`: the same for a page's form, which is redirected to where it asks.
pub(crate) async fn logout_by_form(
    state: State<AppState>,
    sender: Sender,
    receiving: Receiving,
    client: Client,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    refuse_other_sites(sender)?;
    let body = body::whole(body, form::BESIDE, &receiving).await?.data;
    let to = form::place_in(&headers, &String::from_utf8_lossy(&body));
    let (_, cookie) = logout(state, sender, client, headers).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)], cookie).into_response())
}

/// `Lax`: a visitor who follows a link from a mail or a wiki stays signed in. Writes are protected by
/// checking their origin, see [`Grant`](belfry_hub::grant::Grant).
fn set_cookie(
    state: &AppState,
    token: &str,
    left: Duration,
    client: &Client,
) -> Result<Answer, Problem> {
    let cookie = hidden(TOKEN_COOKIE, token, SameSite::Lax, left, client);
    let across = state.origins.cross_site_cookies;
    let cookie = written(if across { across_sites(cookie) } else { cookie });
    let cookie = cookie.ok_or(TokenError::Malformed)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie), NO_STORE]))
}

async fn text_of(body: Body, longest: usize, receiving: &Receiving) -> Result<String, Problem> {
    let body = body::whole(body, longest, receiving).await.map_err(|problem| {
        let too_large = problem.status() == StatusCode::PAYLOAD_TOO_LARGE;
        if too_large { TokenError::TooLarge.into() } else { problem }
    })?;
    String::from_utf8(body.data).map_err(|_| TokenError::Malformed.into())
}

/// Refuses pages of other sites, which could make a visitor publish here under a name of their choice.
fn refuse_other_sites(sender: Sender) -> Result<(), Problem> {
    if sender.signs_in() {
        return Ok(());
    }
    let detail = "requests from pages of other sites are refused";
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}
