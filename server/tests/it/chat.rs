//! Posting to a room. Time is virtual.

mod broken;
mod forms;
mod here;
mod injected;
mod page_data;
pub(crate) mod pages;
mod rooms;
mod senders;

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header::ACCEPT},
};
use form_urlencoded::Serializer;
use tokio::time::advance;
use wire::{
    chat::{Message, answer::Unsent},
    problem::ProblemDocument,
    topics::{History, Receipt},
};

use crate::world::{World, text};

/// What a browser accepts that navigates.
const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

fn world() -> World {
    World::with_rooms("any")
}

/// A form's body.
fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn post(world: &World, path: &str, body: String, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.ask(request.body(body.into()).unwrap()).await
}

/// Says something in the lobby, as a script does.
async fn say(world: &World, name: &str, said: &str) -> Response<Body> {
    post(world, "/chat/lobby", form(&[("name", name), ("text", said)]), &[]).await
}

async fn receipt(answer: Response<Body>) -> Receipt {
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_str(&text(answer).await).unwrap()
}

/// Why something was not taken, by the status and the document of a problem.
async fn refused(answer: Response<Body>) -> (u16, Option<Unsent>, Option<String>) {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let status = answer.status().as_u16();
    let problem: ProblemDocument = serde_json::from_str(&text(answer).await).unwrap();
    assert_eq!(problem.status, status);
    (status, problem.reason, problem.field)
}

/// What the topic of a room holds.
async fn data(world: &World, topic: &str) -> Vec<String> {
    let history = text(world.get(&format!("/topics/{topic}")).await).await;
    let history: History = serde_json::from_str(&history).unwrap();
    history.events.into_iter().map(|event| event.data).collect()
}

