//! The pages: a request goes in, HTML that is born with the time comes out, under a strict policy.

use std::sync::Arc;

use app::{App, Language, Snapshot, Tick, feed::Born};
use axum::{
    body::Body,
    extract::{FromRequestParts, State},
    http::{
        HeaderValue, Request,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
        request::Parts,
    },
    response::Response,
};
use leptos::{
    config::LeptosOptions,
    hydration::AutoReload,
    nonce::{Nonce, use_nonce},
    prelude::*,
};

use crate::{AppState, Site, grant::Grant};

/// Without scripts the page loads itself anew at every interval, but not before one can read it.
const REFRESH_AT_LEAST_S: u32 = 5;

/// `GET /`.
pub(crate) async fn page(State(state): State<AppState>, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    let page = born(&state, &mut parts).await;
    let request = Request::from_parts(parts, body);
    let log = state.hub.log();
    let snapshot = Snapshot {
        now: Tick::from_micros(state.hub.clock().now()),
        interval_ms: u32::try_from(state.interval.as_millis()).unwrap_or(u32::MAX),
        readers: state.hub.reading(),
        http_version: format!("{:?}", request.version()),
        synchronised: state.hub.clock().synchronised(),
        origin: format!("http://{}", authority(&request)),
        language: Language::English,
        cursor: log.cursor(log.tail().last()).to_string(),
        page,
    };
    let nonce = Nonce::new();
    let reload = watch_options();
    let policy = policy(&nonce, reload.as_ref());
    let site = state.site;
    let render = leptos_axum::render_app_to_stream_in_order_with_context(
        move || {
            provide_context(snapshot.clone());
            provide_context(nonce.clone());
        },
        move || view! { <Shell site=site.clone() reload=reload.clone()/> },
    );
    let mut response = render(request).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    // `no-store` would keep the page out of the back-forward cache.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// What the page at a path alone is born with.
async fn born(state: &AppState, parts: &mut Parts) -> Born {
    match parts.uri.path() {
        "/status" => {
            // A token that has ended is no reason not to answer with a page, where one can log in anew.
            let grant = Grant::from_request_parts(parts, state).await.unwrap_or_default();
            let vitals = state.hub.vitals();
            Born::Status(vitals.show_to(&grant).map(|()| vitals.trend()))
        }
        _ => Born::Plain,
    }
}

/// Whom the visitor asked, as the request says.
fn authority(request: &Request<Body>) -> &str {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok());
    host.or(request.uri().authority().map(axum::http::uri::Authority::as_str))
        .unwrap_or("localhost")
}

/// Scripts run by the nonce alone; hydration needs `'wasm-unsafe-eval'`. `reload` is where
/// `cargo leptos watch` says that the page has changed.
fn policy(nonce: &Nonce, reload: Option<&LeptosOptions>) -> HeaderValue {
    let reload =
        reload.map_or_else(String::new, |options| format!(" ws://*:{}", options.reload_port));
    let policy = format!(
        "default-src 'self'; script-src 'strict-dynamic' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'{reload}; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("a nonce is base64")
}

/// What `cargo leptos watch` says of itself; `None` outside of it.
fn watch_options() -> Option<LeptosOptions> {
    std::env::var_os("LEPTOS_WATCH")?;
    leptos::config::get_configuration(None).ok().map(|file| file.leptos_options)
}

/// The document around the application. It writes the hydration links itself: those of Leptos 0.8
/// put the nonce into `crossorigin`, which can abort the fetch of the wasm in Firefox
/// (leptos-rs/leptos#4843).
#[component]
fn Shell(site: Arc<Site>, reload: Option<LeptosOptions>) -> impl IntoView {
    let nonce = use_nonce().map(|nonce| nonce.to_string());
    let Snapshot { now, interval_ms, language, .. } = expect_context();
    let words = language.text();
    let start = format!(
        "import({:?}).then((half) => half.default({{ module_or_path: {:?} }}).then(() => half.hydrate()))",
        site.script, site.wasm,
    );
    let title = (words.title)(&format!("{} UTC", &now.clock()[..5]));
    let refresh = interval_ms.div_ceil(1000).max(REFRESH_AT_LEAST_S);
    view! {
        <!DOCTYPE html>
        <html lang=words.tag>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>{title}</title>
                <meta name="description" content=words.description/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4ef"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0d1424"/>
                <link rel="icon" href="/icon.svg" r#type="image/svg+xml"/>
                <link rel="stylesheet" href=site.style.clone()/>
                <link rel="modulepreload" href=site.script.clone() nonce=nonce.clone()/>
                <link rel="preload" href=site.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <noscript>
                    <meta http-equiv="refresh" content=refresh/>
                    <link rel="stylesheet" href="/noscript.css"/>
                </noscript>
                <script type="module" nonce=nonce>{start}</script>
                {reload.map(|options| view! { <AutoReload options/> })}
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
