//! The pages: renders HTML that has the time, under a strict policy.

mod chat;
mod console;
mod notices;
mod page_data;
mod rooms;
mod said;
mod shell;
mod visitor;

use app::{Page, command};
use axum::{
    body::Body,
    extract::{FromRequestParts, State},
    http::{
        HeaderValue, Method, Request, StatusCode,
        header::{
            ACCEPT, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, SET_COOKIE, VARY,
        },
        request::Parts,
        uri::PathAndQuery,
    },
    response::{IntoResponse, Redirect, Response},
};
use belfry_hub::http::{gzip::Coding, problem::Problem, version};
use leptos::{config::LeptosOptions, nonce::Nonce, prelude::*};
use wire::{
    chat::answer::Unsent,
    identity::Identity,
    language::Language,
    page_data::{PageData, Snapshot},
    tick::Tick,
};

use crate::{
    AppState,
    chat::Rooms,
    synchronised::synchronised,
    web::{
        caching, client::Client, language::Preferred, not_found::not_found, preference::wants_html,
    },
};
use page_data::page_data;
use shell::Shell;
use visitor::Visitor;

pub(crate) use page_data::page_at;

/// What somebody typed into a room's form.
pub(crate) struct Typed {
    /// Their name.
    pub(crate) name: String,
    /// What they want to say.
    pub(crate) text: String,
    /// The form's key, where the same form may be sent again.
    pub(crate) key: Option<String>,
}

/// A page of the application.
pub(crate) async fn page(
    State(state): State<AppState>,
    Preferred(language): Preferred,
    visitor: Visitor,
    request: Request<Body>,
) -> Response {
    if let Some(room) = chat::asked_for(&state, request.uri(), visitor.client.local) {
        return Redirect::to(&room).into_response();
    }
    let last = state.hub.log().tail().last();
    let identity = visitor.identity.clone();
    let (data, reserved) = page_data(&state, request.uri(), &visitor, last).await;
    let kept = visitor.keeping(&data);
    let response = show(state, language, identity, (request, kept), data, last).await;
    response.map(|body| reserved.cover_body(body))
}

/// A room's page again, with what somebody typed into its form and why it was not taken.
pub(crate) async fn again(
    state: AppState,
    language: Language,
    mut parts: Parts,
    typed: Typed,
    problem: &Problem,
) -> Response {
    let Ok(visitor) = Visitor::from_request_parts(&mut parts, &state).await;
    let identity = visitor.identity.clone();
    let last = state.hub.log().tail().last();
    let (mut data, reserved) = page_data(&state, &parts.uri, &visitor, last).await;
    if let PageData::Room(Ok(room)) = &mut data {
        room.unsent = Some(problem.reason().unwrap_or(Unsent::Unavailable));
        room.draft = typed.text;
        if let Some(key) = typed.key {
            room.key = key;
        }
        // Else nothing was read of the form.
        if !(typed.name.is_empty() && room.draft.is_empty()) {
            room.me = typed.name;
        }
    }
    let request = Request::from_parts(parts, Body::empty());
    // Another site's form comes without the browser's cookie, which a new one would replace.
    let mut response = show(state, language, identity, (request, None), data, last).await;
    *response.status_mut() = problem.status();
    problem.add_headers(response.headers_mut());
    response.map(|body| reserved.cover_body(body))
}

/// A page, of what is in the log up to `last`; and a cookie, if one is to be
/// kept.
async fn show(
    state: AppState,
    language: Language,
    identity: Identity,
    (request, kept): (Request<Body>, Option<HeaderValue>),
    page: PageData,
    last: u64,
) -> Response {
    let limited = state.limited().clone();
    let client = Client::among(request.extensions());
    let _turn = match limited.render(client.network()).await {
        Ok(turn) => turn,
        Err(problem) => return problem.into_response(),
    };
    let (status, coding) = (page_data::status(&page), Coding::of(request.headers()));
    let snapshot = Snapshot {
        now: Tick::from_micros(state.hub.clock().now()),
        interval_ms: u32::try_from(state.interval.as_millis()).unwrap_or(u32::MAX),
        readers: state.hub.reading(),
        http_version: version::name(request.version()).into(),
        synchronised: synchronised(&state.hub.clock()),
        base: state.base_path.to_string(),
        url: url(&state, &client),
        token_maker: token_maker(&state, &client),
        language,
        identity,
        chat: *state.chat.rooms(client.local) != Rooms::Off,
        address: request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned(),
        cursor: state.hub.log().cursor(last).to_string(),
        page,
    };
    let nonce = Nonce::new();
    let reload = watch_options();
    let policy = policy(&nonce, reload.as_ref());
    let (site, path) = (state.site.clone(), request.uri().path().to_owned());
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
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
    headers.extend(kept.map(|cookie| (SET_COOKIE, cookie)));
    headers.insert(CACHE_CONTROL, caching::PRIVATE);
    coding.apply(response).await
}

/// The answer if there is neither a route nor a file: a request for HTML gets a page that helps.
pub(crate) async fn missing(
    state: State<AppState>,
    preferred: Preferred,
    visitor: Visitor,
    request: Request<Body>,
) -> Response {
    let mut response = if wants_html(request.headers()) {
        missing_page(state, preferred, visitor, request).await
    } else {
        not_found(visitor.client).await.into_response()
    };
    response.headers_mut().append(VARY, ACCEPT.into());
    response
}

async fn missing_page(
    state: State<AppState>,
    preferred: Preferred,
    visitor: Visitor,
    request: Request<Body>,
) -> Response {
    let there = Page::at(request.uri().path());
    if there != Page::Missing {
        // A slash too many. The page itself would not mind it.
        let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
        let room = wire::chat::room::room_at(request.uri().path());
        let path =
            room.map_or_else(|| there.path().to_owned(), |room| wire::chat::room::path(&room));
        return Redirect::permanent(&format!("{path}{query}")).into_response();
    }
    let head = request.method() == Method::HEAD;
    let mut response = page(state, preferred, visitor, request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    if head { response.map(|_| Body::empty()) } else { response }
}

/// Where the visitor finds this server: at its public URL, or, where that is unknown, at what they asked for.
fn url(state: &AppState, client: &Client) -> String {
    let public = state.origins.public.clone().or_else(|| client.asked());
    let origin = public.map_or_else(|| "http://localhost".into(), |it| it.to_string());
    origin + state.base_path.as_str()
}

/// The beginning of a command that makes a token. The paths of program and folder are shown only to
/// visitors on this machine, where the command has to be run.
fn token_maker(state: &AppState, client: &Client) -> Option<String> {
    let here = state.token_maker.clone()?;
    Some(if client.local { here } else { command::token_maker("belfry", None) })
}

/// Only scripts with the nonce run; hydration needs `'wasm-unsafe-eval'`. `reload` is where `cargo leptos
/// watch` says that the page has changed.
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
