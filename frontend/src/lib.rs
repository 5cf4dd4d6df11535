//! The browser's half of Belfry, and the only crate that touches web-sys. An event travels:
//!
//! ```text
//! the wire ⇢ source → keeper → app: feed → view
//! ```
//!
//! [`source`] holds the `EventSource`, [`probe`] measures the clock, [`keeper`] writes what they
//! bring into the feed's signals. What to do next is decided by [`supervisor`] and [`clock`], which
//! know nothing of a browser.

#![forbid(unsafe_code)]

pub mod clipboard;
pub mod clock;
pub mod keeper;
pub mod page_clock;
pub mod probe;
pub mod source;
pub mod supervisor;
pub mod visitor;

use app::{
    App, Subscribe,
    components::{Clipboard, Titled},
};
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server has rendered. Called once by the page's own script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(|| {
        provide_context(Subscribe(keeper::subscribe));
        provide_context(Clipboard(clipboard::put));
        provide_context(Titled(|title| document().set_title(title)));
        view! { <App/> }
    });
}
