//! Texts that this tab keeps across loads, by name. Where a browser keeps nothing for a page, there is
//! nothing to read.

use leptos::prelude::window;
use web_sys::Storage;

/// Keeps a text.
pub fn keep(name: &str, text: &str) {
    if let Some(storage) = storage() {
        let kept = storage.set_item(name, text);
        // Where there is no place for it, what was kept before would be in its way.
        let _ = kept.or_else(|_| storage.remove_item(name));
    }
}

/// What was kept.
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

/// The same, which is not kept any longer.
pub fn take(name: &str) -> Option<String> {
    let kept = kept(name)?;
    // It was there a moment ago.
    let _ = storage()?.remove_item(name);
    Some(kept)
}

/// Forgets all of it.
pub fn clear() {
    if let Some(storage) = storage() {
        // What cannot be reached cannot be read either.
        let _ = storage.clear();
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}
