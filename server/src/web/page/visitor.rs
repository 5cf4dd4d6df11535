//! The visitor of a page, and what they may read.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts},
};
use belfry_hub::{
    budget::{Account, Reservation},
    grant::Grant,
    log::{self, Query, Unavailable},
    reading::Reader,
};
use tokio::time::timeout;
use wire::{identity::Identity, page_data::PageData};

use crate::{
    AppState,
    web::{
        asking::Asking,
        chat::{Browser, name_in},
        client::Client,
    },
};

/// How often a page holds each event: as HTML, and as data for its scripts.
const TIMES: usize = 2;

/// The longest a page waits for memory.
const ROOM_WITHIN: Duration = Duration::from_secs(10);

/// The visitor of a page.
pub(crate) struct Visitor {
    pub(super) client: Client,
    pub(super) account: Account,
    pub(super) identity: Identity,
    pub(super) grant: Grant,
    /// The name that they used last; empty where there is none.
    pub(super) name: String,
    pub(super) browser: Option<Browser>,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    /// A visitor whose token is not accepted still gets a page, on which they can log in again.
    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let Ok(client) = Client::from_request_parts(parts, state).await;
        let grant = Grant::from_request_parts(parts, state).await;
        let grant = grant.unwrap_or_else(|_| Grant { local: client.local, ..Grant::default() });
        let Ok(account) = Account::from_request_parts(parts, state).await;
        let Ok(Asking(identity)) = Asking::from_request_parts(parts, state).await;
        let (name, browser) =
            (name_in(&client, &parts.headers), Browser::of(&client, &parts.headers));
        Ok(Self { client, account, identity, grant, name, browser })
    }
}

impl Visitor {
    /// What has their browser keep its id, where it is new and a room is shown to it.
    pub(super) fn keeping(&self, page: &PageData) -> Option<HeaderValue> {
        let browser = self.browser.as_ref().filter(|_| matches!(page, PageData::Room(Ok(_))));
        browser.and_then(|browser| browser.keeping_if_new(&self.client))
    }

    /// Reads what a page shows, once there is room for the page.
    pub(super) async fn read(
        &self,
        state: &AppState,
        query: Query,
    ) -> Result<(log::Page, Reservation), Unavailable> {
        let reading = Reader::new(&state.hub, &self.account).writing(TIMES).read(query);
        timeout(ROOM_WITHIN, reading).await.unwrap_or_else(|_| {
            state.hub.counters().refused();
            Err(Unavailable("no memory left for the page".into()))
        })
    }
}
