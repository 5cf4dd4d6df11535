//! The bodies of requests and answers, which tell what is owed.

use std::{
    future::poll_fn,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::http::{
    HeaderMap, HeaderValue, Request, Response, Version,
    header::{CONNECTION, CONTENT_TYPE, EXPECT},
};
use belfry_hub::http::EventStream;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use pin_project_lite::pin_project;
use tokio::{runtime::Handle, select, time::sleep};

use super::{
    lingering::{LONGEST, MOST},
    owed::Owed,
};
use crate::tally::{Open, Protocol, Traffic};

/// From here on, a response is pending.
pub(super) fn asked(owed: &Owed, request: Request<Incoming>) -> Request<Asked> {
    let has_body = !request.body().is_end_stream();
    let expects = has_body
        && request.version() == Version::HTTP_11
        && is(request.headers(), EXPECT, b"100-continue");
    owed.begins(has_body, expects);
    request.map(|body| Asked { body: Some(body), expects, unread: false, owed: owed.clone() })
}

/// Once this has been sent, no response is pending. `traffic` counts it if it is a stream.
pub(super) fn answer<B>(
    owed: &Owed,
    traffic: &Traffic,
    mut response: Response<B>,
) -> Response<Answer<B>> {
    if owed.answers_early() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let begins = is(response.headers(), CONTENT_TYPE, b"text/event-stream");
    let is_stream = response.extensions().get::<EventStream>().is_some();
    let stream = is_stream.then(|| traffic.stream(Protocol::Http1));
    let made = Made(owed.clone());
    response.map(|body| Answer { body, begins, made, stream })
}

fn is(headers: &HeaderMap, name: axum::http::HeaderName, value: &[u8]) -> bool {
    let said = headers.get(name).map(HeaderValue::as_bytes);
    let said = said.and_then(|said| said.get(..value.len()));
    said.is_some_and(|said| said.eq_ignore_ascii_case(value))
}

/// The body of a request. What is left of it when it is dropped is read and discarded: a client that is
/// still sending when its connection closes does not get the answer.
#[derive(Debug)]
pub(super) struct Asked {
    /// `None` once it has ended.
    body: Option<Incoming>,
    /// Its client waits to be asked for it.
    expects: bool,
    /// Nobody wants it any more.
    unread: bool,
    owed: Owed,
}

impl Body for Asked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        if mem::take(&mut this.expects) {
            this.owed.asks();
        }
        let frame = Pin::new(body).poll_frame(context);
        match &frame {
            Poll::Pending => this.owed.body_waits(),
            Poll::Ready(None | Some(Err(_))) => this.body = None,
            Poll::Ready(Some(Ok(_))) => {}
        }
        if this.is_end_stream() {
            this.owed.is_complete();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // To read it would ask the client for it.
        if self.expects || self.unread || self.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let (body, owed) = (self.body.take(), self.owed.clone());
            runtime.spawn(discard(Self { body, expects: false, unread: true, owed }));
        }
    }
}

/// Reads what is left of a body, within limits.
async fn discard(mut body: Asked) {
    let place = body.owed.place();
    let reading = async {
        let mut left = MOST;
        while left > 0 {
            let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
            else {
                return;
            };
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        }
    };
    select! {
        () = reading => {}
        () = place.is_taken() => {}
        () = sleep(LONGEST) => {}
    }
}

/// Dropped with the body of an answer.
struct Made(Owed);

impl Drop for Made {
    fn drop(&mut self) {
        self.0.is_made();
    }
}

pin_project! {
    /// The body of an answer.
    pub(super) struct Answer<B> {
        #[pin]
        body: B,
        // A stream that has not begun: only its beginning is pending.
        begins: bool,
        made: Made,
        // Counted until this is dropped.
        stream: Option<Open>,
    }
}

impl<B: Body> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(context));
        if mem::take(this.begins) {
            this.made.0.has_begun();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
