//! The browser's half of Belfry, and the only crate that touches web-sys.
//!
//! ```text
//! the wire ⇢ stream → shared_stream ─┬→ clock: timekeeper → app: feed → view
//!                                    └→ topics: follower  → app: page
//! ```
//!
//! - [`stream`]: an `EventSource`, one after another, and when to open the next
//! - [`tabs`]: which tabs there are, which of them holds the stream, and how they agree
//! - [`topics`]: which events of a topic are new to a page, from the stream and the history
//! - [`shared_stream`]: this tab's part of the browser's one stream
//! - [`clock`]: the estimate of the server's clock, its probes, and the timekeeper, which writes the feed
//! - [`visitor`]: who they are to the server, what the tab keeps for them, and how they write
//! - [`chat`]: the chat's requests
//! - [`browser`]: what a browser offers: timers, requests, storage, navigation
//!
//! A state machine decides, and a `shell` beside it does in the browser what was decided: [`shared_stream`],
//! [`clock::timekeeper`].

#![forbid(unsafe_code)]

pub mod browser;
pub mod chat;
pub mod clock;
pub mod shared_stream;
pub mod stream;
pub mod tabs;
pub mod topics;
pub mod visitor;

use app::{
    App, Subscribe,
    first::ROOT_ID,
    seams::{Browser, clock::Clock, read::Read, window::Window},
};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};
use wire::page_data::{SNAPSHOT_ID, Snapshot};

use browser::{base, elements, json, navigation};
use clock::{page_clock, timekeeper};
use topics::history;
use visitor::{tab_owner, writing};

/// Takes over the page that the server has rendered. Called once by the page's own script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let snapshot = document().get_element_by_id(SNAPSHOT_ID).and_then(|it| it.text_content());
    // Without it the page stays as the server has rendered it.
    let Some(snapshot) = snapshot.and_then(|text| json::parse::<Snapshot>(&text)) else { return };
    let Some(root) = document().get_element_by_id(ROOT_ID) else { return };
    base::set(snapshot.base.clone());
    tab_owner::belong_to(&snapshot.identity, snapshot.now.micros());
    writing::take();
    let application = leptos::mount::hydrate_from(root.unchecked_into(), move || {
        provide_context(snapshot);
        provide_context(Subscribe(timekeeper::shell::subscribe));
        provide_context(browser());
        view! { <App/> }
    });
    application.forget();
}

/// What a page in a browser can do.
fn browser() -> Browser {
    let read = Read {
        page: history::page_at,
        history: chat::read,
        message: json::parse,
        presence: json::parse,
        status: json::parse,
    };
    let clock = Clock {
        now: page_clock::now,
        wall: page_clock::wall,
        after: chat::after,
        chance: js_sys::Math::random,
    };
    let window = Window {
        navigate: navigation::follow,
        refocus: navigation::refocus,
        set_title: |title| document().set_title(title),
        copy: writing::copy,
        on: chat::on,
    };
    Browser {
        follow: shared_stream::shell::follow,
        read,
        post: chat::POST,
        store: chat::STORE,
        clock,
        measure: elements::MEASURE,
        elements: elements::ELEMENTS,
        window,
    }
}