fn message(name: &str, text: &str) -> String {
    serde_json::to_string(&Message { name: name.into(), text: text.into() }).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_said_is_a_plain_message_of_the_rooms_topic() {
    let mut world = world();
    let answer = say(&world, " Ａda\u{fe0f} ", "\r\nhello\r\nworld \n").await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let cookie = "belfry-name=Ada; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000";
    assert_eq!(answer.headers()["set-cookie"], cookie);
    assert_eq!(receipt(answer).await.sequence, 1);
    assert_eq!(data(&world, "chat/lobby").await, [r#"{"name":"Ada","text":"hello\nworld"}"#]);
    world.connection = world.connection.with_tls();
    let fields = form(&[("name", "王 明"), ("text", "a")]);
    let answer = post(&world, "/chat/%E5%A4%A9%20a", fields, &[]).await;
    let cookie = "__Host-belfry-name=%E7%8E%8B%20%E6%98%8E; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=31536000";
    assert_eq!(answer.headers()["set-cookie"], cookie);
    assert_eq!(data(&world, "chat/%E5%A4%A9%20a").await, [message("王 明", "a")]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_taken_is_refused_with_its_reason() {
    let world = world();
    let (long, full) = ("a".repeat(4097), "é".repeat(2048));
    for (name, said, status, reason, field) in [
        ("", "a", 400, Unsent::NoName, "name"),
        (" \u{3000}", "a", 400, Unsent::NoName, "name"),
        ("A\u{202e}da", "a", 400, Unsent::BadName, "name"),
        ("Ada", " \r\n", 400, Unsent::NoText, "text"),
        ("Ada", "a\0b", 400, Unsent::BadText, "text"),
        ("Ada", "a\u{2066}b", 400, Unsent::BadText, "text"),
        ("Ada", &long, 413, Unsent::LongText, "text"),
        ("Ada", &"a".repeat(20_000), 413, Unsent::LongText, "text"),
    ] {
        let answer = say(&world, name, said).await;
        assert_eq!(answer.headers().get("set-cookie"), None);
        assert_eq!(refused(answer).await, (status, Some(reason), Some(field.into())));
    }
    assert_eq!(data(&world, "chat/lobby").await, Vec::<String>::new());
    receipt(say(&world, "Ada", &full).await).await;
    assert_eq!(data(&world, "chat/lobby").await, [message("Ada", &full)]);
}

#[tokio::test(start_paused = true)]
async fn the_same_message_sent_again_is_one() {
    let world = world();
    let send = async |said: &str, key: &str| {
        let fields = form(&[("name", "Ada"), ("text", said), ("key", key)]);
        post(&world, "/chat/lobby", fields, &[]).await
    };
    let first = receipt(send("hello", "k1").await).await;
    assert_eq!(receipt(send("hello", "k1").await).await.id, first.id);
    // The same words of somebody with a token are another's key.
    let token = world.token(&["*"], &[]);
    let request = Request::post("/topics/chat/lobby").header("idempotency-key", "k1");
    assert_eq!(world.ask_with(&token, request).await.status(), StatusCode::OK);
    assert_eq!(
        refused(send("other", "k1").await).await,
        (422, Some(Unsent::OtherText), Some("key".into()))
    );
    assert_eq!(refused(send("other", "k\n").await).await, (400, None, Some("key".into())));
    assert_eq!(data(&world, "chat/lobby").await, [message("Ada", "hello"), String::new()]);
    for _ in 0..2 {
        receipt(send("again", "").await).await;
    }
    assert_eq!(data(&world, "chat/lobby").await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn no_token_is_needed_and_none_is_looked_at() {
    let world = world();
    let fields = || form(&[("name", "Ada"), ("text", "hello")]);
    for header in [("authorization", "Bearer nonsense"), ("cookie", "belfry-token=nonsense")] {
        receipt(post(&world, "/chat/lobby", fields(), &[header]).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_too_fast_is_told_when_to_come_again() {
    let world = world();
    let status = async |name: &str| {
        let answer = say(&world, name, "hello").await;
        let again = answer.headers().get("retry-after");
        (answer.status().as_u16(), again.map(|value| value.to_str().unwrap().to_owned()))
    };
    for _ in 0..10 {
        assert_eq!(status("Ada").await, (200, None));
    }
    assert_eq!(status("Ada").await, (429, Some("1".into())));
    // A name in another form is the same name.
    assert_eq!(status("  Ａda").await, (429, Some("1".into())));
    assert_eq!(status("Bob").await, (200, None));
    let told = refused(say(&world, "Ada", "hello").await).await;
    assert_eq!(told, (429, Some(Unsent::TooFast), None));
    advance(Duration::from_secs(1)).await;
    assert_eq!((status("Ada").await.0, status("Ada").await.0), (200, 429));
    assert_eq!(data(&world, "chat/lobby").await.len(), 12);
}

#[tokio::test(start_paused = true)]
async fn other_sites_say_nothing_here() {
    let world = world();
    let fields = || form(&[("name", "Eve"), ("text", "from elsewhere")]);
    for by in [
        &[("sec-fetch-site", "cross-site"), ("origin", "http://belfry.test")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "")],
        &[("origin", "http://evil.test")],
        &[("origin", "null")],
        &[("origin", "http://belfry.test:81")],
    ] {
        let with_cookie = [by, &[("cookie", "belfry-name=Ada; belfry-token=x")]].concat();
        let answer = post(&world, "/chat/lobby", fields(), &with_cookie).await;
        assert_eq!(refused(answer).await, (403, Some(Unsent::Elsewhere), None), "{by:?}");
        let as_form = [&with_cookie[..], &[HTML]].concat();
        let answer = post(&world, "/chat/lobby", fields(), &as_form).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{by:?}");
        assert_eq!(answer.headers().get("set-cookie"), None);
        // Nor does it put words into the visitor's form.
        assert!(!text(answer).await.contains("from elsewhere"));
        let lease = post(&world, "/chat/lobby/here", "browser=a&tab=b".into(), by).await;
        assert_eq!(lease.status(), StatusCode::FORBIDDEN, "{by:?}");
    }
    assert_eq!(data(&world, "chat/lobby").await, Vec::<String>::new());
    for ours in [("sec-fetch-site", "same-origin"), ("origin", "http://belfry.test")] {
        receipt(post(&world, "/chat/lobby", fields(), &[ours]).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_not_open_takes_nothing() {
    for (rooms, open, closed) in [
        (
            "any",
            &["lobby", "kitchen", "a%2Cb"][..],
            &["a%2Fb", "..%2F", "%20a", "a*", "%E2%80%8B", "%FF"][..],
        ),
        ("lobby,team a", &["lobby", "team%20a"], &["kitchen", "Lobby"]),
        ("off", &[], &["lobby"]),
    ] {
        let world = World::with_rooms(rooms);
        let fields = || form(&[("name", "Ada"), ("text", "hello")]);
        for room in open {
            receipt(post(&world, &format!("/chat/{room}"), fields(), &[]).await).await;
        }
        for room in closed {
            let answer = post(&world, &format!("/chat/{room}"), fields(), &[]).await;
            assert_eq!(refused(answer).await, (404, Some(Unsent::Closed), None), "{room}");
            let answer = post(&world, &format!("/chat/{room}"), fields(), &[HTML]).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_is_sent_on_to_its_room() {
    let world = world();
    let fields = form(&[("name", "Ada"), ("text", "hello"), ("key", "k1")]);
    let answer = post(&world, "/chat/%E5%A4%A9%20a", fields, &[HTML]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/chat/%E5%A4%A9%20a");
    assert!(answer.headers()["set-cookie"].to_str().unwrap().starts_with("belfry-name=Ada;"));
    let request = Request::get(answer.headers()["location"].to_str().unwrap());
    let page = world.ask(request.header(ACCEPT, HTML.1).body(Body::empty()).unwrap()).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(text(page).await.contains(">hello<"));
}
