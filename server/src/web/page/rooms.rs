//! Reads what the page of all rooms is rendered with: the rooms, the latest message first, and how much of each
//! the visitor has not read.

use std::collections::{BTreeMap, HashMap};

use axum::http::Uri;
use belfry_hub::{
    cursor::Cursor,
    http::query::parameters,
    log::{Listing, Order, Query, TopicCount},
    selector::Selector,
    spans::Standing,
};
use wire::{
    chat::{
        Posted,
        page_data::{self, Listed, MOST_UNREAD, NoRoom},
    },
    parameters::{READ, ROOM},
    topics::ROOM_PREFIX,
};

use super::{
    said::{parameter, posted, there},
    visitor::Visitor,
};
use crate::{
    AppState,
    chat::{LOBBY, Room, Rooms, one_form},
};

/// How many rooms a list has at most.
const MOST_ROOMS: usize = 100;

/// This many rooms are looked at by name for when something was said there last, and this many messages for
/// those of later names. So neither very many rooms nor very many messages make a list slow.
const MOST_BY_NAME: usize = 10_000;
const MOST_MESSAGES: usize = 500;

/// How many topics are read at once.
const AT_ONCE: usize = 1000;

/// How many events are looked at for the last message of a room; others say what was removed.
const LAST: usize = 3;

/// Bytes of data that are read of a room for its last message.
const LAST_BYTES: usize = 16 * 1024;

pub(super) async fn rooms(
    state: &AppState,
    uri: &Uri,
    visitor: &Visitor,
    last: u64,
) -> Result<page_data::Rooms, NoRoom> {
    let rooms = state.chat.rooms(visitor.client.local);
    let rooms_there: Vec<Room> = match rooms {
        // What is for this machine alone was settled by where the visitor is.
        Rooms::Off | Rooms::Local => return Err(NoRoom::Off),
        Rooms::Only(names) => names.iter().filter_map(|name| Room::new(name).ok()).collect(),
        Rooms::Any => used(state, visitor, last).await?,
    };
    let read = read(uri);
    let mut listed = Vec::new();
    for room in rooms_there {
        listed.push(look(state, visitor, &room, &read, last).await?);
    }
    // By name where nothing was said.
    listed.sort_by_key(|(sequence, _)| std::cmp::Reverse(*sequence));
    let asked = parameter(uri, ROOM);
    let refused = asked.is_some_and(|name| rooms.open(&one_form(&name)) == Err(NoRoom::NotARoom));
    let listed = listed.into_iter().map(|(_, listed)| listed).collect();
    Ok(page_data::Rooms { rooms: listed, any: *rooms == Rooms::Any, refused })
}

/// What the visitor says that they have read: a place for each room.
fn read(uri: &Uri) -> HashMap<String, Cursor> {
    let said = parameters(uri.query().unwrap_or_default());
    let places = said.filter(|(name, _)| name == READ).filter_map(|(_, said)| {
        let said = said.lossy();
        let (cursor, room) = said.split_once(' ')?;
        Some((room.to_owned(), Cursor::parse(cursor)?))
    });
    places.take(MOST_ROOMS).collect()
}

/// The lobby, and the rooms where something that the visitor may read was said last.
async fn used(state: &AppState, visitor: &Visitor, last: u64) -> Result<Vec<Room>, NoRoom> {
    let mut found = by_name(state, visitor).await?;
    found.extend(by_message(state, visitor, last).await?);
    let lobby = found.remove(LOBBY).map(|(_, lobby)| lobby).or_else(|| Room::new(LOBBY).ok());
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by_key(|(said, _)| std::cmp::Reverse(*said));
    let found = found.into_iter().map(|(_, room)| room).take(MOST_ROOMS - 1);
    let mut rooms: Vec<_> = found.chain(lobby).collect();
    rooms.sort_by(|one, other| one.name().cmp(other.name()));
    Ok(rooms)
}

/// Rooms by their names, and the sequence of what was said there last.
type Found = BTreeMap<String, (u64, Room)>;

async fn by_name(state: &AppState, visitor: &Visitor) -> Result<Found, NoRoom> {
    let (mut found, mut after, mut looked) = (Found::new(), None, 0);
    while looked < MOST_BY_NAME {
        let (prefix, private) = (ROOM_PREFIX.into(), visitor.grant.read.clone());
        let listing = Listing { prefix, after: after.take(), limit: AT_ONCE, private };
        let topics = state.hub.log().topics(listing).await.map_err(|_| NoRoom::Unavailable)?;
        looked += AT_ONCE;
        after = topics.last().filter(|_| topics.len() == AT_ONCE).map(|one| one.topic.clone());
        found.extend(topics.into_iter().filter_map(|TopicCount { topic, last, .. }| {
            let room = Room::of_topic(&topic)?;
            Some((room.name().to_owned(), (last, room)))
        }));
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}

async fn by_message(state: &AppState, visitor: &Visitor, last: u64) -> Result<Found, NoRoom> {
    let all = Selector::new(&format!("{ROOM_PREFIX}*")).map_err(|_| NoRoom::Unavailable)?;
    let (mut found, mut before) = (Found::new(), last.saturating_add(1));
    let mut left = MOST_MESSAGES;
    while left > 0 {
        let query = Query {
            before,
            order: Order::Backwards,
            limit: left,
            bytes: LAST_BYTES,
            ..Query::after(vec![visitor.grant.select(all.clone())], 0)
        };
        let read = visitor.read(state, query).await;
        let (page, _reserved) = read.map_err(|_| NoRoom::Unavailable)?;
        for event in &page.events {
            for room in event.draft.topics.iter().filter_map(Room::of_topic) {
                found.entry(room.name().to_owned()).or_insert((event.sequence, room));
            }
            before = event.sequence;
        }
        left -= page.events.len();
        if !page.more || page.events.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// A room as the list shows it, and the sequence of its last message.
async fn look(
    state: &AppState,
    visitor: &Visitor,
    room: &Room,
    read: &HashMap<String, Cursor>,
    last: u64,
) -> Result<(u64, Listed), NoRoom> {
    let log = state.hub.log();
    let topics = vec![visitor.grant.select(room.topic().clone().into())];
    let query = Query {
        before: last.saturating_add(1),
        order: Order::Backwards,
        limit: LAST,
        bytes: LAST_BYTES,
        ..Query::after(topics.clone(), 0)
    };
    let said = visitor.read(state, query).await;
    let (page, _reserved) = said.map_err(|_| NoRoom::Unavailable)?;
    let newest = there(&page.events).iter().find(|event| !event.draft.is_notice());
    let unread = match read.get(room.name()) {
        // A place of another log is one where nothing of this was read.
        Some(place) => {
            let known = log.spans().standing(*place, last) == Standing::Known;
            let after = if known { place.sequence } else { 0 };
            let before = last.saturating_add(1);
            let query =
                Query { before, limit: MOST_UNREAD as usize, ..Query::after(topics, after) };
            log.count(query).await.map_err(|_| NoRoom::Unavailable)?
        }
        None => 0,
    };
    let in_a_line = |said: Posted| Posted { message: said.message.in_a_line(), ..said };
    let listed = Listed {
        presence: state.presence.here(room.name()).few(),
        room: room.name().to_owned(),
        last: newest.map(|event| in_a_line(posted(room.name(), event))),
        unread: unread.try_into().unwrap_or(MOST_UNREAD),
    };
    Ok((newest.map_or(0, |event| event.sequence), listed))
}
