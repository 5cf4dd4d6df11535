//! A page's data without the page equals what the page itself is born with.

use app::feed::{Born, Newborn};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use super::{pages::snapshot, say, world};
use crate::world::{World, text};

async fn newborn(world: &World, address: &str) -> Newborn {
    let address: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
    let answer = world.get(&format!("/api/born?address={address}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    serde_json::from_str(&text(answer).await).unwrap()
}

/// A form's key is another each time.
fn without_key(mut born: Born) -> Born {
    if let Born::Room(Ok(room)) = &mut born {
        room.key.clear();
    }
    born
}

#[tokio::test(start_paused = true)]
async fn it_is_the_same_at_every_address() {
    let world = world();
    for number in 0..60 {
        world.publish("chat/lobby", &format!("<b>{number}")).await;
    }
    say(&world, "Ada", "hello").await;
    let Born::Room(Ok(room)) = newborn(&world, "/chat/lobby").await.page else { panic!("no room") };
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
        let born = newborn(&world, address).await;
        let request =
            Request::get(address).header("accept", "text/html").body(Body::empty()).unwrap();
        let html = text(world.ask(request).await).await;
        if html.contains(r#"id="snapshot""#) {
            let page = snapshot(&html);
            assert_eq!(born.cursor, page.cursor, "{address}");
            assert_eq!(without_key(born.page), without_key(page.page), "{address}");
        } else if address.starts_with("/chat/") {
            assert!(!matches!(born.page, Born::Plain), "{address}");
        } else {
            assert_eq!(born.page, Born::Plain, "{address}");
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
        let answer = world.get(&format!("/api/born{bad}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_visitors_name_is_there_as_well() {
    let world = world();
    let request = Request::get("/api/born?address=/chat/lobby").header("cookie", "belfry-name=Ada");
    let answer = text(world.ask(request.body(Body::empty()).unwrap()).await).await;
    let newborn: Newborn = serde_json::from_str(&answer).unwrap();
    let Born::Room(Ok(room)) = newborn.page else { panic!("{answer}") };
    assert_eq!(room.me, "Ada");
}
