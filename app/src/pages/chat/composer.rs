//! The composer: a name and a text go in, a message on its way comes out. Without scripts it is a plain
//! form.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};

use super::visit::{Browser, FIELD, NAME, Visit};
use crate::{
    changing::{anew, flag, words},
    chat::{LONGEST_TEXT, Message, Unsent, path},
    text::text,
};

/// What browsers say of a key that belongs to an input method where they do not say that one composes.
const COMPOSING: u32 = 229;

/// The id of what says what is wrong.
const PROBLEM: &str = "problem";

/// The form under the messages. `key`: the form's own, where no script gives each message one. `draft`
/// and `unsent`: what could not be posted by the form, and why.
pub fn view(visit: Visit, key: String, draft: String, unsent: Option<Unsent>) -> impl IntoView {
    let said = text().chat;
    let unsent = RwSignal::new(unsent);
    let explained = move || {
        unsent.get_untracked().map_or_else(String::new, |why| (visit.words.unsent)(why).to_owned())
    };
    let problem = RwSignal::new(explained());
    visit.restore(unsent.get_untracked().is_some());
    let send = move || {
        let Some(Browser { talk, .. }) = visit.browser else { return };
        let message = Message {
            name: (talk.field)(NAME).trim().to_owned(),
            text: (talk.field)(FIELD).trim_end().to_owned(),
        };
        unsent.set(wrong(&message));
        let again = anew(explained(), &problem.read_untracked());
        problem.set(again);
        match unsent.get_untracked() {
            None => {
                visit.fill("");
                visit.rename(&message.name);
                visit.say(message);
            }
            Some(Unsent::NoName) => {
                (talk.fill)(NAME, "");
                (talk.focus)(NAME);
            }
            Some(_) => (talk.focus)(FIELD),
        }
    };
    let mark = move |when: fn(Unsent) -> bool, mark: &'static str| {
        words(move || if unsent.get().is_some_and(when) { mark } else { "" }.to_owned())
    };
    let described = mark(|why| !is_of_name(why), PROBLEM);
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
            <p id=PROBLEM class="problem" role="alert" hidden=flag(move || unsent.get().is_none())>{problem}</p>
            <label>
                {said.your_name}
                <input
                    id=NAME
                    name="name"
                    value=visit.me.get_untracked()
                    autocomplete="nickname"
                    dir="auto"
                    spellcheck="false"
                    aria-invalid=mark(is_of_name, "true")
                    aria-describedby=mark(is_of_name, PROBLEM)
                    on:change=move |event| visit.rename(event_target_value(&event).trim())
                />
            </label>
            <label>
                {said.message}
                <textarea
                    id=FIELD
                    name="text"
                    rows="1"
                    dir="auto"
                    aria-invalid=mark(is_of_text, "true")
                    aria-describedby=words(move || described.read().clone() + " keys")
                    inner_html=escaped(&draft)
                    on:input=move |event| visit.keep(&event_target_value(&event))
                    on:keydown=on_key
                ></textarea>
            </label>
            <button class="button">{said.send}</button>
            <p id="keys" class="keys"><span class="with-script">{said.keys}" "</span>{said.unverified}</p>
        </form>
    }
}

/// A text as the HTML of a field: Leptos writes what stands in one as it is. (A line end that comes first
/// in a document's field counts for nothing.)
fn escaped(text: &str) -> String {
    let counts_for_nothing = if text.starts_with(['\r', '\n']) { "\n" } else { "" };
    format!("{counts_for_nothing}{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

/// Whether the name is what is wrong.
fn is_of_name(wrong: Unsent) -> bool {
    matches!(wrong, Unsent::NoName | Unsent::BadName)
}

/// Whether the text is.
fn is_of_text(wrong: Unsent) -> bool {
    matches!(wrong, Unsent::NoText | Unsent::LongText | Unsent::BadText)
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
        assert_eq!(escaped("</textarea>\n&lt;"), "&lt;/textarea>\n&amp;lt;");
        assert_eq!(["", "\na", "\r\na"].map(escaped), ["", "\n\na", "\n\r\na"]);
    }
}
