//! Snippets to copy: how to read the stream from a shell and from a page.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    changing::{click, words},
    command::read_stream,
    event::STREAM_PATH,
    text::text,
};

/// How to put a text on the visitor's clipboard, given by the browser's half in the context. It says
/// whether the browser lets a page do that.
#[derive(Clone, Copy, Debug)]
pub struct Clipboard(pub fn(&str) -> bool);

/// A `curl` line and the tutorial's three lines of JavaScript, each with a button that copies it.
#[component]
pub fn Snippets(
    /// The scheme and authority of the server.
    #[prop(into)]
    origin: Signal<String>,
) -> impl IntoView {
    let curl = words(move || read_stream(&origin.read()));
    let script = format!(
        "const source = new EventSource('{STREAM_PATH}')\nsource.onmessage = (event) => console.log(event.data)"
    );
    view! {
        <section class="snippets" aria-label=text().snippets.heading>
            <h2>{text().snippets.heading}</h2>
            <Snippet name="curl" code=curl/>
            <Snippet name="JavaScript" code=script/>
        </section>
    }
}

/// Code under its name, with a button that copies it.
#[component]
pub fn Snippet(
    /// What it is written in.
    name: &'static str,
    /// The code.
    #[prop(into)]
    code: Signal<String>,
) -> impl IntoView {
    let said = &text().snippets;
    let label = RwSignal::new(said.copy.to_owned());
    let clipboard = use_context::<Clipboard>();
    let copy = click(move || {
        let copied = clipboard.is_some_and(|Clipboard(put)| put(&code.read_untracked()));
        label.set(if copied { said.copied } else { said.not_copied }.to_owned());
        set_timeout(move || drop(label.try_set(said.copy.to_owned())), Duration::from_secs(3));
    });
    view! {
        <figure class="snippet">
            <figcaption>
                {name}
                <button class="with-script" type="button" aria-label=words(move || format!("{} {name}", label.read())) on:click=copy>
                    {Signal::<String>::from(label)}
                </button>
            </figcaption>
            <pre tabindex="0"><code>{code}</code></pre>
        </figure>
    }
}
