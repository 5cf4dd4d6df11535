//! Readers of a server that was taken over, in virtual time.

use axum::http::Response;

use crate::{
    hub::quiet,
    world::{next, text},
};

#[tokio::test(start_paused = true)]
async fn one_that_was_stuck_until_the_shutdown_is_sent_to_the_successor_all_the_same() {
    let world = quiet();
    let mut stuck = world.get("/sse?topic=a").await.into_body();
    next(&mut stuck).await.unwrap();
    world.relieved.cancel();
    world.shutdown.cancel();
    assert_eq!(text(Response::new(stuck)).await, "retry: 100\n\n");
}
