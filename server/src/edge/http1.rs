//! HTTP/1.1: serves a connection that speaks it, one request after the other.
//!
//! ```text
//! socket → linger → heads → half-closed → hyper → application
//! ```

use std::{convert::Infallible, future::pending, pin::Pin};

use axum::{
    body::Body,
    http::{HeaderValue, Request, Response, header::CONNECTION},
};
use belfry_hub::http::WithSocket;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    time::Instant,
};
use tower::Service;

use super::{
    bodies::{Asked, answer, asked},
    half_closed::HalfClosed,
    handing_over::{self, HandedOver, HandingOver},
    heads::Heads,
    linger::Linger,
    owed::Owed,
    refusal::Refusals,
};
use crate::{config::Waits, endings::Endings, tally::Traffic, web::heads::LARGEST_HEAD};

/// The rules of the edge for a connection.
pub(super) struct Rules {
    /// How long to wait for a request.
    pub(super) waits: Waits,
    /// Since when the first one has been coming, if it has.
    pub(super) since: Option<Instant>,
    /// Learn of what is answered before it is a request.
    pub(super) refusals: Refusals,
    /// It is over a limit, and ends with the answer to what comes first.
    pub(super) over_limit: bool,
    /// Counts the streams.
    pub(super) traffic: Traffic,
    /// How the server is told to end: the connection ends with the response under way.
    pub(super) endings: Endings,
    /// How streams are sent that are taken back with the socket, if they are.
    pub(super) with_socket: Option<WithSocket>,
}

/// A stream, and the socket that it goes on with.
pub(super) type TakenBack<S> = Option<(S, HandedOver)>;

/// Serves a connection until it ends; after the shutdown, with the response under way. A server that is
/// relieved answers one more request, so that none is lost that is on its way, and says that it is the last. Where
/// there are writers, the first stream ends the connection here: the socket is returned with it.
pub(super) async fn serve<S, A>(
    socket: S,
    application: A,
    owed: Owed,
    rules: Rules,
) -> hyper::Result<TakenBack<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Service<Request<Asked>, Response = Response<Body>, Error = Infallible> + Clone,
{
    let Rules { waits, since, refusals, over_limit, traffic, endings, with_socket } = rules;
    let socket = Linger::new(socket, owed.clone());
    let socket = Heads::new(socket, owed.clone(), (waits, refusals)).since(since);
    let socket = HalfClosed::new(socket, owed.clone());
    let service = TowerToHyperService::new(application);
    let (owes, relieved) = (owed.clone(), endings.relieved.clone());
    let handing_over = HandingOver::new(owed.clone());
    let hands = handing_over.clone();
    // An answer has to be owed before hyper reads on.
    let service = service_fn(move |request: Request<Incoming>| {
        let request = handing_over::with_socket(request, with_socket.as_ref());
        let answering = service.call(asked(&owed, request));
        let (owed, traffic, relieved) = (owed.clone(), traffic.clone(), relieved.clone());
        let hands = hands.clone();
        async move {
            let mut response = hands.unless_handed_over(answering.await?, &traffic).await;
            if over_limit || relieved.is_cancelled() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(answer(&owed, &traffic, response))
        }
    });
    let mut connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(LARGEST_HEAD)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(socket), service);
    let handed_over = select! {
        // First of all: what has come already is answered.
        biased;
        ended = handing_over.or_end_of(&mut connection) => Some(ended?),
        () = endings.shutdown.cancelled() => None,
        // It has begun without such a word, and its client does not ask for anything else meanwhile.
        () = is_relieved_of_a_stream(&endings, &owes) => None,
    };
    let handed_over = match handed_over {
        Some(handed_over) => handed_over,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            handing_over.or_end_of(&mut connection).await?
        }
    };
    Ok(handed_over.map(|stream| {
        let socket = connection.into_parts().io.into_inner();
        (socket.into_inner().into_inner().into_inner(), stream)
    }))
}

async fn is_relieved_of_a_stream(endings: &Endings, owes: &Owed) {
    endings.relieved.cancelled().await;
    if !owes.streams() {
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use axum::{
        http::{StatusCode, header::CONTENT_TYPE},
        response::IntoResponse,
    };
    use belfry_hub::client::Address;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        join,
        time::sleep,
    };

    use super::*;
    use crate::{edge::lingering::Lingering, tally::Tally};

    fn rules(endings: &Endings) -> (Owed, Rules) {
        let tally = Tally::default();
        let rules = Rules {
            waits: Waits::default(),
            since: None,
            refusals: Refusals::new(Address::Unknown, tally.clone(), false),
            over_limit: false,
            traffic: tally.traffic("here", false),
            endings: endings.clone(),
            with_socket: None,
        };
        (Owed::new(Lingering::default(), [192, 0, 2, 7].into()), rules)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_whose_stream_has_ended_is_not_closed_by_a_takeover() {
        let (mut client, socket) = duplex(1024);
        let endings = Endings::default();
        let stream = async |_: Request<Asked>| {
            let stream = [(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))];
            Ok((stream, "data: a\n\n").into_response())
        };
        let (owed, rules) = rules(&endings);
        let asking = async {
            let mut answers = Vec::new();
            for _ in 0..2 {
                client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
                while !answers.ends_with(b"data: a\n\n") {
                    assert_ne!(client.read_buf(&mut answers).await.unwrap(), 0, "it is closed");
                }
                answers.push(b'\n');
                endings.relieved.cancel();
                sleep(Duration::from_secs(1)).await;
            }
            assert!(String::from_utf8(answers).unwrap().contains("connection: close"));
        };
        let (served, ()) = join!(serve(socket, tower::service_fn(stream), owed, rules), asking);
        served.unwrap();
    }

    #[tokio::test]
    async fn a_connection_over_a_limit_ends_with_its_first_answer() {
        let stream = [(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))];
        let refused = (StatusCode::TOO_MANY_REQUESTS, "refused").into_response();
        for response in [refused, "ok".into_response(), (stream, "data: a\n\n").into_response()] {
            let (mut client, socket) = duplex(1024);
            client.write_all(&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2)).await.unwrap();
            let response = Mutex::new(Some(response));
            let once = async |_: Request<Asked>| Ok(response.lock().unwrap().take().unwrap());
            let (owed, rules) = rules(&Endings::default());
            let rules = Rules { over_limit: true, ..rules };
            serve(socket, tower::service_fn(once), owed, rules).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert_eq!(answer.matches("connection: close").count(), 1, "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_has_come_is_answered_though_the_shutdown_has_begun() {
        // Chance must not help.
        for _ in 0..20 {
            let (mut client, socket) = duplex(1024);
            client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            let ok = async |_: Request<Asked>| Ok(Response::new(Body::from("ok")));
            let endings = Endings::default();
            endings.shutdown.cancel();
            let (owed, rules) = rules(&endings);
            serve(socket, tower::service_fn(ok), owed, rules).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        }
    }
}
