//! A page's form that was not taken comes back in the page, with what was typed.

use axum::http::StatusCode;
use wire::chat::answer::Unsent;

use super::{
    HTML, form,
    pages::{page, said},
    post, say, world,
};

#[tokio::test(start_paused = true)]
async fn a_form_that_is_not_taken_comes_back_with_what_was_typed() {
    let world = world();
    say(&world, "Bob", "said before").await;
    for (language, name, typed, status, why) in [
        ("en", "", "hello", 400, Unsent::NoName),
        ("zh-CN", "A\u{202e}da", "hello", 400, Unsent::BadName),
        ("en", "Ada", "", 400, Unsent::NoText),
        ("zh-CN", "Ada", "a\0<b>", 400, Unsent::BadText),
        ("en", "Ada", &*"<".repeat(4097), 413, Unsent::LongText),
    ] {
        let fields = form(&[("name", name), ("text", typed), ("key", "k1")]);
        let headers = [HTML, ("accept-language", language), ("cookie", "belfry-name=Eve")];
        let answer = post(&world, "/chat/lobby", fields, &headers).await;
        assert_eq!(answer.headers()["content-language"], language);
        assert_eq!(answer.headers().get("set-cookie"), None);
        let (told, room) = page(answer).await;
        let room = room.unwrap();
        assert_eq!(
            (told, room.unsent, room.draft, room.me),
            (status, Some(why), typed.into(), name.into())
        );
        assert_eq!((said(&room.messages), &*room.key), (vec!["said before"], "k1"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_became_another_message_gets_another_key() {
    let world = world();
    let send = async |typed: &str| {
        let fields = form(&[("name", "Ada"), ("text", typed), ("key", "k1")]);
        post(&world, "/chat/lobby", fields, &[HTML]).await
    };
    assert_eq!(send("first").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(send("first").await.status(), StatusCode::SEE_OTHER);
    let (status, room) = page(send("second").await).await;
    let room = room.unwrap();
    assert_eq!((status, room.unsent, &*room.draft), (422, Some(Unsent::OtherText), "second"));
    assert!(room.key != "k1" && said(&room.messages) == ["first"]);
    for _ in 0..8 {
        send("first").await;
    }
    let answer = send("first").await;
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(page(answer).await.1.unwrap().unsent, Some(Unsent::TooFast));
}
