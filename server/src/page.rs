//! The pages: a request goes in, HTML that is born with the time comes out, under a strict policy.

mod console;
mod shell;

use app::{Page, Snapshot, Tick, feed::Born};
use axum::{
    RequestExt,
    body::Body,
    extract::State,
    http::{
        HeaderValue, Method, Request, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, VARY},
        uri::PathAndQuery,
    },
    response::{IntoResponse, Redirect, Response},
};
use leptos::{config::LeptosOptions, nonce::Nonce, prelude::*};

use crate::{
    AppState, grant::Grant, language::Preferred, login::came_by_https, preference::wants_html,
};
use shell::Shell;

/// A page of the application.
pub(crate) async fn page(
    State(state): State<AppState>,
    Preferred(language): Preferred,
    mut request: Request<Body>,
) -> Response {
    let last = state.hub.log().tail().last();
    let page = born(&state, &mut request, last).await;
    let snapshot = Snapshot {
        now: Tick::from_micros(state.hub.clock().now()),
        interval_ms: u32::try_from(state.interval.as_millis()).unwrap_or(u32::MAX),
        readers: state.hub.reading(),
        http_version: format!("{:?}", request.version()),
        synchronised: state.hub.clock().synchronised(),
        origin: origin(&request),
        language,
        address: request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned(),
        cursor: state.hub.log().cursor(last).to_string(),
        page,
    };
    let nonce = Nonce::new();
    let reload = watch_options();
    let policy = policy(&nonce, reload.as_ref());
    let (site, path) = (state.site, request.uri().path().to_owned());
    let render = leptos_axum::render_app_to_stream_in_order_with_context(
        move || {
            provide_context(snapshot.clone());
            provide_context(nonce.clone());
        },
        move || {
            let (site, path, reload) = (site.clone(), path.clone(), reload.clone());
            view! { <Shell site path reload/> }
        },
    );
    let mut response = render(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
    // `no-store` would keep the page out of the back-forward cache.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// What the page at an address alone is born with. A token that is not accepted is no reason not to
/// answer with a page, where one can log in anew.
async fn born(state: &AppState, request: &mut Request<Body>, last: u64) -> Born {
    let page = Page::at(request.uri().path());
    if matches!(page, Page::Time | Page::Missing) {
        return Born::Plain;
    }
    let grant = request.extract_parts_with_state::<Grant, _>(state).await.unwrap_or_default();
    if page == Page::Chat {
        return Born::Rooms(Err(app::chat::NoRoom::Off));
    }
    if page == Page::Console {
        return console::born(state, request.uri(), grant, last).await;
    }
    let vitals = state.hub.vitals();
    Born::Status(vitals.show_to(&grant).map(|()| vitals.trend()))
}

/// The answer where neither a route nor a file stands: who wants HTML gets a page that helps.
pub(crate) async fn missing(
    state: State<AppState>,
    preferred: Preferred,
    request: Request<Body>,
) -> Response {
    let mut response = if wants_html(request.headers()) {
        missing_page(state, preferred, request).await
    } else {
        not_found().await.into_response()
    };
    response.headers_mut().append(VARY, ACCEPT.into());
    response
}

async fn missing_page(
    state: State<AppState>,
    preferred: Preferred,
    request: Request<Body>,
) -> Response {
    let there = Page::at(request.uri().path());
    if there != Page::Missing {
        // A slash too many. The page itself would not mind it.
        let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
        return Redirect::permanent(&format!("{}{query}", there.path())).into_response();
    }
    let head = request.method() == Method::HEAD;
    let mut response = page(state, preferred, request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    if head { response.map(|_| Body::empty()) } else { response }
}

/// The same for a program.
pub(crate) async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is nothing here. The time is at /, its stream at /sse.\n")
}

/// The scheme and authority that the visitor asked, as the request and a proxy say.
fn origin(request: &Request<Body>) -> String {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok());
    let authority = host
        .or(request.uri().authority().map(axum::http::uri::Authority::as_str))
        .unwrap_or("localhost");
    let scheme = if came_by_https(request.headers()) { "https" } else { "http" };
    format!("{scheme}://{authority}")
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
