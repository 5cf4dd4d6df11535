//! The chat: turns a message posted to a room into an event of the room's topic, or reports why it was
//! refused.
//!
//! It needs no token: whether a message is accepted depends on which rooms are open, on the rate limits,
//! and on the site that the request comes from.

mod browser;
mod form;
mod here;
mod name_cookie;
mod refused;

use std::time::Duration;

use axum::{
    body::Body,
    extract::State,
    http::{
        HeaderMap, Request, StatusCode,
        header::{LOCATION, SET_COOKIE},
    },
    response::{AppendHeaders, IntoResponse, Response},
};
use belfry_hub::{
    budget::Receiving,
    event::Draft,
    http::{body, caching::NO_STORE, json::Json, problem::Problem},
    log::Key,
};
use wire::{
    chat::{Message, answer::Unsent, room},
    topics::Receipt,
};

use crate::{
    AppState, chat,
    web::{
        client::Client,
        language::Preferred,
        page::{self, Typed},
        preference::wants_html,
        sender::Sender,
    },
};
use form::Form;
use refused::{refusal, too_fast, unavailable};

pub(crate) use browser::Browser;
pub(crate) use here::here;
pub(crate) use name_cookie::name_in;

/// The largest form, in bytes: a text of 4,096 bytes may take three times as many when encoded.
const LARGEST_FORM: usize = 64 * 1024;

/// The scope of the chat's idempotency keys. No token can have it as its subject, which holds no control
/// character.
const SCOPE: &str = "\u{1}chat";

/// `POST /chat/{room}`: posts a message. A script gets a receipt or a problem; a page's form is redirected
/// to the room, or gets its page again with what was typed.
pub(crate) async fn post(
    State(state): State<AppState>,
    client: Client,
    Preferred(language): Preferred,
    receiving: Receiving,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (room, html) = (room::room_at(path).unwrap_or_default(), wants_html(&parts.headers));
    let mut form = Form::default();
    let browser = Browser::of(&client, &parts.headers);
    let from = (&client, &parts.headers, browser.as_ref());
    match say(&state, from, &room, (body, receiving), &mut form).await {
        Ok((name, receipt)) => {
            let name = name_cookie::keeping(&name, &client);
            let browser = browser.map(|browser| browser.keeping(&client));
            let kept = [name].into_iter().chain(browser).map(|cookie| (SET_COOKIE, cookie));
            let headers = ([NO_STORE], AppendHeaders(kept));
            if html {
                let to = [(LOCATION, room::path(&room))];
                (StatusCode::SEE_OTHER, to, headers).into_response()
            } else {
                (headers, Json(receipt)).into_response()
            }
        }
        Err(problem) if html => {
            // Sending the same form again is the same message, unless its text was changed.
            let used = problem.reason() == Some(Unsent::OtherText);
            let key = form.key().ok().flatten().filter(|_| !used);
            let typed = Typed { name: form.name, text: form.text, key };
            page::again(state, language, parts, typed, &problem).await
        }
        Err(problem) => ([NO_STORE], problem).into_response(),
    }
}

/// Posts what is in a form, which is left as it was typed; returns the name that was used.
async fn say(
    state: &AppState,
    (client, headers, browser): (&Client, &HeaderMap, Option<&Browser>),
    room: &str,
    (body, receiving): (Body, Receiving),
    form: &mut Form,
) -> Result<(String, Receipt), Problem> {
    // Before it is read, so that nothing another site typed is shown either.
    if !Sender::of(&state.origins, client, headers).is_no_other_site() {
        return Err(refusal(Unsent::Elsewhere));
    }
    let room = state.chat.rooms(client.local).open(room).map_err(|_| refusal(Unsent::Closed))?;
    let body = body::whole(body, LARGEST_FORM, &receiving).await.map_err(too_large)?;
    *form = Form::read(&body.data);
    let name = chat::name(&form.name).map_err(refusal)?;
    let text = chat::text(&form.text).map_err(refusal)?;
    let key = form.key()?.map(|name| Key { scope: SCOPE.into(), name });
    let limits = &state.chat.limits;
    limits.say(client.network(), &name).map_err(|wait: Duration| too_fast(wait))?;
    let said = Message { name, text };
    let data = serde_json::to_string(&said).expect("strings are JSON");
    let mark = state.chat.mark_topic(&room, browser.map(Browser::id));
    let topics = [room.topic().clone()].into_iter().chain(mark).collect();
    let draft = Draft { topics, event_type: None, data, private: false };
    let receipt = state.hub.publish(draft, key).await.map_err(unavailable)?;
    Ok((said.name, receipt))
}

/// A form is too large only if its text is too long.
fn too_large(problem: Problem) -> Problem {
    let too_large = problem.status() == StatusCode::PAYLOAD_TOO_LARGE;
    if too_large { refusal(Unsent::LongText) } else { problem }
}
