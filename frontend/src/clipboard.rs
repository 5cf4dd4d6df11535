//! The clipboard: a text goes in.

use wasm_bindgen_futures::JsFuture;

use crate::fetch::begin;

/// Puts a text on the visitor's clipboard, and says whether the browser lets a page do that: only
/// on https and on this machine.
pub fn put(text: &str) -> bool {
    let window = leptos::prelude::window();
    if !window.is_secure_context() {
        return false;
    }
    let writing = window.navigator().clipboard().write_text(text);
    // A visitor may refuse; there is nothing that the page could do about it.
    begin(async move { drop(JsFuture::from(writing).await) });
    true
}
