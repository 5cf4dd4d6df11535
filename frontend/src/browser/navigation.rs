//! Client-side navigation: follows clicks, forms and the browser's history, and keeps the address as a
//! signal.

use std::cell::RefCell;

use app::{Page, address::Address};
use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, FormData, HtmlAnchorElement, HtmlElement, HtmlFormElement, MouseEvent,
    UrlSearchParams,
};

thread_local! {
    /// The id of what had the focus when a form was sent.
    static FOCUSED: RefCell<String> = const { RefCell::new(String::new()) };
}

use crate::browser::{
    base::{inside, under},
    page_events, tab_storage,
};

/// Under this name the tab keeps whom it reloads for.
const LOADED_FOR: &str = "belfry-loaded-for";

/// Follows the visitor's clicks for as long as the current owner lives.
pub fn follow(address: RwSignal<Address>) {
    let on = |name: &'static str, leads: fn(&Event) -> Option<Address>| {
        let prevents = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&document(), name, prevents, move |event| {
            if let Some(to) = leads(event) {
                event.prevent_default();
                go(address, &to);
            }
        })
    };
    let (click, submit) = (on("click", page_of_ours), on("submit", page_asked_for));
    let shown = move |_: &Event| {
        let location = window().location();
        // Some browsers keep it from some pages; then the visitor stays where they are.
        let here = location.pathname().ok().zip(location.search().ok());
        if let Some(here) = here.and_then(|(path, search)| inside(&path, &search)) {
            // Within a page, as past its masthead, nothing has to be shown again.
            if *address.read_untracked() != here {
                address.set(here);
            }
        }
    };
    let back = page_events::on(&window(), "popstate", Box::new(shown));
    StoredValue::new_local([click, submit, back]);
}

/// Gives the focus back to what had it when a form was sent, where it is there again.
pub fn refocus() {
    focus(&FOCUSED.take());
}

fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // What cannot be focused is not in the way.
        let _ = element.focus();
    }
}

/// Shows another page, as a load would: from its top, with the keyboard at its beginning.
fn go(address: RwSignal<Address>, to: &Address) {
    let history = window().history();
    let url = under(&to.to_string());
    let pushed = history.and_then(|it| it.push_state_with_url(&JsValue::NULL, "", Some(&url)));
    if pushed.is_err() {
        // Browsers refuse a page that does so too often.
        return;
    }
    address.set(to.clone());
    window().scroll_to_with_x_and_y(0.0, 0.0);
    focus("main");
}

/// What a form asks for, if that is a page that can be shown without a load. The server alone knows by
/// which name a room is opened.
fn page_asked_for(event: &Event) -> Option<Address> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    if event.default_prevented() || form.method() != "get" {
        return None;
    }
    let fields = FormData::new_with_form(&form).ok()?;
    let query = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?.to_string();
    let action = inside(&form.get_attribute("action")?, "")?;
    let to = Address { query: query.into(), ..action };
    let stays = matches!(to.page(), Page::Console | Page::Status);
    FOCUSED.replace(document().active_element().filter(|_| stays)?.id());
    Some(to)
}

/// Loads this address again for somebody else, and hides the page until then. (A reload would send a form
/// again.) Returns whether it does: some browsers keep the address from some pages.
pub fn load_for(mark: &str) -> bool {
    let location = window().location();
    let here = location.pathname().and_then(|path| Ok(path + &location.search()?));
    if here.and_then(|here| location.replace(&here)).is_err() {
        return false;
    }
    if let Some(body) = document().body() {
        body.set_hidden(true);
    }
    tab_storage::keep(LOADED_FOR, mark);
    true
}

/// Whom this page was loaded for by [`load_for`]; `None` where a person loaded it.
pub fn loaded_for() -> Option<String> {
    tab_storage::take(LOADED_FOR)
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
    let to = inside(&link.pathname(), &link.search())?;
    (plain && stays && to.page() != Page::Missing).then_some(to)
}
