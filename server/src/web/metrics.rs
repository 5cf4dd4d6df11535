//! `/metrics`: for a monitoring system, in the format that it asks for.

use axum::{
    Router,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, CONTENT_TYPE},
    },
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use belfry_hub::{
    event::Topic,
    grant::Grant,
    http::{
        caching::NO_STORE,
        gzip::Coding,
        lists::{joined, weighted},
        problem::Problem,
    },
};
use tokio::task::spawn_blocking;
use wire::topics::STATUS;

use crate::{
    AppState,
    metrics::{Exposure, Format, Metrics},
    web::{heads::refuse_large_heads, health, limits::connections::limit_connections},
};

const OPEN_METRICS: &str = "application/openmetrics-text";

/// `GET /metrics` at the main address.
pub(crate) async fn shown(
    State(state): State<AppState>,
    grant: Grant,
    coding: Coding,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match state.metrics.shown() {
        Exposure::Public => {}
        Exposure::Token => may_see(&grant)?,
        Exposure::At(_) | Exposure::Off => {
            let detail = "this server does not show its metrics here";
            return Err(Problem::new(StatusCode::NOT_FOUND, detail));
        }
    }
    answer(&state.metrics, coding, &headers).await
}

/// What is served at an address of its own: the metrics, for whoever reaches it, and the health check.
pub(crate) fn router(state: &AppState) -> Router {
    let at = async |State(metrics): State<Metrics>, coding: Coding, headers: HeaderMap| {
        answer(&metrics, coding, &headers).await
    };
    Router::new()
        .route("/metrics", get(at))
        .route("/healthz", get(health::live))
        .with_state(state.metrics.clone())
        .layer(from_fn_with_state(state.limited().clone(), limit_connections))
        .layer(from_fn_with_state(state.tally.clone(), refuse_large_heads))
}

fn may_see(grant: &Grant) -> Result<(), Problem> {
    let topic = Topic::new(STATUS).expect("it is a word");
    if grant.reads(&topic) {
        return Ok(());
    }
    if grant.until.is_none() {
        let detail =
            "a token is required to read metrics; create one with `belfry token --read status`";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
    }
    let detail = "the token does not grant the right to read status, which metrics need";
    Err(Problem::new(StatusCode::FORBIDDEN, detail).of("topic"))
}

async fn answer(
    metrics: &Metrics,
    coding: Coding,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (metrics, format) = (metrics.clone(), format(headers));
    // The kernel is asked about the process.
    let text = spawn_blocking(move || metrics.write(format)).await;
    let text = text.ok().and_then(Result::ok).ok_or_else(|| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written")
    })?;
    let content_type = HeaderValue::from_static(match format {
        Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        Format::Plain => "text/plain; version=0.0.4; charset=utf-8",
    });
    let answer = ([NO_STORE, (CONTENT_TYPE, content_type)], text).into_response();
    Ok(coding.apply(answer).await)
}

/// The format that a scraper prefers; OpenMetrics where it does not say.
fn format(headers: &HeaderMap) -> Format {
    let list = joined(headers, &ACCEPT);
    let weight = |ranges: [&str; 3]| {
        let named = |range: &str| {
            let of = |(one, weight): (&str, u16)| one.eq_ignore_ascii_case(range).then_some(weight);
            weighted(&list).filter_map(of).max()
        };
        ranges.into_iter().find_map(named)
    };
    let open = weight([OPEN_METRICS, "application/*", "*/*"]);
    if weight(["text/plain", "text/*", "*/*"]) > open { Format::Plain } else { Format::OpenMetrics }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scraper_gets_the_format_that_it_prefers() {
        let format = |accept: &str| {
            let accept = [(ACCEPT, HeaderValue::from_str(accept).unwrap())];
            format(&accept.into_iter().collect())
        };
        for open in [
            "",
            "*/*",
            "application/openmetrics-text",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "text/plain;q=0.5, */*",
        ] {
            assert_eq!(format(open), Format::OpenMetrics, "{open}");
        }
        for plain in [
            "text/plain",
            "text/plain; version=0.0.4",
            "text/*",
            "application/openmetrics-text;q=0.1, TEXT/PLAIN;q=0.2",
            "application/openmetrics-text;q=0, */*",
        ] {
            assert_eq!(format(plain), Format::Plain, "{plain}");
        }
    }
}
