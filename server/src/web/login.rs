//! Login and logout: begins a session with what a token allows, in a cookie that only this server's pages
//! can write with, and ends it.

mod form;

use std::io;

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
use tracing::{error, info, warn};

use crate::{
    AppState,
    token::{Session, TokenError},
    web::{
        client::Client,
        cookies::{Duration, SameSite, across_sites, hidden, written},
        presented::{TOKEN_COOKIE, bearer, cookie},
        sender::Sender,
    },
};
use form::Form;

/// Browsers silently drop a cookie whose name and value together have more bytes than this.
const LARGEST_COOKIE: usize = 4096;

/// No content, and what becomes of the cookie.
type Answer = (StatusCode, [(HeaderName, HeaderValue); 2]);

/// `POST /login`: begins a session with what a token allows, from `Authorization` or from the body. The
/// session goes into a cookie.
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
        return Ok(admit(&state, token, (&client, &headers)).await?.into_response());
    }
    let text = text_of(body, form::longest(&headers), &receiving).await?;
    if let Some(form) = Form::read(&headers, &text) {
        let admitted = admit(&state, form.token.trim(), (&client, &headers)).await;
        return Ok(form.answer(admitted.map(|(_, headers)| headers)));
    }
    match text.trim() {
        "" => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "a token is required, in the body or as Authorization: Bearer",
        )),
        token => Ok(admit(&state, token, (&client, &headers)).await?.into_response()),
    }
}

/// Begins a session with what a token allows.
async fn admit(
    state: &AppState,
    token: &str,
    (client, headers): (&Client, &HeaderMap),
) -> Result<Answer, Problem> {
    let now = state.hub.clock().now();
    let Session { cookie, grant, id } = state.authority.begin_session(token, now)?;
    if TOKEN_COOKIE.len() + cookie.len() > LARGEST_COOKIE {
        let detail = format!("the token does not fit into a cookie of {LARGEST_COOKIE} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let left = grant.until.unwrap_or(now).saturating_sub(now);
    let answer = set_cookie(state, &cookie, Duration::microseconds(left.max(0)), client)?;
    info!(session = id, subject = grant.subject, "signed in");
    // The browser's previous session is over. Whoever has signed in is not kept from that by the disk.
    if let Err(why) = end_session(state, client, headers).await {
        warn!(%why, "the previous session has ended only until the server is started again");
    }
    Ok(answer)
}

/// `DELETE /login`: ends the session, with its streams, and removes the cookie.
pub(crate) async fn logout(
    State(state): State<AppState>,
    sender: Sender,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    refuse_other_sites(sender)?;
    let (status, cookie) = set_cookie(&state, "", Duration::ZERO, &client)?;
    Ok(match end_session(&state, &client, &headers).await {
        Ok(()) => (status, cookie).into_response(),
        // The browser is to forget the cookie all the same.
        Err(why) => {
            error!(%why, "a session has ended only until the server is started again");
            let detail = format!(
                "this browser is signed out, but the server could not store that: a copy of its \
                 cookie would be valid again after a restart ({why})"
            );
            (cookie, Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)).into_response()
        }
    })
}

/// Ends the session in the cookie of a request, if there is a valid one.
async fn end_session(state: &AppState, client: &Client, headers: &HeaderMap) -> io::Result<()> {
    let Ok(Some(cookie)) = cookie(client, headers) else { return Ok(()) };
    let now = state.hub.clock().now();
    if let Some(session) = state.authority.end_session(&cookie, now).await? {
        info!(session, "signed out");
    }
    Ok(())
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
    let answer = logout(state, sender, client, headers).await?;
    if answer.status() != StatusCode::NO_CONTENT {
        return Ok(answer);
    }
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)], answer).into_response())
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
