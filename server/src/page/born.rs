//! What a page is born with: an address and a visitor go in, what the page there shows comes out.

use std::time::Duration;

use app::{
    Page,
    chat::NoRoom,
    feed::{Born, Newborn},
};
use axum::{
    extract::{FromRequestParts, RawQuery, State},
    http::{
        HeaderName, HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, VARY},
        request::Parts,
    },
    response::IntoResponse,
};
use form_urlencoded::parse;
use tokio::time::timeout;

use super::{chat, console};
use crate::{
    AppState, Hub,
    budget::{Account, Reservation},
    chat::name_in,
    event::Invalid,
    grant::Grant,
    gzip::Coding,
    json::Json,
    log::{self, Query, Unavailable},
    problem::Problem,
    reading::Reader,
};

/// How often a page holds each event: as HTML, and as data for its scripts.
const TIMES: usize = 2;

/// For room in the memory a page is not waited longer than this.
const ROOM_WITHIN: Duration = Duration::from_secs(10);

/// Who asks for a page.
pub(crate) struct Visitor {
    account: Account,
    pub(super) grant: Grant,
    /// The name that they used last; empty where there is none.
    pub(super) name: String,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = std::convert::Infallible;

    /// A token that is not accepted is no reason not to answer with a page, where one can log in anew.
    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let grant = Grant::from_request_parts(parts, state).await.unwrap_or_default();
        let Ok(account) = Account::from_request_parts(parts, state).await;
        Ok(Self { account, grant, name: name_in(&parts.headers) })
    }
}

impl Visitor {
    /// Reads what a page shows, once there is room for the page.
    pub(super) async fn read(
        &self,
        hub: &Hub,
        query: Query,
    ) -> Result<(log::Page, Reservation), Unavailable> {
        let reading = Reader::new(hub, &self.account).writing(TIMES).read(query);
        timeout(ROOM_WITHIN, reading).await.unwrap_or_else(|_| {
            hub.counters().refused();
            Err(Unavailable("there is no memory for the page".into()))
        })
    }
}

/// What the page at an address alone is born with, of what is in the log up to `last`, and what is
/// reserved for it.
pub(super) async fn born(
    state: &AppState,
    uri: &Uri,
    visitor: Visitor,
    last: u64,
) -> (Born, Reservation) {
    let nothing = visitor.account.nothing();
    match Page::at(uri.path()) {
        Page::Time | Page::Missing => (Born::Plain, nothing),
        Page::Chat => chat::born(state, uri, visitor, last, nothing).await,
        Page::Console => console::born(state, uri, visitor, last, nothing).await,
        Page::Status => {
            let vitals = state.hub.vitals();
            (Born::Status(vitals.show_to(&visitor.grant).map(|()| vitals.trend())), nothing)
        }
    }
}

/// The status of a page that is born with this.
pub(super) fn status(born: &Born) -> StatusCode {
    match born {
        Born::Rooms(Err(NoRoom::Unavailable)) | Born::Room(Err(NoRoom::Unavailable)) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Born::Rooms(Err(_)) | Born::Room(Err(_)) => StatusCode::NOT_FOUND,
        Born::Rooms(Ok(rooms)) if rooms.refused => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}

/// `GET /api/born?address=`: what the page at an address is born with, for a page that goes there
/// without a reload.
pub(crate) async fn newborn(
    State(state): State<AppState>,
    visitor: Visitor,
    coding: Coding,
    RawQuery(query): RawQuery,
) -> Result<impl IntoResponse, Problem> {
    let query = query.unwrap_or_default();
    let address = parse(query.as_bytes()).find(|(name, _)| name == "address");
    let address = address.map(|(_, address)| address.into_owned()).unwrap_or_default();
    let uri: Option<Uri> = address.parse().ok().filter(|uri: &Uri| uri.authority().is_none());
    let uri = uri.filter(|uri| uri.path().starts_with('/'));
    let uri = uri.ok_or(Invalid::new("address", "is not the path and the query of a page"))?;
    let last = state.hub.log().tail().last();
    let (page, room) = born(&state, &uri, visitor, last).await;
    let cursor = state.hub.log().cursor(last).to_string();
    let answer = (HEADERS, Json(Newborn { cursor, page })).into_response();
    let answer = coding.apply(answer).await;
    Ok(answer.map(|body| room.cover_body(body)))
}

const HEADERS: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (VARY, HeaderValue::from_static("cookie")),
];
