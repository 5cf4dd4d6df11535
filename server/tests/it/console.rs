//! What the console is rendered with.

use std::time::Duration;

use axum::http::{
    Request,
    header::{AUTHORIZATION, COOKIE},
};

use belfry_hub::event::Topic;

use crate::world::{World, text};

const INTERVAL: Duration = Duration::from_secs(3);

/// What stands between the tags of the page's main part.
async fn main_of(world: &World, path: &str) -> String {
    main_in(&text(world.get(path).await).await)
}

fn main_in(html: &str) -> String {
    let main = &html[html.find("<main").unwrap()..html.find("</main>").unwrap()];
    main.replace("<!>", "").replace("<!---->", "")
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_asked_for_by_a_plain_form() {
    let world = World::ticking_every(INTERVAL);
    let html = text(world.get("/console").await).await;
    // Else a visitor without scripts would lose what they type.
    assert!(!html.contains(r#"http-equiv="refresh""#), "{html}");
    let main = main_in(&html);
    assert!(main.contains(r#"<form action="/console""#), "{main}");
    assert!(main.contains("Enter a topic"), "{main}");
    assert!(!main.contains("<ol"), "{main}");
}

#[tokio::test(start_paused = true)]
async fn the_newest_events_come_first() {
    let world = World::ticking_every(INTERVAL);
    for number in 1..=51 {
        world.publish("a/b?type=counted", &format!("event-{number:02}")).await;
    }
    world.publish("other", "not of this topic").await;
    let main = main_of(&world, "/console?topic=a%2Fb").await;
    assert_eq!(main.matches("<li>").count(), 50, "{main}");
    let at = |data| main.find(data);
    assert!(at("event-51") < at("event-50") && at("event-50") < at("event-02"), "{main}");
    assert_eq!((at("event-01"), at("not of this topic")), (None, None));
    assert!(main.contains(r#"<b class="tag">counted</b>"#), "{main}");
    assert!(main.contains(r#"value="a/b""#), "{main}");
    assert!(main.contains(r#"datetime="2026-11-22T05:18:01.400Z""#), "{main}");
}

#[tokio::test(start_paused = true)]
async fn where_events_were_removed_the_page_says_so() {
    let world = World::ticking_every(INTERVAL);
    world.publish("a", "event-1").await;
    world.hub.purge(Topic::new("a").unwrap()).await.unwrap();
    world.publish("a", "event-2").await;
    let main = main_of(&world, "/console?topic=a").await;
    assert!(main.contains(r#"<li class="gap">Earlier events were removed.</li>"#), "{main}");
    assert!(main.contains("event-2") && !main.contains("event-1"), "{main}");
}

#[tokio::test(start_paused = true)]
async fn whatever_was_published_is_text() {
    let world = World::ticking_every(INTERVAL);
    world.publish("a?type=%3Ci%3E", "<script>alert(1)</script>").await;
    world.publish("a", &format!("</script><b>{}", "long ".repeat(100))).await;
    let html = text(world.get("/console?topic=a").await).await;
    let main = main_in(&html);
    assert!(main.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{main}");
    assert!(main.contains("<details>"), "{main}");
    for markup in ["<script>alert", "</script><b>", "<i>"] {
        assert!(!html.contains(markup), "{markup} in {html}");
    }
    let name = main_of(&world, "/console?topic=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(name.contains("&lt;script&gt;") && !name.contains("<script>alert"), "{name}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_topic_says_how_to_publish_to_it() {
    let main = main_of(&World::ticking_every(INTERVAL), "/console?topic=it%27s").await;
    assert!(main.contains("No events on “it's” yet"), "{main}");
    assert!(main.contains("-d hello http://belfry.test/topics/it%27s"), "{main}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_topic_is_said_in_words() {
    let world = World::ticking_every(INTERVAL);
    for name in ["a//b", "a*", "a%00", "..", &"a".repeat(256)] {
        let response = world.get(&format!("/console?topic={name}")).await;
        assert_eq!(response.status(), 200);
        let main = main_in(&text(response).await);
        assert!(main.contains("That name can’t be used for a topic"), "{name}: {main}");
        assert!(!main.contains("<ol"), "{main}");
    }
}

#[tokio::test(start_paused = true)]
async fn private_events_are_for_those_who_may_read_them() {
    let world = World::ticking_every(INTERVAL);
    world.publish("a", "for all").await;
    world.publish("a?private=true", "for some").await;
    let seen = async |token: &str| {
        let request =
            Request::get("/console?topic=a").header(COOKIE, format!("belfry-token={token}"));
        let main = main_in(&text(world.ask(request.body("".into()).unwrap()).await).await);
        (main.contains("for all"), main.contains("for some"))
    };
    assert_eq!(seen(&world.token(&[], &["a"])).await, (true, true));
    assert_eq!(seen(&world.token(&[], &["b"])).await, (true, false));
    assert_eq!(seen("nonsense").await, (true, false));
    let request = Request::get("/console?topic=a").header(AUTHORIZATION, "Basic nonsense");
    let response = world.ask(request.body("".into()).unwrap()).await;
    assert!(!main_in(&text(response).await).contains("for some"));
}
