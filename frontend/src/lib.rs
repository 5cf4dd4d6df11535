//! The browser's half of Belfry, and the only crate that touches web-sys. An event travels:
//!
//! ```text
//! the wire ⇢ source → stream → line → keeper, follower → app: feed → view
//! ```
//!
//! [`source`] holds an `EventSource`, [`stream`] replaces it when it fails, [`line`] shares the stream
//! between the tabs of a browser. [`probe`] measures the clock, [`keeper`] writes what they bring
//! into the feed's signals, a [`follower`] calls a page with its topic's events. What to do next is
//! decided by [`supervisor`], [`leader`], [`following`] and [`clock`], which know nothing of a
//! browser.

#![forbid(unsafe_code)]

mod alarm;
mod bounds;
mod channel;
pub mod clock;
mod crew;
mod fetch;
pub mod follower;
pub mod following;
mod history;
pub mod json;
pub mod keeper;
pub mod leader;
mod letter;
pub mod line;
mod lock;
pub mod navigation;
pub mod page_clock;
mod page_events;
pub mod probe;
pub mod source;
pub mod stream;
pub mod supervisor;
mod talk;
pub mod visitor;

use app::{
    App, Navigate, Snapshot, Subscribe,
    components::{Clipboard, Refocus, Titled},
    feed::SNAPSHOT_ID,
    first::ROOT_ID,
    follow::{Fetch, Follow},
};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

/// Takes over the page that the server has rendered. Called once by the page's own script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    let snapshot = document().get_element_by_id(SNAPSHOT_ID).and_then(|it| it.text_content());
    // Without it the page stays as the server has rendered it.
    let Some(snapshot) = snapshot.and_then(|text| json::parse::<Snapshot>(&text)) else { return };
    let Some(root) = document().get_element_by_id(ROOT_ID) else { return };
    visitor::take();
    let application = leptos::mount::hydrate_from(root.unchecked_into(), move || {
        provide_context(snapshot);
        provide_context(Subscribe(keeper::subscribe));
        provide_context(Clipboard(visitor::copy));
        provide_context(Navigate(navigation::follow));
        provide_context(Refocus(navigation::refocus));
        provide_context(Follow(line::follow));
        provide_context(Fetch { newborn: history::newborn, status: json::parse });
        provide_context(talk::talk());
        provide_context(Titled(|title| document().set_title(title)));
        view! { <App/> }
    });
    application.forget();
}
