//! What answers on plain HTTP beside https: every request is sent on to https, and an ACME server is shown
//! what it asks for ([RFC 8555, section 8.3](https://www.rfc-editor.org/rfc/rfc8555#section-8.3)).

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    handler::Handler,
    http::{
        HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{CONTENT_TYPE, LOCATION},
        uri::PathAndQuery,
    },
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use belfry_hub::http::{caching::NO_STORE, problem::Problem};

use crate::{
    AppState,
    tally::Rule,
    web::{
        around::surround_plain,
        client::{Client, connection::Connection},
        hosts::misdirected,
    },
};

/// Where an ACME server asks.
const CHALLENGES: &str = "/.well-known/acme-challenge/";

/// The port that https has anyway.
const HTTPS_PORT: u16 = 443;

/// The answer to an ACME server that asks for a token; `None` where there is no such token.
pub type Challenges = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the requests need.
#[derive(Clone)]
struct ToHttps {
    app: AppState,
    challenges: Challenges,
    /// What follows the host in an address: nothing, or a colon and the port.
    port: String,
}

/// What answers on plain HTTP. `port` is that of https here; the public URL may have another.
pub fn router(app: AppState, port: u16, challenges: Challenges) -> Router {
    let public = app.origins.public.as_ref().filter(|url| url.as_str().starts_with("https:"));
    let port = match public {
        Some(public) => public.port().map(ToOwned::to_owned),
        None => (port != HTTPS_PORT).then(|| port.to_string()),
    };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let answer = answer.with_state(ToHttps { app: app.clone(), challenges, port });
    Router::new().fallback_service(answer).layer(from_fn_with_state(app, surround_plain))
}

async fn answer(State(https): State<ToHttps>, request: Request) -> Result<Response, Problem> {
    let token = request.uri().path().strip_prefix(CHALLENGES);
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    match token.filter(|_| reads).and_then(|token| (https.challenges)(token)) {
        Some(shown) => {
            let content_type = HeaderValue::from_static("application/octet-stream");
            Ok(([(CONTENT_TYPE, content_type), NO_STORE], shown).into_response())
        }
        None => https.redirect(&request),
    }
}

impl ToHttps {
    /// Browsers would keep the redirect for as long as they like, even after the server has stopped speaking
    /// https; for that, there is HSTS.
    fn redirect(&self, request: &Request) -> Result<Response, Problem> {
        let (host, place) = (self.host(request)?, place(request.uri()));
        let address = [b"https://", host.as_bytes(), self.port.as_bytes(), place].concat();
        let Ok(address) = HeaderValue::try_from(address) else {
            let detail = "the path and the query must have no control characters";
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        };
        let headers: [(HeaderName, HeaderValue); 2] = [(LOCATION, address), NO_STORE];
        Ok((StatusCode::PERMANENT_REDIRECT, headers).into_response())
    }

    /// The host that was asked for, if it is answered for. Old clients name none.
    fn host(&self, request: &Request) -> Result<String, Problem> {
        let connection: Connection = request.extensions().get().copied().unwrap_or_default();
        match (Client::among(request.extensions()).host, &self.app.origins.public) {
            (Some(asked), _)
                if self.app.hosts.answer(asked.host(), connection.is_to_loopback()) =>
            {
                Ok(asked.host().to_owned())
            }
            (Some(asked), _) => {
                self.app.tally.refused(Rule::Host);
                Err(misdirected(&asked))
            }
            (None, Some(public)) => Ok(public.host().to_owned()),
            (None, None) => {
                let detail = "Host must name the host to redirect to";
                Err(Problem::new(StatusCode::BAD_REQUEST, detail))
            }
        }
    }
}

/// The path and the query, byte for byte. `OPTIONS *` and `CONNECT` have none.
fn place(asked: &Uri) -> &[u8] {
    let place = asked.path_and_query().map(PathAndQuery::as_str);
    place.filter(|place| place.starts_with('/')).unwrap_or("/").as_bytes()
}
