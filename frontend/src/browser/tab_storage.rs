//! Texts that this tab keeps across loads, by name. Where a browser keeps nothing for a page, there is
//! nothing to read.

use js_sys::Object;
use leptos::prelude::window;
use web_sys::Storage;

use super::base::{has_named, named};

/// Keeps a text.
pub fn keep(name: &str, text: &str) {
    let name = named(name);
    if let Some(storage) = storage() {
        let kept = storage.set_item(&name, text);
        // Where there is no place for it, what was kept before would be in its way.
        let _ = kept.or_else(|_| storage.remove_item(&name));
    }
}

/// What was kept.
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(&named(name)).ok()?
}

/// The same, which is not kept any longer.
pub fn take(name: &str) -> Option<String> {
    let kept = kept(name)?;
    // It was there a moment ago.
    let _ = storage()?.remove_item(&named(name));
    Some(kept)
}

/// Forgets all of it.
pub fn clear() {
    if let Some(storage) = storage() {
        // What cannot be reached cannot be read either.
        for name in Object::keys(&storage).iter().filter_map(|name| name.as_string()) {
            if has_named(&name) {
                let _ = storage.remove_item(&name);
            }
        }
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}
