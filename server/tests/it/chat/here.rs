//! The leases that a tab renews while it shows a room.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::advance;

use super::{form, post, world};
use crate::world::World;

async fn lease(world: &World, path: &str, body: String) -> u16 {
    let plain = [("content-type", "text/plain;charset=UTF-8")];
    post(world, path, body, &plain).await.status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_taken_whatever_its_content_type() {
    let world = world();
    let browser = "a".repeat(64);
    for fields in [
        &[("browser", "Ab1"), ("tab", "2")][..],
        &[("browser", &browser), ("tab", "2"), ("name", "Ada")],
        // A name that nobody may have is no name.
        &[("browser", "a"), ("tab", "2"), ("name", "A\u{202e}da")],
        &[("browser", "a"), ("tab", "2"), ("leave", "1")],
    ] {
        assert_eq!(lease(&world, "/chat/lobby/here", form(fields)).await, 204, "{fields:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_names_no_tab_or_no_room_is_refused() {
    let world = world();
    let long = "a".repeat(65);
    for (browser, tab) in
        [("", "a"), ("a", ""), ("a b", "a"), ("é", "a"), ("a", "a\0"), (&long, "a")]
    {
        let body = form(&[("browser", browser), ("tab", tab)]);
        assert_eq!(lease(&world, "/chat/lobby/here", body).await, 400, "{browser:?} {tab:?}");
    }
    let body = || form(&[("browser", "a"), ("tab", "b")]);
    assert_eq!(lease(&world, "/chat/a%2Fb/here", body()).await, 404);
    assert_eq!(lease(&World::with_rooms("off"), "/chat/lobby/here", body()).await, 404);
    assert_eq!(lease(&world, "/chat/lobby/here", "a".repeat(5000)).await, 413);
    assert_eq!(world.get("/chat/lobby/here").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(start_paused = true)]
async fn an_address_has_two_hundred_leases_at_once_and_then_fifty_a_second() {
    let world = world();
    let body = || form(&[("browser", "a"), ("tab", "b")]);
    for _ in 0..200 {
        assert_eq!(lease(&world, "/chat/lobby/here", body()).await, 204);
    }
    let refused = post(&world, "/chat/lobby/here", body(), &[]).await;
    assert_eq!(
        (refused.status().as_u16(), refused.headers()["retry-after"].as_bytes()),
        (429, &b"1"[..])
    );
    advance(Duration::from_secs(1)).await;
    for number in 0..51 {
        let status = if number < 50 { 204 } else { 429 };
        assert_eq!(lease(&world, "/chat/lobby/here", body()).await, status, "{number}");
    }
}
