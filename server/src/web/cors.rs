//! Lets pages of other origins read the stream, the topics and the time, as far as the operator lists them
//! ([Fetch, section 3.3](https://fetch.spec.whatwg.org/#http-cors-protocol)).

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    http::{
        HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_REQUEST_METHOD, ALLOW, AUTHORIZATION, CONTENT_TYPE, ORIGIN, RETRY_AFTER,
            VARY, WWW_AUTHENTICATE,
        },
    },
    response::Response,
};
use futures::FutureExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};
use wire::{
    headers::{EVENT_TYPE, IDEMPOTENCY_KEY, LAST_EVENT_ID},
    paths::{LOGIN_PATH, PROBE_PATH, STREAM_PATH, TOPICS_PATH},
};

use crate::origins::Origins;

/// How long a browser may keep the answer to a preflight; some keep it for two hours at most.
const PREFLIGHT_KEPT: Duration = Duration::from_secs(3600);

/// What is said to whom. A cheap handle.
#[derive(Clone, Debug)]
pub(super) struct Cors(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    origins: Arc<Origins>,
    /// To origins that are listed.
    listed: CorsLayer,
    /// To all others, where every origin is allowed.
    others: CorsLayer,
}

impl Cors {
    pub(super) fn new(origins: Arc<Origins>) -> Self {
        let listed = origins.allowed.iter().map(|origin| HeaderValue::from_str(origin.as_str()));
        let listed = AllowOrigin::list(listed.filter_map(Result::ok));
        let layer = CorsLayer::new()
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
            .allow_headers([
                AUTHORIZATION,
                CONTENT_TYPE,
                HeaderName::from_static(LAST_EVENT_ID),
                HeaderName::from_static(EVENT_TYPE),
                HeaderName::from_static(IDEMPOTENCY_KEY),
            ])
            .expose_headers([
                ALLOW,
                RETRY_AFTER,
                WWW_AUTHENTICATE,
                HeaderName::from_static("x-request-id"),
            ])
            .max_age(PREFLIGHT_KEPT)
            .vary([ORIGIN]);
        Self(Arc::new(Rules {
            origins,
            listed: layer.clone().allow_origin(listed).allow_credentials(true),
            others: layer.allow_origin(Any),
        }))
    }

    /// What is said about a request; `None` if its page may not read the answer.
    fn rule(&self, request: &Request) -> Option<&CorsLayer> {
        let said = request.headers().get(ORIGIN)?;
        let Rules { origins, listed, others } = &*self.0;
        if origins.lists(said.as_bytes()) {
            return Some(listed);
        }
        (origins.any && request.uri().path() != LOGIN_PATH).then_some(others)
    }

    /// Whether a path may be read from other origins.
    fn is_shared(&self, path: &str) -> bool {
        match path {
            STREAM_PATH | TOPICS_PATH | PROBE_PATH => true,
            LOGIN_PATH => self.0.origins.cross_site_cookies,
            _ => path.strip_prefix(TOPICS_PATH).is_some_and(|rest| rest.starts_with('/')),
        }
    }
}

/// Adds what lets a page of a listed origin read the answer, and answers the preflights of such pages.
pub(super) async fn share<A>(
    cors: &Cors,
    request: Request,
    answer: impl Fn(Request) -> A,
) -> Response
where
    A: Future<Output = Response>,
{
    if !cors.is_shared(request.uri().path()) {
        return answer(request).await;
    }
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    // The layer would take every OPTIONS for a preflight.
    let rule = cors.rule(&request).filter(|_| is_preflight || request.method() != Method::OPTIONS);
    let Some(rule) = rule else {
        let mut response = answer(request).await;
        response.headers_mut().append(VARY, ORIGIN.into());
        return response;
    };
    let answer = service_fn(|request| answer(request).map(Ok::<_, Infallible>));
    let Ok(mut response) = rule.layer(answer).oneshot(request).await;
    if is_preflight {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}
