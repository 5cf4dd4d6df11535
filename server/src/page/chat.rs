//! What the pages of the chat are born with: a request goes in, a room's messages or the rooms come out.

use app::{
    Tick,
    chat::{self, NoRoom, Posted},
    feed::Born,
};
use axum::http::Uri;
use data_encoding::HEXLOWER;
use form_urlencoded::parse;
use rustix::rand::{GetRandomFlags, getrandom};

use super::{
    born::Visitor,
    console::{NEWEST, PAGE_BYTES},
    rooms::rooms,
};
use crate::{
    AppState,
    budget::Reservation,
    chat::{Room, message, one_form},
    cursor::{Cursor, Standing},
    event::{Event, Topic},
    log::{Order, Query},
};

/// A room, or all of them.
pub(super) async fn born(
    state: &AppState,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
    nothing: Reservation,
) -> (Born, Reservation) {
    let Some(name) = chat::room_at(uri.path()) else {
        return (Born::Rooms(rooms(state, uri, visitor, last).await), nothing);
    };
    match room(state, &name, uri, visitor, last).await {
        Ok((room, reserved)) => (Born::Room(Ok(room)), reserved),
        Err(why) => (Born::Room(Err(why)), nothing),
    }
}

/// The address of the room that the form on the page of all rooms asks for, or that a room's address
/// means by another form of its name; `None` where neither is so, or no room can be meant.
pub(super) fn asked_for(state: &AppState, uri: &Uri) -> Option<String> {
    let (name, query) = match chat::room_at(uri.path()) {
        Some(name) => (Some(name).filter(|name| one_form(name) != *name), uri.query()),
        None => (parameter(uri, "room").filter(|_| uri.path() == chat::CHAT_PATH), None),
    };
    let name = one_form(&name?);
    let found = state.chat.rooms().open(&name);
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    matches!(found, Ok(_) | Err(NoRoom::NotOpen)).then(|| chat::path(&name) + &query)
}

/// A room with its newest messages up to `last`, or with those before a place that is asked for.
async fn room(
    state: &AppState,
    name: &str,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
) -> Result<(chat::Room, Reservation), NoRoom> {
    let room = state.chat.rooms().open(&one_form(name))?;
    let log = state.hub.log();
    // A place that is none, or that is not there yet, is the end.
    let before = parameter(uri, "before").and_then(|text| Cursor::parse(&text));
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
    let read = visitor.read(&state.hub, query).await;
    let (page, reserved) = read.map_err(|_| NoRoom::Unavailable)?;
    let there = there(&page.events);
    let oldest = there.last().filter(|_| page.more && there.len() == page.events.len());
    let older = oldest.map(|event| event.id().to_string());
    let said = there.iter().rev().filter(|event| !event.draft.is_notice());
    let messages = said.map(|event| posted(room.name(), event)).collect();
    let room = chat::Room {
        here: state.hub.presence().here(room.name()),
        room: room.name().to_owned(),
        messages,
        older,
        newer: before.is_some(),
        me: visitor.name.clone(),
        mark: state.chat.mark(&room, visitor.browser.as_ref()),
        key: key(),
        draft: String::new(),
        unsent: None,
    };
    Ok((room, reserved))
}

/// The events, newest first, up to a notice that all before it were removed: while that is under way
/// they are as good as gone.
pub(super) fn there(newest_first: &[Event]) -> &[Event] {
    let purged = |event: &Event| event.draft.is_notice_of_all();
    &newest_first[..newest_first.iter().position(purged).unwrap_or(newest_first.len())]
}

pub(super) fn posted(room: &str, event: &Event) -> Posted {
    let topics = event.draft.topics.iter().map(Topic::as_str);
    Posted {
        mark: chat::mark_in(topics, room),
        id: event.id().to_string(),
        at: Tick::from_micros(event.at).to_string(),
        message: message(&event.draft.data),
    }
}

/// The first value of a parameter of the query.
pub(super) fn parameter(uri: &Uri, wanted: &str) -> Option<String> {
    let mut all = parse(uri.query().unwrap_or_default().as_bytes());
    all.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
}

/// A key that nobody can guess, else another could use it first. Where the operating system has nothing
/// random the form goes without one.
fn key() -> String {
    let mut bits = [0; 16];
    match getrandom(&mut bits, GetRandomFlags::empty()) {
        Ok(length) if length == bits.len() => HEXLOWER.encode(&bits),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cursor::Epoch, event::Draft};

    #[test]
    fn all_is_gone_before_a_purge_of_all_and_nothing_before_that_of_one() {
        let topic = || Topic::new("chat/lobby").unwrap();
        let event = |sequence, draft| Event { epoch: Epoch(7), sequence, at: 0, draft };
        let message = |sequence| {
            let (topics, data) = (vec![topic()], "a".to_owned());
            event(sequence, Draft { topics, event_type: None, data, private: false })
        };
        let notice = |sequence, data: &str| {
            event(sequence, Draft { data: data.to_owned(), ..Draft::notice(topic(), false) })
        };
        let one = notice(3, r#"{"id":"AAAAAAAAAAAAO-2"}"#);
        assert_eq!(there(&[message(4), one.clone(), message(1)]).len(), 3);
        assert_eq!(there(&[message(4), one, notice(2, ""), message(1)]).len(), 2);
    }
}
