//! A page's data without the page equals what the page itself is rendered with.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode},
};
use wire::page_data::{PageAt, PageData};

use super::{pages::snapshot, say, world};
use crate::world::{World, text};

/// A browser that has been here before.
const BROWSER: (&str, &str) = ("cookie", "belfry-browser=0123456789abcdef0123456789abcdef");

async fn get(world: &World, address: &str) -> Response<Body> {
    let request = Request::get(address).header(BROWSER.0, BROWSER.1).header("accept", "text/html");
    world.ask(request.body(Body::empty()).unwrap()).await
}

async fn page_at(world: &World, address: &str) -> PageAt {
    let address: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
    let answer = get(world, &format!("/api/page?address={address}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    serde_json::from_str(&text(answer).await).unwrap()
}

/// A form's key is another each time.
fn without_key(mut data: PageData) -> PageData {
    if let PageData::Room(Ok(room)) = &mut data {
        room.key.clear();
    }
    data
}

#[tokio::test(start_paused = true)]
async fn it_is_the_same_at_every_address() {
    let world = world();
    for number in 0..60 {
        world.publish("chat/lobby", &format!("<b>{number}")).await;
    }
    say(&world, "Ada", "hello").await;
    let PageData::Room(Ok(room)) = page_at(&world, "/chat/lobby").await.page else {
        panic!("no room")
    };
    let older = format!("/chat/lobby?before={}", room.older.unwrap());
    for address in [
        "/",
        "/status",
        "/console",
        "/console?topic=chat%2Flobby",
        "/chat",
        "/chat?room=a%2Fb",
        "/chat/",
        "/chat/lobby",
        "/chat/lobby/",
        "/chat/a%2Fb",
        &older,
        "/nothing",
        "/healthz",
        "/topics/chat/lobby",
    ] {
        let data = page_at(&world, address).await;
        let html = text(get(&world, address).await).await;
        if html.contains(r#"id="snapshot""#) {
            let page = snapshot(&html);
            assert_eq!(data.cursor, page.cursor, "{address}");
            assert_eq!(without_key(data.page), without_key(page.page), "{address}");
        } else if address.starts_with("/chat/") {
            assert!(!matches!(data.page, PageData::Plain), "{address}");
        } else {
            assert_eq!(data.page, PageData::Plain, "{address}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_address_here_is_refused() {
    let world = world();
    for bad in [
        "",
        "?address=",
        "?address=chat",
        "?address=http://evil.test/chat",
        "?address=/a%0A",
        "?x=/chat",
    ] {
        let answer = world.get(&format!("/api/page{bad}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_visitors_name_is_there_as_well() {
    let world = world();
    let request = Request::get("/api/page?address=/chat/lobby").header("cookie", "belfry-name=Ada");
    let answer = text(world.ask(request.body(Body::empty()).unwrap()).await).await;
    let page_at: PageAt = serde_json::from_str(&answer).unwrap();
    let PageData::Room(Ok(room)) = page_at.page else { panic!("{answer}") };
    assert_eq!(room.me, "Ada");
}
