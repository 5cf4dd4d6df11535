//! The application as a value: requests go in, answers come out, without a port.

use std::path::Path;

use any_spawner::Executor;
use app::{
    chat::CHAT_PATH,
    event::{BORN_PATH, LOGIN_PATH, PROBE_PATH, STATUS_PATH, STREAM_PATH, TOPICS_PATH},
    language::LANGUAGE_PATH,
};
use axum::{
    Router,
    extract::Request,
    handler::{Handler, HandlerWithoutStateExt},
    http::{
        HeaderName, HeaderValue, Method, StatusCode, Version,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, HOST, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
        uri::Authority,
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::{
    AppState, chat, documents,
    etag::{Tags, tags, validate},
    health, language, login, page, probe, problem::Problem, sse, status, topics,
};

/// For a file whose name carries a hash: it never gets other content.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For a file that keeps its name when its content changes.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// For a file that changes while it is worked on.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The longest name of a file, in bytes.
const LONGEST_NAME: usize = 255;

/// The whole application.
pub fn router(state: AppState) -> Router {
    // Leptos spawns on whatever runtime there is once it was told which; again is no error to us.
    let _ = Executor::init_tokio();
    let root = &state.site.root;
    // Else they change while they are worked on.
    let tags = |folder: &Path| if state.site.hashed { tags(folder) } else { Tags::default() };
    let packages = ServiceBuilder::new()
        .layer(from_fn(refuse_what_no_file_is_called))
        .layer(from_fn_with_state(tags(&root.join("pkg")), validate))
        .layer(varies())
        .layer(keep(if state.site.hashed { FOR_EVER } else { ASK_AGAIN }))
        .service(files(&root.join("pkg")).not_found_service(page::not_found.into_service()));
    let public = ServiceBuilder::new()
        .layer(from_fn(refuse_what_no_file_is_called))
        .layer(from_fn_with_state(tags(root), validate))
        .layer(varies())
        .layer(keep(AN_HOUR))
        .service(files(root).fallback(page::missing.with_state(state.clone())));
    Router::new()
        .route("/", get(page::page))
        .route("/status", get(page::page))
        .route("/console", get(page::page))
        .route(CHAT_PATH, get(page::page))
        .route(&format!("{CHAT_PATH}/{{room}}"), get(page::page).post(chat::post))
        .route(&format!("{CHAT_PATH}/{{room}}/here"), post(chat::here))
        .route(BORN_PATH, get(page::newborn))
        .route(LANGUAGE_PATH, get(language::switch))
        .route(&format!("{}/{{name}}", documents::DOCUMENTS_PATH), get(documents::document))
        .route(STREAM_PATH, get(sse::stream).head(sse::head))
        .route(PROBE_PATH, get(probe::probe))
        .route(STATUS_PATH, get(status::trend))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route(LOGIN_PATH, post(login::login).delete(login::logout))
        .route(TOPICS_PATH, get(topics::list))
        .route(
            &format!("{TOPICS_PATH}/{{*topic}}"),
            get(topics::history).post(topics::publish).delete(topics::purge),
        )
        .method_not_allowed_fallback(not_allowed)
        .nest_service("/pkg", packages)
        .fallback_service(public)
        .layer(from_fn(refuse_what_names_no_host))
        .layer(always(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // `no-referrer` would take a form's origin as well, by which a login over plain HTTP is known to
        // come from a page of ours.
        .layer(always(REFERRER_POLICY, "same-origin"))
        // With these two the page is alone in its process, and a browser gives it a finer timer.
        .layer(always(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(always(HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"))
        .with_state(state)
}

/// A folder's files, in the smallest form that was made in advance and that the client takes.
fn files(folder: &Path) -> ServeDir {
    ServeDir::new(folder)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
}

/// Answers 400 to a request of HTTP/1.1 that does not name one host, and to one that names what is none
/// ([RFC 9112, section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
async fn refuse_what_names_no_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(HOST);
    let one = hosts.iter().count() == 1 || request.version() != Version::HTTP_11;
    if !one || !hosts.iter().all(is_host) {
        return (StatusCode::BAD_REQUEST, "A request names one host.\n").into_response();
    }
    next.run(request).await
}

/// The answer to a method that an address does not know; those that it knows stand in `Allow`.
async fn not_allowed(method: Method) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is no method of this address"))
}

/// Whether a header names a host, with or without a port; it may be empty.
fn is_host(value: &HeaderValue) -> bool {
    let host = value.as_bytes();
    host.is_empty() || (!host.contains(&b'@') && Authority::try_from(host).is_ok())
}

/// Answers 404 to a name that no file system could hold: to ask for it would be an error.
async fn refuse_what_no_file_is_called(request: Request, next: Next) -> Response {
    if request.uri().path().split('/').any(|name| name.len() > LONGEST_NAME) {
        return page::not_found().await.into_response();
    }
    next.run(request).await
}

/// Says how long an answer may be kept, where there is one.
fn keep(
    value: HeaderValue,
) -> SetResponseHeaderLayer<
    impl FnMut(&Response<tower_http::services::fs::ServeFileSystemResponseBody>) -> Option<HeaderValue>
    + Clone,
> {
    SetResponseHeaderLayer::overriding(CACHE_CONTROL, move |answer: &Response<_>| {
        let there = answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED;
        there.then(|| value.clone())
    })
}

/// Tells shared caches that the same file has several forms.
fn varies() -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::appending(VARY, ACCEPT_ENCODING.into())
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}
