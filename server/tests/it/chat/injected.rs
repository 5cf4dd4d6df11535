//! Whatever is typed is text: as a message, as a name, as a room.

use axum::http::StatusCode;
use tokio::time::advance;
use wire::{chat::room, page_data::PageData};

use super::{HTML, data, form, message, pages::snapshot, post, world};
use crate::world::text;

/// What would run, or end the element that it stands in, if it became markup.
const INJECTED: [&str; 32] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "--></script><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" autofocus onfocus=alert(1) x=\"",
    "' onmouseover='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<a href=\"javascript:alert(1)\">x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "`${alert(1)}`",
    "]]><script>alert(1)</script>",
    "<base href=//evil.test>",
    "<meta http-equiv=refresh content=0;url=//evil.test>",
    "<form action=//evil.test><input name=x>",
    "{\"name\":\"Eve\",\"text\":\"<script>alert(1)</script>\"}",
    "data: x\n\nevent: gap\ndata: {}\n\n<b>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
];

/// What stands in the document as it was typed would be markup.
fn has_markup(html: &str, typed: &str) -> bool {
    typed.contains('<') && html.contains(typed)
}

#[tokio::test(start_paused = true)]
async fn a_message_is_kept_and_shown_as_it_was_typed() {
    let world = world();
    for typed in INJECTED {
        advance(std::time::Duration::from_secs(1)).await;
        let fields = form(&[("name", "Ada"), ("text", typed)]);
        let answer = post(&world, "/chat/lobby", fields, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{typed}");
    }
    let kept = INJECTED.map(|typed| message("Ada", typed));
    assert_eq!(data(&world, "chat/lobby").await, kept);
    let html = text(world.get("/chat/lobby").await).await;
    let json = html.split(r#"type="application/json">"#).nth(1).unwrap();
    let json = &json[..json.find("</script>").unwrap()];
    assert!(!json.contains('<') && json.ends_with('}'), "{json}");
    let PageData::Room(Ok(room)) = snapshot(&html).page else { panic!("{html}") };
    let shown: Vec<_> = room.messages.iter().map(|posted| &*posted.message.text).collect();
    assert_eq!(shown, INJECTED);
    for typed in INJECTED {
        assert!(!has_markup(&html, typed), "{typed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_kept_as_it_was_typed_or_refused_in_the_form_that_comes_back() {
    let world = world();
    for typed in INJECTED {
        advance(std::time::Duration::from_secs(10)).await;
        let fields = form(&[("name", typed), ("text", "hello")]);
        let before = data(&world, "chat/lobby").await.len();
        let answer = post(&world, "/chat/lobby", fields, &[HTML]).await;
        let all = data(&world, "chat/lobby").await;
        if answer.status() == StatusCode::SEE_OTHER {
            let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
            let value = cookie.strip_prefix("belfry-name=").unwrap().split(';').next().unwrap();
            let plain = |one: u8| one.is_ascii_alphanumeric() || b"%-_.~".contains(&one);
            assert!(value.bytes().all(plain), "{cookie}");
            assert_eq!(
                all.last(),
                Some(&message(&typed.replace('\n', " ").replace("  ", " "), "hello"))
            );
        } else {
            assert_eq!((answer.status(), all.len()), (StatusCode::BAD_REQUEST, before), "{typed}");
            let html = text(answer).await;
            assert!(!has_markup(&html, typed), "{html}");
            let PageData::Room(Ok(room)) = snapshot(&html).page else { panic!("{html}") };
            assert_eq!(room.me, typed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_is_shown_in_its_one_form_or_refused() {
    let world = world();
    for typed in INJECTED {
        let mut answer = world.get(&room::path(typed)).await;
        let mut name = typed.to_owned();
        if answer.status() == StatusCode::SEE_OTHER {
            let place = answer.headers()["location"].to_str().unwrap().to_owned();
            name = room::room_at(&place).unwrap();
            assert_ne!(name, typed);
            answer = world.get(&place).await;
            assert_eq!(answer.status(), StatusCode::OK, "{typed}");
        }
        let (status, html) = (answer.status(), text(answer).await);
        assert!(!has_markup(&html, typed), "{typed}: {html}");
        assert!(status == StatusCode::OK || status == StatusCode::NOT_FOUND, "{typed}: {status}");
        if status == StatusCode::OK {
            let PageData::Room(Ok(room)) = snapshot(&html).page else { panic!("{html}") };
            assert_eq!(room.room, name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_said_comes_back_as_it_was_typed() {
    let world = world();
    for typed in INJECTED {
        advance(std::time::Duration::from_secs(10)).await;
        // Nobody says it.
        let fields = form(&[("name", ""), ("text", typed)]);
        let answer = post(&world, "/chat/lobby", fields, &[HTML]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{typed}");
        let html = text(answer).await;
        assert!(!has_markup(&html, typed), "{html}");
        let field = html.split("<textarea").nth(1).and_then(|rest| rest.split_once('>')).unwrap().1;
        let field = field.split("</textarea>").next().unwrap();
        // A browser's parser drops a line end that comes first.
        let field = field.strip_prefix('\n').unwrap_or(field);
        assert_eq!(field.replace("&lt;", "<").replace("&amp;", "&"), typed);
    }
}
