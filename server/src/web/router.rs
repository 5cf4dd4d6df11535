//! The application as a value: the router that answers requests, without a port.

use std::path::Path;

use any_spawner::Executor;
use axum::{
    Router,
    extract::Request,
    handler::{Handler, HandlerWithoutStateExt},
    http::{
        HeaderValue, Method, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, VARY},
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use belfry_hub::{budget::Account, http::problem::Problem, routes::Routes};
use percent_encoding::percent_decode_str;
use tower::ServiceBuilder;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};
use wire::paths::{
    CHAT_PATH, HERE_SUFFIX, LANGUAGE_PATH, LOGIN_PATH, LOGOUT_PATH, PAGE_PATH, PROBE_PATH,
    STATUS_PATH,
};

use crate::{
    AppState,
    web::{
        around::{let_in, surround},
        base_path::serve_under,
        caching::{AN_HOUR, ASK_AGAIN, FOR_EVER},
        chat,
        client::Client,
        cors::Cors,
        documents,
        etag::{Tags, validate},
        health, language,
        limits::hub::limit_hub,
        login, metrics,
        not_found::not_found,
        page, probe, status,
    },
};

/// The longest name of a file, in bytes.
const LONGEST_NAME: usize = 255;

/// The longest path at which a file is looked for, in bytes. Together with the site's folder it must stay
/// below Linux's limit of 4,096.
const LONGEST_PATH: usize = 2048;

/// How much of a file is read at once, in bytes.
const PIECE: usize = 16 * 1024;

/// What an answer with a file holds while it is sent, in bytes: what is read, what waits, and what is being sent.
const OF_FILE: usize = 4 * PIECE;

/// The whole application.
pub fn router(state: AppState) -> Router {
    // Tells Leptos which runtime to spawn on; doing so twice is not an error for us.
    let _ = Executor::init_tokio();
    let root = &state.site.root;
    // Without hashes, files change during development.
    let tags = |folder| if state.site.hashed { Tags::of(folder) } else { Tags::default() };
    let packages = ServiceBuilder::new()
        .layer(from_fn(refuse_what_no_file_is_called))
        .layer(from_fn_with_state(tags(root.join("pkg")), validate))
        .layer(from_fn_with_state(state.clone(), count_in_budget))
        .layer(varies())
        .layer(keep(if state.site.hashed { FOR_EVER } else { ASK_AGAIN }))
        .service(files(&root.join("pkg")).not_found_service(not_found.into_service()));
    let public = ServiceBuilder::new()
        .layer(from_fn(refuse_what_no_file_is_called))
        .layer(from_fn_with_state(tags(root.clone()), validate))
        .layer(from_fn_with_state(state.clone(), count_in_budget))
        .layer(varies())
        .layer(keep(AN_HOUR))
        .service(files(root).fallback(page::missing.with_state(state.clone())));
    let of_hub = belfry_hub::http::router(AsRef::<Routes>::as_ref(&state).clone())
        .layer(from_fn_with_state(state.limited().clone(), limit_hub));
    let routes = Router::new()
        .route("/", get(page::page))
        .route("/status", get(page::page))
        .route("/console", get(page::page))
        .route(CHAT_PATH, get(page::page))
        .route(&format!("{CHAT_PATH}/{{room}}"), get(page::page).post(chat::post))
        .route(&format!("{CHAT_PATH}/{{room}}{HERE_SUFFIX}"), post(chat::here))
        .route(PAGE_PATH, get(page::page_at))
        .route(LANGUAGE_PATH, get(language::switch))
        .route(
            &format!("{}/{{name}}", documents::DOCUMENTS_PATH),
            get(documents::document).layer(from_fn_with_state(state.clone(), count_in_budget)),
        )
        .route(PROBE_PATH, get(probe::probe))
        .route(STATUS_PATH, get(status::trend))
        .route("/metrics", get(metrics::shown))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route(LOGIN_PATH, post(login::login).delete(login::logout))
        .route(LOGOUT_PATH, post(login::logout_by_form))
        .merge(of_hub)
        .method_not_allowed_fallback(not_allowed)
        .nest_service("/pkg", packages)
        .fallback_service(public)
        .with_state(state.clone());
    // Around all of them: only outside of them `Allow` is there.
    let cors = Cors::new(state.origins.clone());
    let mut inside = Router::new()
        .fallback_service(routes)
        .layer(from_fn_with_state((state.clone(), cors), let_in));
    if !state.base_path.is_empty() {
        inside = inside.layer(from_fn_with_state(state.base_path.clone(), serve_under));
    }
    inside.layer(from_fn_with_state(state, surround))
}

/// A folder's files, in the smallest precompressed form that the client accepts.
fn files(folder: &Path) -> ServeDir {
    ServeDir::new(folder)
        .append_index_html_on_directories(false)
        .with_buf_chunk_size(PIECE)
        .precompressed_br()
        .precompressed_gzip()
}

/// Counts what the answer with a file holds: over HTTP/2 a client can leave a hundred of them unread on each of
/// its connections. A page that answers instead counts itself.
async fn count_in_budget(account: Account, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.status().is_success() {
        return response;
    }
    let reserved = account.reserve(OF_FILE).await;
    response.map(|body| reserved.cover_body(body))
}

/// The answer to a method that a path does not support; `Allow` lists those that it does.
async fn not_allowed(method: Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not supported here; see the Allow header"),
    )
}

/// Answers 404 or 414 to a name that no file can have: looking it up would be an error.
async fn refuse_what_no_file_is_called(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let has_nul = percent_decode_str(path).any(|byte| byte == 0);
    if has_nul || path.split('/').any(|name| name.len() > LONGEST_NAME) {
        let client = Client::among(request.extensions());
        return not_found(client).await.into_response();
    }
    if path.len() > LONGEST_PATH {
        let why = format!("The path must be at most {LONGEST_PATH} bytes.\n");
        return (StatusCode::URI_TOO_LONG, why).into_response();
    }
    next.run(request).await
}

/// Sets how long a successful response may be cached.
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

/// Tells shared caches that the same file has several encodings.
fn varies() -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::appending(VARY, ACCEPT_ENCODING.into())
}
