//! The chat: what somebody says in a room goes in, an event of the room's topic comes out, or why it was
//! not taken.
//!
//! It needs no token: who may not say anything is told by the rooms that are open, by the limits, and
//! by where the request comes from.

mod browser;
mod cookie;
mod form;
mod here;
mod limits;
mod message;
mod name_cookie;
mod refused;
mod rooms;
mod words;

use std::{net::SocketAddr, time::Duration};

use app::{
    chat::{self, Message, Unsent},
    event::Receipt,
};
use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Request, StatusCode,
        header::{CACHE_CONTROL, LOCATION, SET_COOKIE},
    },
    response::{AppendHeaders, IntoResponse, Response},
};

use crate::{
    AppState, body,
    budget::Receiving,
    event::Draft,
    json::Json,
    language::Preferred,
    log::Key,
    origin::{is_no_other_site, network},
    page::{self, Typed},
    preference::wants_html,
    problem::Problem,
    token::{Keys, Secret},
};
use browser::Marks;
use form::Form;
use limits::Limits;
use refused::{refusal, too_fast, unavailable};

pub(crate) use browser::Browser;
pub(crate) use here::here;
pub(crate) use message::message;
pub(crate) use name_cookie::name_in;
pub use rooms::{LOBBY, Room, Rooms};
pub(crate) use words::one_form;

/// How many bytes a form may have: a text of 4,096 may take three times as many in it.
const LARGEST_FORM: usize = 64 * 1024;

/// Whose the keys of the chat are: nobody's in particular, and no token's, which holds no control
/// character.
const SCOPE: &str = "\u{1}chat";

const NO_STORE: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// What the chat's answers are made from, beside the hub. A cheap handle.
#[derive(Clone, Debug)]
pub struct Chat {
    rooms: Rooms,
    limits: Limits,
    marks: Option<Marks>,
}

impl Chat {
    /// The chat of a server with these rooms, where nobody has said anything yet. Browsers are marked by
    /// the first secret among its keys; where there is none, by one that lasts until it ends.
    #[must_use]
    pub fn new(rooms: Rooms, keys: &Keys) -> Self {
        let secret = keys.derived(browser::PURPOSE).or_else(|| Secret::random().ok());
        Self { rooms, limits: Limits::new(), marks: secret.map(Marks::new) }
    }

    /// The mark of a browser in a room; empty where there is none.
    pub(crate) fn mark(&self, room: &Room, browser: Option<&Browser>) -> String {
        let both = self.marks.as_ref().zip(browser);
        both.map(|(marks, browser)| marks.of(room, browser)).unwrap_or_default()
    }

    /// The rooms that there are.
    #[must_use]
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }
}

/// `POST /chat/{room}`: says something. A script gets a receipt, or a problem; a page's form is sent on
/// to the room, or gets its page again with what was typed.
pub(crate) async fn post(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Preferred(language): Preferred,
    receiving: Receiving,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let (room, html) = (chat::room_at(path).unwrap_or_default(), wants_html(&parts.headers));
    let mut form = Form::default();
    let browser = Browser::of(&parts.headers);
    let from = (address, &parts.headers, browser.as_ref());
    match say(&state, from, &room, (body, receiving), &mut form).await {
        Ok((name, receipt)) => {
            let name = name_cookie::keeping(&name, &parts.headers);
            let browser = browser.map(|browser| browser.keeping(&parts.headers));
            let kept = [name].into_iter().chain(browser).map(|cookie| (SET_COOKIE, cookie));
            let headers = ([NO_STORE], AppendHeaders(kept));
            if html {
                let to = [(LOCATION, chat::path(&room))];
                (StatusCode::SEE_OTHER, to, headers).into_response()
            } else {
                (headers, Json(receipt)).into_response()
            }
        }
        Err(problem) if html => {
            // The same form sent again is the same message; unless that has become another.
            let used = problem.reason() == Some(Unsent::OtherText);
            let key = form.key().ok().flatten().filter(|_| !used);
            let typed = Typed { name: form.name, text: form.text, key };
            page::again(state, language, parts, typed, &problem).await
        }
        Err(problem) => ([NO_STORE], problem).into_response(),
    }
}

/// Says what is in a form, which is left as it was typed; returns the name under which it was said.
async fn say(
    state: &AppState,
    (address, headers, browser): (SocketAddr, &HeaderMap, Option<&Browser>),
    room: &str,
    (body, receiving): (Body, Receiving),
    form: &mut Form,
) -> Result<(String, Receipt), Problem> {
    // Before it is read: what another site has typed is not shown either.
    if !is_no_other_site(headers) {
        return Err(refusal(Unsent::Elsewhere));
    }
    let room = state.chat.rooms.open(room).map_err(|_| refusal(Unsent::Closed))?;
    let body = body::whole(body, LARGEST_FORM, &receiving).await.map_err(too_large)?;
    *form = Form::read(&body.data);
    let name = words::name(&form.name).map_err(refusal)?;
    let text = words::text(&form.text).map_err(refusal)?;
    let key = form.key()?.map(|name| Key { scope: SCOPE.into(), name });
    let limits = &state.chat.limits;
    limits.say(network(address.ip()), &name).map_err(|wait: Duration| too_fast(wait))?;
    let said = Message { name, text };
    let data = serde_json::to_string(&said).expect("strings are JSON");
    let marks = state.chat.marks.as_ref().zip(browser);
    let mark = marks.and_then(|(marks, browser)| marks.topic(&room, browser));
    let topics = [room.topic().clone()].into_iter().chain(mark).collect();
    let draft = Draft { topics, event_type: None, data, private: false };
    let receipt = state.hub.publish(draft, key).await.map_err(unavailable)?;
    Ok((said.name, receipt))
}

/// A form that is too large is one with too long a text.
fn too_large(problem: Problem) -> Problem {
    let too_large = problem.status() == StatusCode::PAYLOAD_TOO_LARGE;
    if too_large { refusal(Unsent::LongText) } else { problem }
}
