//! Login: a token goes in, a cookie that only this server's pages can write with comes out, and goes again.

mod form;

use std::time::Duration;

use axum::{
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION, SET_COOKIE},
    },
    response::{IntoResponse, Response},
};

use crate::{
    AppState, body,
    budget::Receiving,
    origin::{came_by_https, is_no_other_site},
    problem::Problem,
    token::{TOKEN_COOKIE, TokenError, bearer, cookie_name},
};
use form::Form;

/// Browsers drop a cookie without a word where its name and value have more bytes than this
/// together.
const LARGEST_COOKIE: usize = 4096;

/// No content, and what becomes of the cookie.
type Answer = (StatusCode, [(HeaderName, HeaderValue); 2]);

/// `POST /login`: a token, from `Authorization` or else from the body, becomes a cookie.
///
/// A page's form is sent on to where it wants to go, with the cookie, or with `login=failed` in the
/// query.
pub(crate) async fn login(
    State(state): State<AppState>,
    receiving: Receiving,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    refuse_other_sites(&headers)?;
    if let Some(token) = bearer(&headers)? {
        return Ok(admit(&state, token, &headers)?.into_response());
    }
    let text = text_of(body, form::longest(&headers), &receiving).await?;
    if let Some(form) = Form::read(&headers, &text) {
        let admitted = admit(&state, form.token.trim(), &headers);
        return Ok(form.answer(admitted.map(|(_, headers)| headers)));
    }
    match text.trim() {
        "" => Err(Problem::new(StatusCode::UNAUTHORIZED, "there is no token in the body")),
        token => Ok(admit(&state, token, &headers)?.into_response()),
    }
}

/// Makes a token a cookie.
fn admit(state: &AppState, token: &str, headers: &HeaderMap) -> Result<Answer, Problem> {
    let now = state.hub.clock().now();
    let grant = state.keys.verify(token, now)?;
    if TOKEN_COOKIE.len() + token.len() > LARGEST_COOKIE {
        let detail = format!("no browser keeps a cookie of more than {LARGEST_COOKIE} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let left = grant.until.unwrap_or(now).saturating_sub(now);
    let left = Duration::from_micros(left.try_into().unwrap_or_default());
    let answer = set_cookie(token, left, headers)?;
    // Who signs in gives up what the browser had before.
    state.sign_outs.tell(cookie_name(headers));
    Ok(answer)
}

/// `DELETE /login`: the cookie goes, and the streams that were opened with it end.
pub(crate) async fn logout(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Answer, Problem> {
    refuse_other_sites(&headers)?;
    let answer = set_cookie("", Duration::ZERO, &headers)?;
    state.sign_outs.tell(cookie_name(&headers));
    Ok(answer)
}

/// `POST /logout`: the same for a page's form, which is sent on to where it wants to go.
pub(crate) async fn logout_by_form(
    state: State<AppState>,
    receiving: Receiving,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    refuse_other_sites(&headers)?;
    let body = body::whole(body, form::BESIDE, &receiving).await?.data;
    let to = form::place_in(&String::from_utf8_lossy(&body));
    let (_, cookie) = logout(state, headers).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)], cookie).into_response())
}

/// `Lax`: a link from a mail or a wiki leads to what the visitor may see. Writes are guarded by what the
/// browser says of their origin, see [`Grant`](crate::grant::Grant).
fn set_cookie(token: &str, left: Duration, headers: &HeaderMap) -> Result<Answer, Problem> {
    let secure = if came_by_https(headers) { "; Secure" } else { "" };
    let cookie = format!(
        "{TOKEN_COOKIE}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
        left.as_secs()
    );
    let cookie = HeaderValue::try_from(cookie).map_err(|_| TokenError::Malformed)?;
    let no_store = HeaderValue::from_static("no-store");
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie), (CACHE_CONTROL, no_store)]))
}

async fn text_of(body: Body, longest: usize, receiving: &Receiving) -> Result<String, Problem> {
    let body = body::whole(body, longest, receiving).await.map_err(|problem| {
        let too_large = problem.status() == StatusCode::PAYLOAD_TOO_LARGE;
        if too_large { TokenError::TooLarge.into() } else { problem }
    })?;
    String::from_utf8(body.data).map_err(|_| TokenError::Malformed.into())
}

/// Refuses another site's page, which could make its visitor publish here under a name of its own
/// choice.
fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Problem> {
    if is_no_other_site(headers) {
        return Ok(());
    }
    let detail = "only pages of this server may change who is logged in";
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}
