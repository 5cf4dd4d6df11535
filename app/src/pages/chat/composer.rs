//! The composer: the form for writing a message. Without scripts it is a plain HTML form.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};
use wire::{
    chat::{
        LONGEST_TEXT, Message,
        answer::Unsent,
        room::path,
        visible::{is_invisible, is_name},
    },
    parameters,
};

use super::visit::{FIELD, Visit};
use crate::{
    erased::{flag, spoken_after, words},
    feed::under_base,
    seams::Browser,
    text::text,
};

/// What browsers say of a key that belongs to an input method where they do not say that one composes.
const COMPOSING: u32 = 229;

/// The id of what says what is wrong.
const PROBLEM: &str = "problem";

/// Marks that the server does not take in a name: one on nothing, four on a letter, or three of those that
/// stand on letters of any script.
const PILED_NAME: &str = r"^\s*[\p{Mn}\p{Me}]|[\p{Mn}\p{Me}]{4}|[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3}";

/// The same of a text: nine on a letter.
const PILED_TEXT: &str = r"[\p{Mn}\p{Me}]{9}";

/// What is being written, and what is wrong with it.
#[derive(Clone, Copy)]
struct Composer {
    visit: Visit,
    unsent: RwSignal<Option<Unsent>>,
    /// The same in words.
    problem: RwSignal<String>,
}

/// The form under the messages. `key`: the form's own, where no script gives each message one. `draft`
/// and `unsent`: what could not be posted by the form, and why.
pub fn view(visit: Visit, key: String, draft: String, unsent: Option<Unsent>) -> impl IntoView {
    let said = text().chat;
    visit.restore(unsent.is_some());
    let composer = Composer { visit, unsent: RwSignal::new(unsent), problem: RwSignal::default() };
    composer.problem.set(composer.explained());
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        composer.send();
    };
    view! {
        <form class="composer" method="post" action=under_base(&path(&visit.room.read_untracked())) on:submit=on_submit novalidate=true>
            <input type="hidden" name=parameters::KEY value=key/>
            <p id=PROBLEM class="problem" role="alert" hidden=flag(move || composer.unsent.get().is_none())>
                {composer.problem}
            </p>
            {composer.name()}
            {composer.text(&draft)}
            <button class="button">{said.send}</button>
            <p id="left" class="left" hidden=flag(move || visit.room_left.read().is_empty())>{visit.room_left}</p>
            <p id="keys" class="keys"><span class="with-script">{said.keys}" "</span>{said.unverified}</p>
        </form>
    }
}

impl Composer {
    /// The field of the name, which folds once it is filled in, even where scripts do not run.
    fn name(self) -> impl IntoView {
        let said = text().chat;
        let me = self.visit.me;
        let open =
            me.read_untracked().is_empty() || self.unsent.get_untracked().is_some_and(is_of_name);
        view! {
            <details id="naming" class="naming" open=open node_ref=self.visit.parts.naming>
                <summary>{said.your_name}" "<bdi>{me}</bdi></summary>
                <input
                    id="name"
                    name=parameters::NAME
                    node_ref=self.visit.parts.name
                    value=me.get_untracked()
                    autocomplete="nickname"
                    dir="auto"
                    spellcheck="false"
                    aria-label=said.your_name
                    aria-invalid=self.mark(is_of_name, "true")
                    aria-describedby=self.mark(is_of_name, PROBLEM)
                    on:input=move |_| self.name_changed()
                    on:change=move |_| drop(self.visit.rename())
                />
            </details>
        }
    }

    fn text(self, draft: &str) -> impl IntoView + use<> {
        let described = self.mark(|why| !is_of_name(why), PROBLEM);
        let on_key = move |event: KeyboardEvent| {
            let composing = event.is_composing() || event.key_code() == COMPOSING;
            if event.key() == "Enter" && !event.shift_key() && !composing && !self.has_touch() {
                event.prevent_default();
                self.send();
            }
        };
        view! {
            <label>
                {text().chat.message}
                <textarea
                    id=FIELD
                    name=parameters::TEXT
                    node_ref=self.visit.parts.field
                    rows="1"
                    dir="auto"
                    aria-invalid=self.mark(is_of_text, "true")
                    aria-describedby=words(move || described.read().clone() + " left keys")
                    inner_html=escaped(draft)
                    on:input=move |_| self.text_changed()
                    on:keydown=on_key
                ></textarea>
            </label>
        }
    }

    fn mark(self, when: fn(Unsent) -> bool, mark: &'static str) -> Signal<String> {
        words(move || if self.unsent.get().is_some_and(when) { mark } else { "" }.to_owned())
    }

    /// On a screen that shows a keyboard Enter breaks the line: there is no other key for it.
    fn has_touch(self) -> bool {
        self.visit.browser.is_some_and(|browser| (browser.elements.has_touch)())
    }

    fn explained(self) -> String {
        let why = self.unsent.get_untracked();
        why.map_or_else(String::new, |why| (self.visit.words.unsent)(why).to_owned())
    }

    fn judge(self, why: Option<Unsent>) {
        self.unsent.set(why);
        let again = spoken_after(self.explained(), &self.problem.read_untracked());
        self.problem.set(again);
    }

    /// Says what is wrong while it is written; what is wrong with the other field stays so.
    fn judge_field(self, why: Option<Unsent>, is_of_field: fn(Unsent) -> bool) {
        let before = self.unsent.get_untracked();
        if why != before && (why.is_some() || before.is_some_and(is_of_field)) {
            self.judge(why);
        }
    }

    fn name_changed(self) {
        let Some(browser) = self.visit.browser else { return };
        let name = self.visit.name(browser);
        // That there is none yet is told on sending.
        let why = (!name.is_empty()).then(|| wrong_name(&name, browser)).flatten();
        self.judge_field(why, is_of_name);
    }

    fn text_changed(self) {
        let Some(browser) = self.visit.browser else { return };
        let text = self.visit.typed();
        self.judge_field(wrong_text(text.trim_end(), browser), is_of_text);
        if !self.unsent.get_untracked().is_some_and(is_of_name) {
            self.visit.fold_name();
        }
    }

    fn send(self) {
        let Some(browser) = self.visit.browser else { return };
        let text = self.visit.typed().trim_end().to_owned();
        let message = Message { name: self.visit.rename(), text };
        let why = wrong(&message, browser);
        self.judge(why);
        match why {
            None => {
                self.visit.fill("");
                self.visit.fold_name();
                self.visit.say(message);
            }
            Some(why) if is_of_name(why) => {
                (browser.elements.open)(self.visit.parts.naming, true);
                (browser.elements.focus)(self.visit.parts.name);
            }
            Some(_) => (browser.elements.focus)(self.visit.parts.field),
        }
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
fn wrong(Message { name, text }: &Message, browser: Browser) -> Option<Unsent> {
    if text.chars().all(|one| one.is_whitespace() || is_invisible(one)) {
        Some(Unsent::NoText)
    } else if name.is_empty() {
        Some(Unsent::NoName)
    } else {
        wrong_name(name, browser).or_else(|| wrong_text(text, browser))
    }
}

fn wrong_name(name: &str, browser: Browser) -> Option<Unsent> {
    (!is_name(name) || (browser.measure.matches)(PILED_NAME, name)).then_some(Unsent::BadName)
}

fn wrong_text(text: &str, browser: Browser) -> Option<Unsent> {
    if text.len() > LONGEST_TEXT {
        Some(Unsent::LongText)
    } else {
        (browser.measure.matches)(PILED_TEXT, text).then_some(Unsent::BadText)
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
