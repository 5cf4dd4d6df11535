//! Who is here: the newest of a room's leases goes in, a count and names come out.

use leptos::prelude::*;

use crate::{changing::words, chat::Here, text::text, writing::number};

/// Who is in a room, as far as they say.
#[component]
pub fn HereList(here: RwSignal<Here>) -> impl IntoView {
    let said = text().chat;
    let count = words(move || {
        let count = here.read().count;
        (said.here)(&number(count.into(), 0), count == 1)
    });
    let nameless = words(move || {
        let here = here.read();
        let names = u32::try_from(here.names.len()).unwrap_or(u32::MAX);
        match here.count.saturating_sub(names) {
            0 => String::new(),
            rest => (said.nameless)(&number(rest.into(), 0)),
        }
    });
    view! {
        <aside class="here" aria-label=said.who>
            <p class="count">{count}</p>
            <ul>
                <For each=move || here.read().names.clone() key=String::clone let:name>
                    <li><bdi>{name}</bdi></li>
                </For>
            </ul>
            <p class="nameless">{nameless}</p>
            <p class="unverified">{said.unverified}</p>
        </aside>
    }
}
