//! The document around the application: the HTML of a page, with its head and what it loads.

use std::sync::{Arc, LazyLock};

use app::{
    App, Page,
    address::Address,
    first,
    text::{Text, document},
    writing::Writing,
};
use leptos::{config::LeptosOptions, html, hydration::AutoReload, nonce::use_nonce, prelude::*};
use wire::{
    chat::room,
    language::Language,
    page_data::{PageData, SNAPSHOT_ID, Snapshot},
    parameters::{FAILED, LOGIN},
    paths::LOGIN_PATH,
};

use super::notices::Notices;
use crate::{Site, web::documents};

/// Without scripts the page reloads itself at every interval, but not before one can read it.
const REFRESH_AT_LEAST_S: u32 = 5;

/// What the document is about.
struct What {
    name: String,
    /// Where it stands; `None` where nothing does.
    path: Option<String>,
}

impl What {
    fn of(page: Page, data: &PageData, words: &Text) -> Self {
        if let PageData::Room(Ok(room)) = data {
            return Self { name: room.room.clone(), path: Some(room::path(&room.room)) };
        }
        let there =
            page != Page::Missing && !matches!(data, PageData::Room(_) | PageData::Rooms(Err(_)));
        Self { name: page.name(words).into(), path: there.then(|| page.path().into()) }
    }
}

/// The document around the application. It writes the hydration links itself: those of Leptos 0.8
/// put the nonce into `crossorigin`, which can abort the fetch of the wasm in Firefox
/// (leptos-rs/leptos#4843).
#[component]
pub(super) fn Shell(
    site: Arc<Site>,
    /// What was asked for, without the query.
    path: String,
    reload: Option<LeptosOptions>,
) -> impl IntoView {
    let nonce = use_nonce().map(|nonce| nonce.to_string());
    let snapshot = expect_context::<Snapshot>();
    // Nothing in it can end the element that it stands in.
    let json = serde_json::to_string(&snapshot).expect("strings and numbers are JSON");
    let json = json.replace('<', "\\u003c");
    let Snapshot { now, interval_ms, language, base, url, identity, address, page: data, .. } =
        snapshot;
    let under = |path: &str| format!("{base}{path}");
    let failed = Address::new(&address).parameter(LOGIN).is_some_and(|it| it == FAILED)
        && !matches!(data, PageData::Status(Err(_)));
    let (words, page) = (Text::of(language), Page::at(&path));
    let start = start(&under(&site.script), &under(&site.wasm));
    let what = What::of(page, &data, words);
    let title = match page {
        Page::Time => (words.title)(&(Writing::plain().minute)(now)),
        _ => (words.title)(&what.name),
    };
    let refresh = interval_ms.div_ceil(1000).max(REFRESH_AT_LEAST_S);
    // What a visitor is typing must not go.
    let refresh = (page != Page::Missing && !data.has_form())
        .then(|| view! { <meta http-equiv="refresh" content=refresh/> });
    view! {
        <!DOCTYPE html>
        <html lang=language.tag()>
            <head>
                <meta charset="utf-8"/>
                // Above the keyboard of a phone the page is shorter, so that what is typed stays in sight.
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, interactive-widget=resizes-content"
                />
                <title>{title}</title>
                <About page what words language url/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4ef"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0d1424"/>
                <link rel="icon" href=under("/favicon.png") r#type="image/png" sizes="32x32"/>
                <link rel="icon" href=under("/icon.svg") r#type="image/svg+xml" sizes="any"/>
                <link rel="apple-touch-icon" href=under("/apple-touch-icon.png")/>
                <link rel="manifest" href=under(document::words(language).manifest)/>
                <link rel="stylesheet" href=under(&site.style)/>
                <link rel="modulepreload" href=under(&site.script) nonce=nonce.clone()/>
                <link rel="preload" href=under(&site.wasm) r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <noscript>
                    {refresh}
                    <link rel="stylesheet" href=under("/noscript.css")/>
                </noscript>
                <script id=SNAPSHOT_ID type="application/json" inner_html=json></script>
                <script type="module" nonce=nonce.clone()>{start}</script>
                {reload.map(|options| view! { <AutoReload options/> })}
            </head>
            <body>
                <div id=first::ROOT_ID><App/></div>
                <Notices language identity failed login=under(LOGIN_PATH)/>
                <Foot words language base=base.clone()/>
                {first_script(nonce, words.unchecked, base)}
            </body>
        </html>
    }
}

/// The page's first script, behind the application that it carries on.
fn first_script(nonce: Option<String>, unchecked: &'static str, base: String) -> impl IntoView {
    static SCRIPT: LazyLock<String> = LazyLock::new(first::script);
    let script =
        html::script().nonce(nonce).attr(first::UNCHECKED, unchecked).attr(first::BASE, base);
    script.inner_html(SCRIPT.as_str())
}

/// The foot of every page: what Belfry is, which version this is, and where to read on. It never changes,
/// so the browser's half does not know it.
#[component]
fn Foot(
    words: &'static Text,
    language: Language,
    /// What stands before every path.
    base: String,
) -> impl IntoView {
    let said = document::words(language);
    let link = |name: &str, says| {
        let path = base.clone() + &documents::path(name, language.tag());
        view! { <a href=path rel="external">{says}</a> }
    };
    view! {
        <footer class="foot">
            <p>{said.about}</p>
            <p>
                {format!("{} {}", words.name, env!("CARGO_PKG_VERSION"))}
                {link("publish-and-follow", said.publish_and_follow)}
                {link("operations", said.operations)}
            </p>
        </footer>
    }
}

/// What search engines and link previews read. Both languages stand at one address, so there is no
/// `hreflang` to name: it would lead to the same address twice.
#[component]
fn About(
    page: Page,
    what: What,
    words: &'static Text,
    language: Language,
    /// The URL of the server.
    url: String,
) -> impl IntoView {
    let description = page.description(words);
    let What { name, path } = what;
    let found = path.is_some();
    let address = format!("{url}{}", path.unwrap_or_default());
    view! {
        <meta name="description" content=description/>
        {(!found).then(|| view! { <meta name="robots" content="noindex"/> })}
        {found.then(|| view! {
            <link rel="canonical" href=address.clone()/>
            {property("og:url", address.clone())}
        })}
        {property("og:type", "website")}
        {property("og:site_name", words.name)}
        {property("og:title", name)}
        {property("og:description", description)}
        {property("og:locale", document::words(language).locale)}
        {property("og:image", format!("{url}/social.png"))}
        {property("og:image:width", "1200")}
        {property("og:image:height", "630")}
        {property("og:image:alt", words.name)}
        <meta name="twitter:card" content="summary_large_image"/>
    }
}

/// The script that loads the browser's half and has it take over the page.
fn start(script: &str, wasm: &str) -> String {
    // A string of JSON is one of JavaScript too.
    let quoted = |path: &str| serde_json::to_string(path).expect("a string is JSON");
    let (script, wasm) = (quoted(script), quoted(wasm));
    format!(
        "import({script}).then((half) => half.default({{ module_or_path: {wasm} }}).then(() => half.hydrate()))"
    )
}

/// One of the properties of [Open Graph](https://ogp.me), whose attribute HTML does not know.
fn property(name: &'static str, content: impl Into<String>) -> impl IntoView {
    html::meta().attr("property", name).content(content.into())
}
