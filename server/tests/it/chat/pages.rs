//! What the pages of the chat are rendered with.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode},
};
use wire::{
    chat::{
        Posted,
        page_data::{NoRoom, Room, Rooms},
    },
    page_data::{PageData, Snapshot},
};

use server::token::{Claims, mint};

use super::{HTML, say, world};
use crate::world::{BEGIN, World, secret, text};

/// What a document holds for its scripts.
pub(crate) fn snapshot(html: &str) -> Snapshot {
    let begin = r#"<script id="snapshot" type="application/json">"#;
    let json = html.split(begin).nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(json).unwrap()
}

/// A room's page: its status and what it is rendered with.
pub(super) async fn page(answer: Response<Body>) -> (u16, Result<Room, NoRoom>) {
    let status = answer.status().as_u16();
    let PageData::Room(room) = snapshot(&text(answer).await).page else { panic!("it is no room") };
    (status, room)
}

pub(super) async fn room(world: &World, path: &str) -> Room {
    let (status, room) = page(world.get(path).await).await;
    assert_eq!(status, 200);
    room.unwrap()
}

pub(super) async fn rooms(world: &World, path: &str) -> (u16, Result<Rooms, NoRoom>) {
    let answer = world.get(path).await;
    let status = answer.status().as_u16();
    let PageData::Rooms(rooms) = snapshot(&text(answer).await).page else { panic!("it is a room") };
    (status, rooms)
}

pub(super) fn names(rooms: Result<Rooms, NoRoom>) -> Vec<String> {
    rooms.unwrap().rooms.into_iter().map(|listed| listed.room).collect()
}

pub(super) fn said(messages: &[Posted]) -> Vec<&str> {
    messages.iter().map(|posted| &*posted.message.text).collect()
}

