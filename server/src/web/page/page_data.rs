//! Reads what a page is rendered with, for an address and a visitor.

use app::Page;
use axum::{
    extract::{RawQuery, State},
    http::{
        HeaderName, HeaderValue, StatusCode, Uri,
        header::{SET_COOKIE, VARY},
    },
    response::{AppendHeaders, IntoResponse},
};
use belfry_hub::{
    budget::Reservation,
    event::Invalid,
    http::{
        caching::NO_STORE,
        gzip::Coding,
        json::Json,
        problem::Problem,
        query::{Value, first},
    },
};
use wire::{
    chat::page_data::NoRoom,
    page_data::{PageAt, PageData},
    parameters::ADDRESS,
};

use super::{chat, console, visitor::Visitor};
use crate::AppState;

/// What the page at an address alone is rendered with, of what is in the log up to `last`, and what is
/// reserved for it.
pub(super) async fn page_data(
    state: &AppState,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
) -> (PageData, Reservation) {
    let nothing = visitor.account.nothing();
    match Page::at(uri.path()) {
        Page::Time | Page::Missing => (PageData::Plain, nothing),
        Page::Chat => chat::page_data(state, uri, visitor, last, nothing).await,
        Page::Console => console::page_data(state, uri, visitor, last, nothing).await,
        Page::Status => {
            let health = &state.health;
            (PageData::Status(health.show_to(&visitor.grant).map(|()| health.trend())), nothing)
        }
    }
}

/// The status of a page that is rendered with this.
pub(super) fn status(data: &PageData) -> StatusCode {
    match data {
        PageData::Rooms(Err(NoRoom::Unavailable)) | PageData::Room(Err(NoRoom::Unavailable)) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        PageData::Rooms(Err(_)) | PageData::Room(Err(_)) => StatusCode::NOT_FOUND,
        PageData::Rooms(Ok(rooms)) if rooms.refused => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

/// `GET /api/page?address=`: what the page at an address is rendered with, for a page that goes there
/// without a reload.
pub(crate) async fn page_at(
    State(state): State<AppState>,
    visitor: Visitor,
    coding: Coding,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Problem> {
    let query = query.unwrap_or_default();
    let address = first(&query, ADDRESS).map(Value::lossy).unwrap_or_default();
    let uri: Option<Uri> = address.parse().ok().filter(|uri: &Uri| uri.authority().is_none());
    let uri = uri.filter(|uri| uri.path().starts_with('/'));
    let uri =
        uri.ok_or(Invalid::new(ADDRESS, "must be the path of a page, with or without a query"))?;
    let last = state.hub.log().tail().last();
    let (page, room) = page_data(&state, &uri, &visitor, last).await;
    let kept = visitor.keeping(&page).map(|cookie| (SET_COOKIE, cookie));
    let cursor = state.hub.log().cursor(last).to_string();
    let answer = (HEADERS, AppendHeaders(kept), Json(PageAt { cursor, page })).into_response();
    let answer = coding.apply(answer).await;
    Ok(answer.map(|body| room.cover_body(body)))
}

const HEADERS: [(HeaderName, HeaderValue); 2] =
    [NO_STORE, (VARY, HeaderValue::from_static("cookie"))];
