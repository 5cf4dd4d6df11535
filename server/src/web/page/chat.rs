//! Reads what the chat's pages are rendered with: a room's messages, or the rooms.

use axum::http::Uri;
use belfry_hub::{
    budget::Reservation,
    cursor::Cursor,
    log::{Order, Query},
    spans::Standing,
};
use data_encoding::HEXLOWER;
use wire::{
    chat::{
        page_data::{self, NoRoom},
        room,
    },
    page_data::PageData,
    parameters::{BEFORE, ROOM},
    paths,
};

use super::{
    console::{NEWEST, PAGE_BYTES},
    rooms::rooms,
    said::{parameter, posted, there},
    visitor::Visitor,
};
use crate::{AppState, chat::one_form, web::chat::Browser};

/// A room, or all of them.
pub(super) async fn page_data(
    state: &AppState,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
    nothing: Reservation,
) -> (PageData, Reservation) {
    let Some(name) = room::room_at(uri.path()) else {
        return (PageData::Rooms(rooms(state, uri, visitor, last).await), nothing);
    };
    match room(state, &name, uri, visitor, last).await {
        Ok((room, reserved)) => (PageData::Room(Ok(room)), reserved),
        Err(why) => (PageData::Room(Err(why)), nothing),
    }
}

/// The address of the room that the form on the page of all rooms asks for, or that a room's address
/// means by another form of its name; `None` where neither is so, or no room can be meant.
pub(super) fn asked_for(state: &AppState, uri: &Uri, local: bool) -> Option<String> {
    let (name, query) = match room::room_at(uri.path()) {
        Some(name) => (Some(name).filter(|name| one_form(name) != *name), uri.query()),
        None => (parameter(uri, ROOM).filter(|_| uri.path() == paths::CHAT_PATH), None),
    };
    let name = one_form(&name?);
    let found = state.chat.rooms(local).open(&name);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    matches!(found, Ok(_) | Err(NoRoom::NotOpen)).then(|| room::path(&name) + &query)
}

/// A room with its newest messages up to `last`, or with those before a place that is asked for.
async fn room(
    state: &AppState,
    name: &str,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
) -> Result<(page_data::Room, Reservation), NoRoom> {
    let room = state.chat.rooms(visitor.client.local).open(&one_form(name))?;
    let log = state.hub.log();
    // A place that is not one, or that is not there yet, is the end.
    let before = parameter(uri, BEFORE).and_then(|text| Cursor::parse(&text));
    let spans = log.spans();
    let before = before.filter(|cursor| {
        cursor.sequence <= last && spans.standing(*cursor, last) == Standing::Known
    });
    let topics = vec![visitor.grant.select(room.topic().clone().into())];
    let query = Query {
        // What came later is heard by following from the same place.
        before: before.map_or(last.saturating_add(1), |cursor| cursor.sequence),
        order: Order::Backwards,
        limit: NEWEST,
        bytes: PAGE_BYTES,
        ..Query::after(topics, 0)
    };
    let read = visitor.read(state, query).await;
    let (page, reserved) = read.map_err(|_| NoRoom::Unavailable)?;
    let there = there(&page.events);
    let oldest = there.last().filter(|_| page.more && there.len() == page.events.len());
    let older = oldest.map(|event| event.id().to_string());
    let said = there.iter().rev().filter(|event| !event.draft.is_notice());
    let messages = said.map(|event| posted(room.name(), event)).collect();
    let room = page_data::Room {
        presence: state.presence.here(room.name()),
        room: room.name().to_owned(),
        messages,
        older,
        newer: before.is_some(),
        me: visitor.name.clone(),
        mark: state.chat.mark(&room, visitor.browser.as_ref().map(Browser::id)),
        key: key(),
        draft: String::new(),
        unsent: None,
    };
    Ok((room, reserved))
}

/// A key that nobody can guess, else another could use it first. Where the operating system has nothing
/// random the form goes without one.
fn key() -> String {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_or_else(|_| String::new(), |()| HEXLOWER.encode(&bits))
}
