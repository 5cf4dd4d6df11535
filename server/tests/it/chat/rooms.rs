//! What the list of rooms says about each.

use belfry_hub::{client::Address, presence::Lease};
use server::web::client::connection::Connection;
use wire::chat::{RoomPresence, page_data::Listed};

use super::{
    pages::{names, rooms},
    say, world,
};
use crate::world::{World, text};

async fn list(world: &World, query: &str) -> Vec<Listed> {
    let (status, rooms) = rooms(world, &format!("/chat{query}")).await;
    assert_eq!(status, 200);
    rooms.unwrap().rooms
}

/// The rooms, and what was said there last by whom.
fn lines(rooms: &[Listed]) -> Vec<(&str, &str, &str)> {
    fn line(listed: &Listed) -> (&str, &str, &str) {
        let said = listed.last.as_ref().map(|last| &last.message);
        let (name, text) = said.map(|said| (&*said.name, &*said.text)).unwrap_or_default();
        (&listed.room, name, text)
    }
    rooms.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn it_says_what_was_said_last_and_when() {
    let world = world();
    world.publish("chat/zoo", "first").await;
    say(&world, "Ada", "hello\nworld").await;
    world.publish("chat/attic", r#"{"name":"Bob","text":"up here"}"#).await;
    let listed = list(&world, "").await;
    assert_eq!(
        lines(&listed),
        [("attic", "Bob", "up here"), ("lobby", "Ada", "hello world"), ("zoo", "", "first")]
    );
    assert_eq!(listed[1].last.as_ref().unwrap().at, "2026-11-22T05:18:01.400Z");
    // A page that was made says it before any script runs.
    let html = text(world.get("/chat").await).await;
    assert!(html.contains("Ada: hello world") && html.contains("05:18 UTC"), "{html}");
    assert!(list(&World::with_rooms("team"), "").await[0].last.is_none());
}

#[tokio::test(start_paused = true)]
async fn it_counts_what_came_after_what_was_read() {
    let world = world();
    let mut ids = Vec::new();
    for number in 0..120 {
        ids.push(world.publish("chat/lobby", &number.to_string()).await.id);
        world.publish("chat/a%20b", &number.to_string()).await;
    }
    let unread = async |query: &str| {
        let rooms = list(&world, query).await;
        let unread = |name: &str| rooms.iter().find(|listed| listed.room == name).unwrap().unread;
        (unread("lobby"), unread("a b"))
    };
    assert_eq!(unread("").await, (0, 0));
    assert_eq!(unread(&format!("?read={}+lobby", ids[119])).await, (0, 0));
    assert_eq!(unread(&format!("?read={}%20lobby", ids[112])).await, (7, 0));
    assert_eq!(unread(&format!("?read={}+lobby&read={}+a+b", ids[118], ids[114])).await, (1, 6));
    assert_eq!(unread(&format!("?read={}+lobby", ids[3])).await, (100, 0));
    // A place of another log: nothing of this was read.
    assert_eq!(unread("?read=AAAAAAAAAAAAA-3+lobby").await, (100, 0));
    for nothing in ["?read=", "?read=lobby", "?read=x+lobby", "?read=%FF+lobby", "?read=+"] {
        assert_eq!(unread(nothing).await, (0, 0), "{nothing}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_says_who_is_there() {
    let world = world();
    for (browser, name) in ["Ada", "Bob", "Bob", "Eve", "Grace", "Mallory"].iter().enumerate() {
        let (browser, client) = (browser.to_string(), Some([192, 0, 2, 7].into()));
        let lease = Lease { browser, tab: "1".into(), name: (*name).into(), client };
        assert!(world.presence.renew("lobby", lease));
    }
    let names = ["Ada", "Bob", "Eve", "Grace"].map(str::to_owned).to_vec();
    let here = RoomPresence { count: 6, names, times: vec![1, 2, 1, 1] };
    assert_eq!(list(&world, "").await[0].presence, here);
    let html = text(world.get("/chat").await).await.replace(['\u{2068}', '\u{2069}'], "");
    assert!(html.contains("6 here: Ada, Bob (2), Eve, …"), "{html}");
}

#[tokio::test(start_paused = true)]
async fn no_names_hide_a_room_where_something_is_said() {
    let world = world();
    world.publish("chat/quiet", "long ago").await;
    for number in 0..150 {
        world.publish(&format!("chat/!{number:03}"), "x").await;
    }
    let found = names(rooms(&world, "/chat").await.1);
    assert_eq!((found.len(), &*found[0], &*found[99]), (100, "!149", "lobby"));
    world.publish("chat/quiet", "now").await;
    assert_eq!(names(rooms(&world, "/chat").await.1)[0], "quiet");
    // The lobby is there whatever else is.
    say(&world, "Ada", "hello").await;
    assert_eq!(names(rooms(&world, "/chat").await.1)[..2], ["lobby", "quiet"]);
}

#[tokio::test(start_paused = true)]
async fn where_the_names_are_too_many_the_last_messages_lead_to_their_rooms() {
    let mut world = world();
    // A program on this machine may publish as fast as it can.
    world.connection = Connection::new(Address::Unix);
    for number in 0..11_000 {
        world.publish(&format!("chat/!{number:05}"), "x").await;
    }
    world.publish("chat/zoo", "hello").await;
    assert_eq!(names(rooms(&world, "/chat").await.1)[..2], ["zoo", "!10999"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_removed_is_not_the_last() {
    let world = world();
    world.publish("chat/lobby", "kept").await;
    let id = world.publish("chat/lobby", "removed").await.id;
    let topic = belfry_hub::event::Topic::new("chat/lobby").unwrap();
    let cursor = belfry_hub::cursor::Cursor::parse(&id).unwrap();
    assert!(world.hub.remove(topic.clone(), cursor).await.unwrap());
    assert_eq!(lines(&list(&world, "").await), [("lobby", "", "kept")]);
    world.hub.purge(topic).await.unwrap();
    assert_eq!(list(&world, "").await[0].last, None);
}