#[tokio::test(start_paused = true)]
async fn a_room_begins_with_its_newest_messages() {
    let world = world();
    world.publish("chat/lobby", "from a program").await;
    world.publish("chat/other", "elsewhere").await;
    say(&world, "Ada", "hello").await;
    let html = text(world.get("/chat/lobby").await).await;
    assert!(html.contains("<title>lobby · Belfry</title>"), "{html}");
    assert!(!html.contains(r#"http-equiv="refresh""#), "{html}");
    assert!(
        html.contains(r#"<link rel="canonical" href="http://belfry.test/chat/lobby"#),
        "{html}"
    );
    assert!(html.contains(r#"content="http://belfry.test/chat/lobby""#), "{html}");
    let data = snapshot(&html);
    let PageData::Room(Ok(room)) = data.page else { panic!("{html}") };
    assert_eq!(room.messages[1].id, data.cursor);
    assert_eq!(room.messages[1].at, "2026-11-22T05:18:01.400Z");
    assert_eq!(room.messages[1].message.name, "Ada");
    assert_eq!(
        (said(&room.messages), &*room.messages[0].message.name),
        (vec!["from a program", "hello"], "")
    );
    assert_eq!((room.older, room.newer, room.unsent, &*room.draft), (None, false, None, ""));
    assert_eq!((room.key.len(), &*room.me), (32, ""));
    assert_ne!(super::pages::room(&world, "/chat/lobby").await.key, room.key);
}

#[tokio::test(start_paused = true)]
async fn a_room_is_read_back_to_its_beginning() {
    let world = world();
    for number in 0..120 {
        world.publish("chat/lobby", &number.to_string()).await;
        world.publish("chat/other", "elsewhere").await;
    }
    let mut found = Vec::new();
    let mut path = "/chat/lobby".to_owned();
    for (at, many) in [50, 50, 20].into_iter().enumerate() {
        let room = room(&world, &path).await;
        assert_eq!((room.messages.len(), room.newer), (many, at > 0));
        found.splice(..0, room.messages.iter().map(|posted| posted.message.text.clone()));
        assert_eq!(room.older.is_some(), at < 2);
        path = format!("/chat/lobby?before={}", room.older.unwrap_or_default());
    }
    assert_eq!(found, (0..120).map(|number| number.to_string()).collect::<Vec<_>>());
    for nowhere in [
        "",
        "x",
        "AAAAAAAAAAAAO-3",
        &format!("{}9", room(&world, "/chat/lobby").await.messages[49].id),
    ] {
        let room = room(&world, &format!("/chat/lobby?before={nowhere}")).await;
        assert_eq!((said(&room.messages)[49], room.newer), ("119", false), "{nowhere}");
    }
    let first = world.publish("chat/new", "first").await.id;
    let room = room(&world, &format!("/chat/new?before={first}")).await;
    assert_eq!((room.messages.len(), room.older, room.newer), (0, None, true));
}

#[tokio::test(start_paused = true)]
async fn a_page_of_large_messages_holds_fewer() {
    let world = world();
    for _ in 0..4 {
        world.publish("chat/lobby", &"a".repeat(60_000)).await;
    }
    let room = room(&world, "/chat/lobby").await;
    assert_eq!(room.messages.len(), 3);
    assert!(room.older.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_was_removed_is_not_shown_and_neither_is_that_it_was() {
    let world = world();
    world.publish("chat/lobby", "before").await;
    let (purge, exp) = (vec!["chat/*".into()], BEGIN / 1_000_000 + 3600);
    let token = mint(&secret(), &Claims { purge, exp, ..Claims::default() });
    let answer = world.ask_with(&token, Request::delete("/topics/chat/lobby")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(said(&room(&world, "/chat/lobby").await.messages), Vec::<&str>::new());
    world.publish("chat/lobby", "after").await;
    assert_eq!(said(&room(&world, "/chat/lobby").await.messages), ["after"]);
}

#[tokio::test(start_paused = true)]
async fn private_messages_are_for_those_who_may_read_them() {
    let world = world();
    world.publish("chat/lobby", "for all").await;
    world.publish("chat/lobby?private=true", "for some").await;
    world.publish("chat/secret?private=true", "for some").await;
    let asked = async |token: &str, path: &str| {
        let request = Request::get(path).header("cookie", format!("belfry-token={token}"));
        text(world.ask(request.body(Body::empty()).unwrap()).await).await
    };
    for (token, sees) in [
        (world.token(&[], &["chat/*"]), true),
        (world.token(&["*"], &[]), false),
        ("x".into(), false),
    ] {
        let html = asked(&token, "/chat/lobby").await;
        assert!(html.contains("for all"), "{token}");
        assert_eq!(html.contains("for some"), sees, "{token}");
        assert_eq!(asked(&token, "/chat").await.contains("secret"), sees, "{token}");
        let data = asked(&token, "/api/page?address=/chat/lobby").await;
        assert!(data.contains("for all"), "{data}");
        assert_eq!(data.contains("for some"), sees, "{data}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_rooms_has_the_lobby_and_those_where_something_was_said() {
    let world = world();
    for topic in
        ["chat/zoo", "chat/a/b", "chat/%EF%BD%81", "chat/attic", "chatter", "chat/%E5%A4%A9"]
    {
        world.publish(topic, "hello").await;
    }
    let (status, listed) = rooms(&world, "/chat").await;
    assert_eq!(
        (status, listed.clone().unwrap().any, listed.clone().unwrap().refused),
        (200, true, false)
    );
    // Those first where something was said last.
    assert_eq!(names(listed), ["天", "attic", "zoo", "lobby"]);
    for number in 0..120 {
        world.publish(&format!("chat/n{number:03}"), "hello").await;
    }
    assert_eq!(names(rooms(&world, "/chat").await.1).len(), 100);

    let (_, listed) = rooms(&World::with_rooms("team,attic"), "/chat").await;
    assert!(!listed.clone().unwrap().any);
    assert_eq!(names(listed), ["attic", "team"]);
    assert_eq!(rooms(&World::with_rooms("off"), "/chat").await, (404, Err(NoRoom::Off)));
}

#[tokio::test(start_paused = true)]
async fn a_room_is_asked_for_by_a_plain_form() {
    let world = World::with_rooms("lobby");
    for (asked, place) in
        [("lobby", "/chat/lobby"), ("+a%20b+", "/chat/a%20b"), ("%E5%A4%A9", "/chat/%E5%A4%A9")]
    {
        let answer = world.get(&format!("/chat?room={asked}")).await;
        assert_eq!(
            (answer.status(), answer.headers()["location"].as_bytes()),
            (StatusCode::SEE_OTHER, place.as_bytes())
        );
    }
    // The letters that an input method makes wide are the same room's.
    for wide in ["/chat?room=%EF%BD%81", "/chat/%EF%BD%81", "/chat/%20a"] {
        let answer = world.get(wide).await;
        assert_eq!(
            (answer.status(), &answer.headers()["location"]),
            (StatusCode::SEE_OTHER, &"/chat/a".parse().unwrap()),
            "{wide}"
        );
    }
    for bad in ["", "a/b", "a*", "%E2%80%AE", "//evil.test", "%5Cevil"] {
        let answer = world.get(&format!("/chat?room={bad}")).await;
        if bad == "%5Cevil" {
            assert_eq!(answer.headers()["location"], "/chat/%5Cevil");
            continue;
        }
        let (status, listed) = rooms(&world, &format!("/chat?room={bad}")).await;
        assert!(status == 404 && listed.unwrap().refused, "{bad}");
    }
    let off = rooms(&World::with_rooms("off"), "/chat?room=lobby").await;
    assert_eq!(off, (404, Err(NoRoom::Off)));
}

#[tokio::test(start_paused = true)]
async fn where_no_room_is_the_page_says_why() {
    let (any, some, off) = (world(), World::with_rooms("team"), World::with_rooms("off"));
    for (world, path, why) in [
        (&any, "/chat/a%2Fb", NoRoom::NotARoom),
        (&any, "/chat/%E2%80%AE", NoRoom::NotARoom),
        (&any, "/chat/%FF", NoRoom::NotARoom),
        (&some, "/chat/lobby", NoRoom::NotOpen),
        (&off, "/chat/lobby", NoRoom::Off),
    ] {
        assert_eq!(page(world.get(path).await).await, (404, Err(why)), "{path}");
        let html = text(world.get(path).await).await;
        assert!(html.contains("noindex") && !html.contains("canonical"), "{path}");
        // A server without a chat leads nobody there.
        let nav = html.split_once("</nav>").unwrap().0;
        assert_eq!(nav.contains(r#"href="/chat""#), why != NoRoom::Off, "{path}");
    }
    let request = Request::get("/chat/lobby/").header(HTML.0, HTML.1).body(Body::empty()).unwrap();
    let answer = any.ask(request).await;
    assert_eq!(
        (answer.status(), answer.headers()["location"].as_bytes()),
        (StatusCode::PERMANENT_REDIRECT, &b"/chat/lobby"[..])
    );
}

#[tokio::test(start_paused = true)]
async fn the_name_comes_back_from_its_cookie() {
    let world = world();
    for (cookie, me) in [
        ("belfry-name=%E7%8E%8B", "王"),
        ("belfry-name=%E2%80%AEA", ""),
        ("belfry-name=%3Cb%3E", "<b>"),
        ("x=1", ""),
    ] {
        let request = Request::get("/chat/lobby").header("cookie", cookie);
        let (_, room) = page(world.ask(request.body(Body::empty()).unwrap()).await).await;
        assert_eq!(room.unwrap().me, me);
    }
}
