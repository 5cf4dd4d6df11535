//! Login and logout: begins a session with what a token allows, in a cookie that only this server's pages
//! can write with, and ends it.

mod form;

use std::io;

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{AppendHeaders, IntoResponse, Response},
};
use belfry_hub::{
    budget::Receiving,
    grant::Grant,
    http::{body, caching::NO_STORE, problem::Problem},
};
use tracing::{error, info, warn};

use crate::{
    AppState,
    token::{Session, TokenError},
    web::{
        client::Client,
        cookies::{Duration, SameSite, across_sites, called, hidden, without_prefix, written},
        presented::{TOKEN_COOKIE, bearer, cookie},
        sender::Sender,
    },
};
use form::Form;

/// Browsers silently drop a cookie whose name and value together have more bytes than this.
const LARGEST_COOKIE: usize = 4096;

/// What becomes of the cookie.
type Cookies = ([(HeaderName, HeaderValue); 1], AppendHeaders<Vec<(HeaderName, HeaderValue)>>);

/// No content, and that.
type Answer = (StatusCode, Cookies);

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
    state.limited().sign_in_from(&client)?;
    if let Some(token) = bearer(&headers)? {
        return Ok(admit(&state, token, (&client, &headers)).await?.into_response());
    }
    let text = text_of(body, form::longest(&headers), &receiving).await?;
    if let Some(form) = Form::read(&headers, &text, &client.base) {
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
    state.limited().sign_in_of(&grant)?;
    if called(TOKEN_COOKIE, client).len() + cookie.len() > LARGEST_COOKIE {
        let detail = format!("the token does not fit into a cookie of {LARGEST_COOKIE} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let left = grant.until.unwrap_or(now).saturating_sub(now);
    let answer =
        set_cookie(state, &cookie, Duration::microseconds(left.max(0)), (client, headers))?;
    info!(session = id, subject = grant.subject, "signed in");
    // The browser's previous session is over. Whoever has signed in is not kept from that by the disk.
    let previous = session_in(state, client, headers);
    if let Err(why) = end_session(state, previous).await {
        warn!(%why, "could not store the end of the previous session; a restart would revive it");
    }
    Ok(answer)
}

/// `DELETE /login`: ends the session, with its streams, and removes the cookie; with `if=refused` in the query
/// only a cookie that is not accepted, see [`FORGET_PATH`](wire::paths::FORGET_PATH).
pub(crate) async fn logout(
    state: State<AppState>,
    sender: Sender,
    client: Client,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let only_refused = query.as_deref() == Some("if=refused");
    if only_refused && session_in(&state, &client, &headers).is_some() {
        return Ok((StatusCode::NO_CONTENT, [NO_STORE]).into_response());
    }
    sign_out(state, sender, client, headers).await
}

async fn sign_out(
    State(state): State<AppState>,
    sender: Sender,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    refuse_other_sites(sender)?;
    state.limited().sign_in_from(&client)?;
    let ending = session_in(&state, &client, &headers);
    if let Some((_, grant)) = &ending {
        state.limited().sign_in_of(grant)?;
    }
    let (status, cookie) = set_cookie(&state, "", Duration::ZERO, (&client, &headers))?;
    Ok(match end_session(&state, ending).await {
        Ok(()) => (status, cookie).into_response(),
        // The browser is to forget the cookie all the same.
        Err(why) => {
            error!(%why, "could not store the end of a session; a restart would revive it");
            let detail = format!(
                "this browser is signed out, but the server could not store that: a copy of its \
                 cookie would be valid again after a restart ({why})"
            );
            (cookie, Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)).into_response()
        }
    })
}

/// The session in the cookie of a request, and what it allows, if there is a valid one.
fn session_in(state: &AppState, client: &Client, headers: &HeaderMap) -> Option<(String, Grant)> {
    let cookie = cookie(client, headers).ok().flatten()?;
    let grant = state.authority.verify_cookie(&cookie, state.hub.clock().now()).ok()?;
    Some((cookie, grant))
}

/// Ends a session, if there is one.
async fn end_session(state: &AppState, session: Option<(String, Grant)>) -> io::Result<()> {
    let Some((cookie, _)) = session else { return Ok(()) };
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
    let to = form::place_in(&headers, &String::from_utf8_lossy(&body), &client.base);
    let answer = sign_out(state, sender, client, headers).await?;
    if answer.status() != StatusCode::NO_CONTENT {
        return Ok(answer);
    }
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)], answer).into_response())
}

/// `Lax`: a visitor who follows a link from a mail or a wiki stays signed in. Writes are protected by
/// checking their origin, see [`Grant`].
fn set_cookie(
    state: &AppState,
    token: &str,
    left: Duration,
    (client, headers): (&Client, &HeaderMap),
) -> Result<Answer, Problem> {
    let cookie = hidden(TOKEN_COOKIE, token, SameSite::Lax, left, client);
    let across = state.origins.cross_site_cookies;
    let both = [cookie].into_iter().chain(without_prefix(TOKEN_COOKIE, client, headers));
    let both = both.map(|cookie| if across { across_sites(cookie) } else { cookie });
    let both: Option<_> = both.map(|cookie| Some((SET_COOKIE, written(cookie)?))).collect();
    let both = AppendHeaders(both.ok_or(TokenError::Malformed)?);
    Ok((StatusCode::NO_CONTENT, ([NO_STORE], both)))
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
