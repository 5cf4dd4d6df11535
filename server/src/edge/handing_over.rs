//! Takes a stream out of hyper's hands, with the socket: writers send it for less than hyper would.
//!
//! Nothing else is taken: hyper has sent all earlier answers by then, and what a client sends after the request for
//! a stream, which has no end, was sent in vain whoever reads it.

use std::{
    future::{pending, poll_fn},
    io::Write,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::SystemTime,
};

use axum::{
    body::Body,
    http::{
        HeaderName, Method, Request, Response, Version,
        header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING},
    },
};
use belfry_hub::http::{Handover, WithSocket};
use bytes::Bytes;
use httpdate::fmt_http_date;
use hyper::body::{Body as _, Incoming};

use super::owed::Owed;
use crate::tally::{Open, Protocol, Traffic};

/// The request, which says so if its connection can be taken back: what is written without chunks, what has a body
/// and what gets no body does not come into question.
pub(super) fn with_socket(
    mut request: Request<Incoming>,
    with_socket: Option<&WithSocket>,
) -> Request<Incoming> {
    if let Some(with_socket) = with_socket
        && request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && request.body().is_end_stream()
    {
        request.extensions_mut().insert(with_socket.clone());
    }
    request
}

/// A stream that was taken out of hyper's hands.
pub(super) struct HandedOver {
    pub(super) handover: Handover,
    /// What is sent before all else.
    pub(super) head: Bytes,
    /// Holds what has to last as long as the stream.
    pub(super) body: Body,
    /// Counts it.
    pub(super) stream: Open,
}

/// Hands over the stream that a connection is asked for, if it is. A cheap handle.
#[derive(Clone)]
pub(super) struct HandingOver(Arc<Shared>);

struct Shared {
    owed: Owed,
    ready: Mutex<Option<Ready>>,
}

/// A stream that is to be handed over once hyper has sent what came before it.
struct Ready {
    stream: HandedOver,
    /// How often hyper had sent everything by then.
    flushes: u32,
}

impl HandingOver {
    pub(super) fn new(owed: Owed) -> Self {
        Self(Arc::new(Shared { owed, ready: Mutex::default() }))
    }

    fn ready(&self) -> MutexGuard<'_, Option<Ready>> {
        self.0.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The response, unless it is handed over: then hyper waits for it for ever.
    pub(super) async fn unless_handed_over(
        &self,
        response: Response<Body>,
        traffic: &Traffic,
    ) -> Response<Body> {
        let Some(handover) = response.extensions().get::<Handover>().cloned() else {
            return response;
        };
        let head = head(&response);
        let (body, stream) = (response.into_body(), traffic.stream(Protocol::Http1));
        let stream = HandedOver { handover, head, body, stream };
        *self.ready() = Some(Ready { stream, flushes: self.0.owed.flushes() });
        pending().await
    }

    /// Drives a connection until it ends, or has a stream to hand over and nothing of hyper's is left to be sent.
    pub(super) async fn or_end_of<C>(&self, connection: &mut C) -> hyper::Result<Option<HandedOver>>
    where
        C: Future<Output = hyper::Result<()>> + Unpin,
    {
        poll_fn(|context| {
            if let Poll::Ready(ended) = Pin::new(&mut *connection).poll(context) {
                return Poll::Ready(ended.map(|()| None));
            }
            // hyper writes after it has asked for an answer, in the same call.
            let mut ready = self.ready();
            let flushes = self.0.owed.flushes();
            match ready.take_if(|ready| ready.flushes != flushes) {
                Some(ready) => Poll::Ready(Ok(Some(ready.stream))),
                None => Poll::Pending,
            }
        })
        .await
    }
}

/// What is said of the connection whatever an answer says.
const OF_CONNECTION: [HeaderName; 3] = [CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING];

/// How large a stream's head usually is at most, in bytes.
const USUAL_HEAD: usize = 512;

/// The head of an answer that is sent in chunks, and with which the connection ends.
fn head<B>(response: &Response<B>) -> Bytes {
    let mut head = Vec::with_capacity(USUAL_HEAD);
    // Writing to a vector does not fail.
    let _ = write!(head, "HTTP/1.1 {}\r\n", response.status());
    let headers = response.headers();
    for (name, value) in headers.iter().filter(|(name, _)| !OF_CONNECTION.contains(name)) {
        line(&mut head, name, value.as_bytes());
    }
    line(&mut head, &CONNECTION, b"close");
    line(&mut head, &TRANSFER_ENCODING, b"chunked");
    if !headers.contains_key(DATE) {
        line(&mut head, &DATE, fmt_http_date(SystemTime::now()).as_bytes());
    }
    head.extend(b"\r\n");
    head.into()
}

fn line(head: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    head.extend(name.as_str().as_bytes());
    head.extend(b": ");
    head.extend(value);
    head.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_head_has_every_header_and_says_how_the_body_comes() {
        let response = Response::builder()
            .header("content-type", "text/event-stream")
            .header("vary", "origin")
            .header("vary", "cookie")
            .header("x-note", HeaderValue::from_bytes(b"caf\xe9").unwrap())
            .header("content-length", "0")
            .header("connection", "keep-alive")
            .header("date", "Sun, 22 Nov 2026 05:18:01 GMT")
            .body(());
        let head = head(&response.unwrap());
        let mut lines: Vec<&[u8]> = head.split(|byte| *byte == b'\n').collect();
        assert_eq!(lines.remove(0), b"HTTP/1.1 200 OK\r");
        assert_eq!(lines.split_off(lines.len() - 2), [&b"\r"[..], b""]);
        lines.sort_unstable();
        let expected: [&[u8]; 7] = [
            b"connection: close\r",
            b"content-type: text/event-stream\r",
            b"date: Sun, 22 Nov 2026 05:18:01 GMT\r",
            b"transfer-encoding: chunked\r",
            b"vary: cookie\r",
            b"vary: origin\r",
            b"x-note: caf\xe9\r",
        ];
        assert_eq!(lines, expected);
    }
}
