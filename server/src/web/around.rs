//! What is around all routes: what is refused before they see it, and the headers that every answer has. In few
//! layers: with each one, every request allocates twice and copies all that lies within.

use axum::{
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue, Method,
        header::{CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use belfry_hub::http::problem::Problem;

use crate::{
    AppState,
    web::{
        access::access,
        client::Client,
        cors::{Cors, share},
        heads::large_head,
        hosts::{no_host, other_host},
        hsts::insist_on_https,
        identify::identify,
        limits::connections::limit_connections,
        options::answer_options,
    },
};

/// The headers of every answer.
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // `no-referrer` would also hide a form's origin, which shows that a login over plain HTTP comes from one of our
    // pages.
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    // With these two, the page has its own process, and browsers give it a finer timer.
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        HeaderValue::from_static("require-corp"),
    ),
];

/// Around the base path: finds who asks before anything else looks at it, and refuses requests that are invalid
/// wherever they lead.
pub(super) async fn surround(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    identify(&state, &mut request);
    let answer = async |request: Request| {
        let secure = request.extensions().get().is_some_and(|client: &Client| client.secure);
        let mut response = match valid(&state, request) {
            Ok(request) => next.run(request).await,
            Err(refused) => refused.into_response(),
        };
        name_encoding(&mut response);
        for (name, value) in ALWAYS {
            response.headers_mut().insert(name, value);
        }
        insist_on_https(state.hsts, secure, &mut response);
        response
    };
    access(&state, request, answer).await
}

/// The same around what answers on plain HTTP beside https, and has neither those headers nor other routes.
pub(super) async fn surround_plain(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    identify(&state, &mut request);
    let answer = async |request| match valid(&state, request) {
        Ok(request) => limit_connections(State(state.limited().clone()), request, next).await,
        Err(refused) => refused.into_response(),
    };
    access(&state, request, answer).await
}

/// The request, unless it is invalid wherever it leads.
fn valid(state: &AppState, mut request: Request) -> Result<Request, Problem> {
    let refused =
        large_head(&state.tally, &request).or_else(|| no_host(&state.tally, &mut request));
    refused.map_or(Ok(request), Err)
}

/// Within the base path: lets in who asks for a host that is answered for, and pages that may read the answer.
pub(super) async fn let_in(
    State((state, cors)): State<(AppState, Cors)>,
    request: Request,
    next: Next,
) -> Response {
    match other_host(&state, &request) {
        Some(refused) => refused.into_response(),
        None => share(&cors, request, |request| limit(&state, request, next.clone())).await,
    }
}

/// Next to the routes, of which each knows its methods.
async fn limit(state: &AppState, request: Request, next: Next) -> Response {
    let is_asked = request.method() == Method::OPTIONS;
    let response = limit_connections(State(state.limited().clone()), request, next).await;
    answer_options(is_asked, response)
}

/// Adds `charset=utf-8` to text: without it, some clients assume Latin-1. JSON is always UTF-8, and its
/// types have no such parameter ([RFC 8259, section
/// 11](https://www.rfc-editor.org/rfc/rfc8259#section-11)); SVG declares it itself.
fn name_encoding(response: &mut Response) {
    let said = response.headers().get(CONTENT_TYPE).and_then(|said| said.to_str().ok());
    let text = said.filter(|said| said.starts_with("text/") && !said.contains("charset="));
    let named = text.map(|text| HeaderValue::try_from(format!("{text}; charset=utf-8")));
    if let Some(Ok(named)) = named {
        response.headers_mut().insert(CONTENT_TYPE, named);
    }
}
