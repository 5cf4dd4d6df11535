//! The composer: a name and a text go in, a message on its way comes out. Without scripts it is a plain
//! form.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};

use super::visit::{FIELD, Visit};
use crate::{
    changing::flag,
    chat::{LONGEST_TEXT, Message, Unsent, path},
    text::text,
};

/// What browsers say of a key that belongs to an input method where they do not say that one composes.
const COMPOSING: u32 = 229;

/// The id of the field of the visitor's name.
const NAME: &str = "name";

/// The form under the messages. `key`: the form's own, where no script gives each message one. `draft`
/// and `unsent`: what could not be posted by the form, and why.
pub fn view(visit: Visit, key: String, draft: String, unsent: Option<Unsent>) -> impl IntoView {
    let said = text().chat;
    let problem =
        RwSignal::new(unsent.map_or_else(String::new, |why| (said.unsent)(why).to_owned()));
    let send = move || {
        let Some((_, talk, _)) = visit.talk else { return };
        let message = Message {
            name: (talk.field)(NAME).trim().to_owned(),
            text: (talk.field)(FIELD).trim_end().to_owned(),
        };
        let wrong = wrong(&message);
        problem.set(wrong.map_or_else(String::new, |why| (visit.words.unsent)(why).to_owned()));
        match wrong {
            None => {
                (talk.fill)(FIELD, "");
                if *visit.me.read_untracked() != message.name {
                    visit.me.set(message.name.clone());
                }
                visit.say(message);
            }
            Some(Unsent::NoName) => (talk.fill)(NAME, ""),
            Some(_) => {}
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
    view! {
        <form class="composer" method="post" action=path(&visit.room.read_untracked()) on:submit=on_submit novalidate=true>
            <input type="hidden" name="key" value=key/>
            <p class="problem" role="alert" hidden=flag(move || problem.read().is_empty())>{problem}</p>
            <label>
                {said.your_name}
                <input
                    id=NAME
                    name="name"
                    value=visit.me.get_untracked()
                    autocomplete="nickname"
                    spellcheck="false"
                    on:change=move |event| visit.me.set(event_target_value(&event).trim().to_owned())
                />
            </label>
            <label>
                {said.message}
                <textarea
                    id=FIELD
                    name="text"
                    rows="1"
                    aria-describedby="keys"
                    inner_html=escaped(&draft)
                    on:keydown=on_key
                ></textarea>
            </label>
            <button class="button">{said.send}</button>
            <p id="keys" class="keys"><span class="with-script">{said.keys}" "</span>{said.unverified}</p>
        </form>
    }
}

/// A text as the HTML of a field: Leptos writes what stands in one as it is. (The first line end in a
/// field counts for nothing.)
fn escaped(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_field() {
        assert_eq!(escaped("</textarea>\n&lt;"), "\n&lt;/textarea>\n&amp;lt;");
    }
}
