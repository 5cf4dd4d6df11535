//! Gives each request an id, counts its answer, and, where that is asked for, logs one line once all of it is
//! sent: for a stream, at its end.

mod line;

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use belfry_hub::http::Handover;
use hyper::body::{Frame, SizeHint};
use tracing::{Instrument, info_span};

use crate::{AppState, web::client::connection::Connection};
pub(crate) use line::Line;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a proxy, in bytes.
const LONGEST_ID: usize = 128;

/// Wraps everything that answers.
pub(super) async fn access<A>(
    state: &AppState,
    request: Request,
    answer: impl FnOnce(Request) -> A,
) -> Response
where
    A: Future<Output = Response>,
{
    let id = request_id(state, &request);
    if !state.access_log {
        let mut response = answer(request).await;
        state.tally.answered(response.status());
        response.headers_mut().insert(REQUEST_ID, id);
        return response;
    }
    let span = info_span!("request", id = id.to_str().unwrap_or_default());
    let mut line = Line::new(&request, id.clone(), span.clone());
    let mut response = answer(request).instrument(span).await;
    state.tally.answered(response.status());
    response.headers_mut().insert(REQUEST_ID, id);
    line.answers(response.status());
    line.counts(response.extensions().get().map(Handover::counts));
    response.map(|body| Body::new(Logged { body: Some(body), line }))
}

/// The id that a trusted proxy has given to a request, or a new one.
fn request_id(state: &AppState, request: &Request) -> HeaderValue {
    let peer = request.extensions().get().map(Connection::address).unwrap_or_default();
    let said = said(request.headers()).filter(|_| state.trust.includes(peer));
    said.cloned().unwrap_or_else(new_id)
}

/// A new id.
pub(crate) fn new_id() -> HeaderValue {
    HeaderValue::try_from(format!("{:032x}", fastrand::u128(..))).expect("digits are visible")
}

/// The id that a request names, where it is one and looks like one.
fn said(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut all = headers.get_all(REQUEST_ID).iter();
    let one = all.next().filter(|_| all.next().is_none())?;
    let of_id = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    let fits = (1..=LONGEST_ID).contains(&one.len()) && one.as_bytes().iter().all(of_id);
    fits.then_some(one)
}

/// The body of an answer, whose bytes are counted for its line.
struct Logged {
    /// `None` once it is dropped.
    body: Option<Body>,
    line: Line,
}

impl hyper::body::Body for Logged {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            self.line.sends(frame.data_ref().map_or(0, Bytes::len));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(hyper::body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(hyper::body::Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Logged {
    /// What is logged as a stream ends has the request's id too.
    fn drop(&mut self) {
        let body = self.body.take();
        self.line.span().in_scope(|| drop(body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_short_word() {
        let said = |values: &[&'static [u8]]| {
            let values =
                values.iter().map(|one| (REQUEST_ID, HeaderValue::from_bytes(one).unwrap()));
            said(&values.collect()).is_some()
        };
        for good in [&b"a"[..], b"0123-4567_89.ab:/+=", &[b'x'; LONGEST_ID]] {
            assert!(said(&[good]));
        }
        for bad in [&b""[..], b"a b", b"a\"", b"a\tb", b"\xc3\xa9", &[b'x'; LONGEST_ID + 1]] {
            assert!(!said(&[bad]), "{bad:?}");
        }
        assert!(!said(&[]) && !said(&[b"a", b"a"]));
    }
}
