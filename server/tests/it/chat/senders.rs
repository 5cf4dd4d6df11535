//! The cookie that tells browsers apart, and the mark that tells who has said what.

use axum::{
    body::Body,
    http::{
        Request, Response,
        header::{AUTHORIZATION, SET_COOKIE},
    },
};
use wire::{
    chat::room::mark_in,
    event::Envelope,
    topics::{History, TopicList},
};

use super::{form, pages, post, receipt, world};
use crate::world::{World, text};

/// The cookie of its browser that an answer sets.
fn browser(answer: &Response<Body>) -> Option<String> {
    let mut cookies = answer.headers().get_all(SET_COOKIE).iter().map(|it| it.to_str().unwrap());
    let ours = |cookie: &&str| cookie.trim_start_matches("__Host-").starts_with("belfry-browser=");
    cookies.find(ours).map(str::to_owned)
}

/// The part of such a cookie that a browser sends back.
fn pair(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

async fn get(world: &World, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.ask(request.body(Body::empty()).unwrap()).await
}

/// Says something in a room by the browser of a cookie.
async fn say(world: &World, room: &str, cookie: &str, said: &str) -> Response<Body> {
    let fields = form(&[("name", "Grace"), ("text", said), ("key", said)]);
    post(world, &format!("/chat/{room}"), fields, &[("cookie", cookie)]).await
}

async fn history(world: &World, topic: &str) -> Vec<Envelope> {
    let history = text(world.get(&format!("/topics/{topic}")).await).await;
    serde_json::from_str::<History>(&history).unwrap().events
}

/// The marks of what a room's topic holds.
async fn marks(world: &World, room: &str) -> Vec<String> {
    let events = history(world, &format!("chat/{room}")).await;
    let mark = |event: &Envelope| mark_in(event.topics.iter().map(|topic| &**topic), room);
    events.iter().map(mark).collect()
}

#[tokio::test(start_paused = true)]
async fn a_browser_gets_its_id_with_the_first_room_and_keeps_it() {
    let mut world = world();
    for path in ["/", "/chat", "/console", "/chat/a%2Fb", "/nothing", "/api/page?address=/chat"] {
        assert_eq!(browser(&world.get(path).await), None, "{path}");
    }
    let mut given = Vec::new();
    for path in ["/chat/lobby", "/api/page?address=/chat/lobby", "/chat/team?before=x"] {
        let cookie = browser(&world.get(path).await).unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000");
        assert_eq!(pair.len(), "belfry-browser=".len() + 32);
        let again = get(&world, path, &[("cookie", pair)]).await;
        assert_eq!(browser(&again), None, "{path}");
        assert!(!text(again).await.contains(pair.split_once('=').unwrap().1), "it is told to none");
        given.push(pair.to_owned());
    }
    given.dedup();
    assert_eq!(given.len(), 3);
    world.connection = world.connection.with_tls();
    let secure = browser(&get(&world, "/chat/lobby", &[]).await).unwrap();
    assert!(secure.split("; ").any(|attribute| attribute == "Secure"), "{secure}");
    // Nor does a closed room give one, nor a server without a chat.
    assert_eq!(browser(&World::with_rooms("team").get("/chat/lobby").await), None);
}

#[tokio::test(start_paused = true)]
async fn what_a_page_posts_carries_the_mark_of_its_browser_in_this_room() {
    let world = world();
    let one = browser(&world.get("/chat/lobby").await).unwrap();
    let other = browser(&world.get("/chat/lobby").await).unwrap();
    for (cookie, said) in [(&one, "a"), (&other, "b"), (&one, "c")] {
        let answer = say(&world, "lobby", pair(cookie), said).await;
        assert_eq!(browser(&answer).as_ref(), Some(cookie), "it is kept for another year");
        receipt(answer).await;
    }
    receipt(say(&world, "team", pair(&one), "d").await).await;
    let lobby = marks(&world, "lobby").await;
    assert_eq!((lobby.len(), lobby[0].len()), (3, 13));
    assert_eq!(lobby[0], lobby[2]);
    assert_ne!(lobby[0], lobby[1]);
    assert_ne!(marks(&world, "team").await[0], lobby[0], "rooms tell nothing of each other");
    let (_, room) = pages::page(get(&world, "/chat/lobby", &[("cookie", pair(&one))]).await).await;
    let room = room.unwrap();
    assert_eq!(room.mark, lobby[0]);
    let data: Vec<_> = room.messages.iter().map(|posted| &posted.mark).collect();
    assert_eq!(data, [&lobby[0], &lobby[1], &lobby[2]]);
    // All that one has said is found by the mark.
    assert_eq!(history(&world, &format!("here/lobby/{}", lobby[0])).await.len(), 2);
    // A browser that keeps nothing is another each time.
    receipt(say(&world, "lobby", "x=1", "e").await).await;
    receipt(say(&world, "lobby", "x=1", "f").await).await;
    let lobby = marks(&world, "lobby").await;
    assert!(lobby[3] != lobby[4] && lobby[3].len() == 13, "{lobby:?}");
}

#[tokio::test(start_paused = true)]
async fn the_same_message_by_another_id_is_still_the_same() {
    let world = world();
    let first = receipt(say(&world, "lobby", "x=1", "once").await).await;
    let cookie = browser(&world.get("/chat/lobby").await).unwrap();
    assert_eq!(receipt(say(&world, "lobby", pair(&cookie), "once").await).await.id, first.id);
    assert_eq!(marks(&world, "lobby").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_with_a_token_can_put_a_mark() {
    let world = world();
    let cookie = browser(&world.get("/chat/lobby").await).unwrap();
    receipt(say(&world, "lobby", pair(&cookie), "hello").await).await;
    let mark = marks(&world, "lobby").await.remove(0);
    let token = world.token(&["*"], &["*"]);
    let of_mark = format!("here/lobby/{mark}");
    for path in [
        format!("/topics/{of_mark}"),
        format!("/topics/chat/lobby?also={of_mark}"),
        format!("/topics/chat/lobby?also=here%2Flobby%2F{mark}"),
        "/topics/here/lobby/another".to_owned(),
    ] {
        let request = Request::post(&path).header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = world.ask(request.body("forged".into()).unwrap()).await;
        assert_eq!(answer.status(), 403, "{path}");
    }
    // What stands in the message itself counts for nothing.
    let data = history(&world, "chat/lobby").await.remove(0).data;
    world.publish("chat/lobby", &data).await;
    let forged = data.replacen('{', &format!(r#"{{"mark":"{mark}","topics":["{of_mark}"],"#), 1);
    world.publish("chat/lobby", &forged).await;
    let room = pages::room(&world, "/chat/lobby").await;
    let seen: Vec<_> = room.messages.iter().map(|posted| &*posted.mark).collect();
    assert_eq!(seen, [&*mark, "", ""]);
    assert!(room.messages.iter().all(|posted| posted.message.name == "Grace"));
}

#[tokio::test(start_paused = true)]
async fn marks_do_not_crowd_the_list_of_topics() {
    let world = world();
    for number in 0..250 {
        receipt(say(&world, "lobby", "x=1", &number.to_string()).await).await;
        tokio::time::advance(std::time::Duration::from_secs(2)).await;
    }
    world.publish("a", "1").await;
    world.publish("zoo", "1").await;
    let listed = async |query: &str| {
        let list = text(world.get(&format!("/topics{query}")).await).await;
        let list: TopicList = serde_json::from_str(&list).unwrap();
        let names: Vec<_> = list.topics.into_iter().map(|topic| topic.topic).collect();
        (names, list.next)
    };
    let all = ["a", "chat/lobby", "zoo"].map(str::to_owned).to_vec();
    assert_eq!(listed("").await, (all.clone(), None));
    assert_eq!(listed("?limit=2").await, (all[..2].to_vec(), Some("chat/lobby".to_owned())));
    assert_eq!(listed("?after=chat%2Flobby").await, (all[2..].to_vec(), None));
    assert_eq!(listed("?prefix=here%2Flobby%2F&limit=1000").await.0.len(), 250);
}
