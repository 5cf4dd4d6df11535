//! Snippets to copy: how to read the stream from a shell and from a page.

use leptos::prelude::*;
use wire::paths::STREAM_PATH;

use crate::{
    command::read_stream,
    erased::{click, words},
    feed::under_base,
    link::Mono,
    seams::Browser,
    text::text,
};

/// How long a button says that it has copied, in microseconds.
const SHOWN_FOR: Mono = 3_000_000;

/// A `curl` line and the tutorial's three lines of JavaScript, each with a button that copies it.
#[component]
pub fn Snippets(
    /// The URL of the server.
    #[prop(into)]
    url: Signal<String>,
) -> impl IntoView {
    let curl = words(move || read_stream(&url.read()));
    let stream = under_base(STREAM_PATH);
    let script = format!(
        "const source = new EventSource('{stream}')\nsource.onmessage = (event) => console.log(event.data)"
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
    let browser = use_context::<Browser>();
    let copy = click(move || {
        let Some(browser) = browser else { return };
        let copied = (browser.window.copy)(&code.read_untracked());
        label.set(if copied { said.copied } else { said.not_copied }.to_owned());
        let again = move || drop(label.try_set(said.copy.to_owned()));
        (browser.clock.after)(SHOWN_FOR, Box::new(again));
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
