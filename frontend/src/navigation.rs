//! Going from page to page without a reload: clicks and the browser's history go in, the address as a
//! signal comes out.

use app::{Page, address::Address, link::Mono};
use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlAnchorElement, HtmlElement, MouseEvent};

use crate::page_clock;

/// Whom this tab's page was last loaded anew for.
const LOADED_FOR: &str = "belfry-loaded-for";

/// A page that is younger than this was loaded a moment ago, in microseconds.
const MOMENT: Mono = 3_000_000;

/// Follows the visitor's clicks for as long as the current owner lives.
pub fn follow(address: RwSignal<Address>) {
    let click = EventListener::new_with_options(
        &document(),
        "click",
        EventListenerOptions::enable_prevent_default(),
        move |event| {
            if let Some(to) = page_of_ours(event) {
                event.prevent_default();
                go(address, &to);
            }
        },
    );
    let back = EventListener::new(&window(), "popstate", move |_| {
        let location = window().location();
        // Some browsers keep it from some pages; then the visitor stays where they are.
        if let (Ok(path), Ok(search)) = (location.pathname(), location.search()) {
            let here = Address::new(&(path + &search));
            // Within a page, as past its masthead, nothing is to be shown anew.
            if *address.read_untracked() != here {
                address.set(here);
            }
        }
    });
    StoredValue::new_local([click, back]);
}

/// Shows another page, as a load would: from its top, with the keyboard at its beginning.
fn go(address: RwSignal<Address>, to: &Address) {
    let history = window().history();
    let pushed =
        history.and_then(|it| it.push_state_with_url(&JsValue::NULL, "", Some(&to.to_string())));
    if pushed.is_err() {
        // Browsers refuse a page that does so too often.
        return;
    }
    address.set(to.clone());
    window().scroll_to_with_x_and_y(0.0, 0.0);
    let main = document().get_element_by_id("main");
    if let Some(main) = main.and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
        // What cannot be focused is not in the way.
        let _ = main.focus();
    }
}

/// Loads the page anew for somebody else. By no reload, which would send a form again. Says whether it
/// does: not where that was done a moment ago, and was in vain, as behind a proxy that adds a token to some
/// requests and not to others.
pub fn load_for(mark: &str) -> bool {
    let (location, storage) = (window().location(), window().session_storage().ok().flatten());
    if let Some(storage) = storage {
        let before = storage.get_item(LOADED_FOR).ok().flatten();
        if page_clock::now() < MOMENT && before.as_deref() == Some(mark) {
            return false;
        }
        // Where there is no place for it, there is only nothing that ends a loop.
        let _ = storage.set_item(LOADED_FOR, mark);
    }
    let here = location.pathname().and_then(|path| Ok(path + &location.search()?));
    here.and_then(|here| location.replace(&here)).is_ok()
}

/// Where a click leads, if that is a page of this server that can be shown without a load. All else
/// is left to the browser: other keys and buttons, new windows, downloads, `rel="external"`.
fn page_of_ours(event: &Event) -> Option<Address> {
    let click: &MouseEvent = event.dyn_ref()?;
    let plain = click.button() == 0
        && !(click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key())
        && !click.default_prevented();
    let target: Element = click.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let here = window().location();
    let stays = link.target().is_empty()
        && !link.has_attribute("download")
        && !link.rel().split(' ').any(|word| word == "external")
        && link.hash().is_empty()
        && Some(link.origin()) == here.origin().ok();
    let to = Address::new(&(link.pathname() + &link.search()));
    (plain && stays && to.page() != Page::Missing).then_some(to)
}
