//! The composer: a name and a text go in, a message on its way comes out. Without scripts it is a plain
//! form.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};

use super::visit::Visit;
use crate::{
    changing::{flag, words},
    chat::{LONGEST_TEXT, Message, Unsent, path},
    text::text,
};

/// What browsers say of a key that belongs to an input method where they do not say that one composes.
const COMPOSING: u32 = 229;

/// The form under the messages.
#[component]
pub fn Composer(
    visit: Visit,
    /// The form's own key, where no script gives each message one.
    key: String,
    /// What could not be posted by the form, and why.
    draft: String,
    unsent: Option<Unsent>,
) -> impl IntoView {
    let said = text().chat;
    let problem = RwSignal::new(unsent);
    let (name, written) = (visit.name, visit.written);
    let send = move || {
        let Some((name_field, field)) = name.get_untracked().zip(written.get_untracked()) else {
            return;
        };
        let message = Message {
            name: name_field.value().trim().to_owned(),
            text: field.value().trim_end().to_owned(),
        };
        let wrong = wrong(&message);
        problem.set(wrong.filter(|&wrong| wrong != Unsent::NoText));
        match wrong {
            None => {
                visit.me.set(message.name.clone());
                field.set_value("");
                visit.say(message);
            }
            // There is nobody to tell that from somebody who presses a key too often.
            Some(Unsent::NoText) => {}
            Some(Unsent::NoName) => drop(name_field.focus()),
            Some(_) => drop(field.focus()),
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let composing = event.is_composing() || event.key_code() == COMPOSING;
        if event.key() == "Enter" && !event.shift_key() && !composing {
            event.prevent_default();
            send();
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        send();
    };
    let why =
        words(move || problem.get().map_or_else(String::new, |why| (said.unsent)(why).to_owned()));
    view! {
        <form class="composer" method="post" action=path(&visit.room.read_value()) on:submit=on_submit novalidate=true>
            <input type="hidden" name="key" value=key/>
            <p class="problem" role="alert" hidden=flag(move || problem.get().is_none())>{why}</p>
            <label for="name">{said.your_name}</label>
            <input
                id="name"
                name="name"
                value=visit.me.get_untracked()
                autocomplete="nickname"
                spellcheck="false"
                node_ref=name
                on:change=move |event| visit.me.set(event_target_value(&event).trim().to_owned())
            />
            <label for="text">{said.message}</label>
            <textarea id="text" name="text" rows="1" aria-describedby="keys" node_ref=written on:keydown=on_key>
                {draft}
            </textarea>
            <button class="button">{said.send}</button>
            <p id="keys" class="keys with-script">{said.keys}</p>
        </form>
    }
}

/// What is wrong with a message, as far as can be told without the server.
fn wrong(Message { name, text }: &Message) -> Option<Unsent> {
    if text.trim().is_empty() {
        Some(Unsent::NoText)
    } else if name.is_empty() {
        Some(Unsent::NoName)
    } else if text.len() > LONGEST_TEXT {
        Some(Unsent::LongText)
    } else {
        None
    }
}
