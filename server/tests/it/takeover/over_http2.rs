//! A takeover over HTTP/2: what is under way on a connection is finished, and then the connection ends.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use futures::channel::mpsc::unbounded;
use http_body_util::BodyExt;
use tokio::{
    net::TcpStream,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::successor_of;
use crate::{
    program::Program,
    transport::speak_http2,
    world::{next, text},
};

#[tokio::test]
async fn what_is_under_way_is_finished_and_the_connection_ends() {
    let program = Program::new();
    let serving = program.serves(&["--data-dir", "data", "--interval", "1h"]);
    let token = program.token("data");
    let mut sender = speak_http2(TcpStream::connect(serving.address).await.unwrap()).await;
    let request = |method: &str, path: &str| {
        let url = format!("http://localhost{path}");
        let authorization = format!("Bearer {token}");
        Request::builder().method(method).uri(url).header(AUTHORIZATION, authorization)
    };
    let stream = request("GET", "/sse?topic=a").body(Body::empty()).unwrap();
    let stream = sender.send_request(stream).await.unwrap();
    let mut stream = Body::new(stream.into_body());
    next(&mut stream).await.unwrap();
    let (body, coming) = unbounded::<Result<Bytes, Infallible>>();
    let publish = request("POST", "/topics/a").body(Body::from_stream(coming)).unwrap();
    let published = tokio::spawn(sender.send_request(publish));
    body.unbounded_send(Ok("who".into())).unwrap();
    // The server has begun to read it by the answer to what comes after it.
    let later = request("GET", "/healthz").body(Body::empty()).unwrap();
    assert_eq!(sender.send_request(later).await.unwrap().status(), StatusCode::OK);

    let (program, serving, successor) = spawn_blocking(move || {
        let successor = successor_of(&program, &serving, &[]);
        serving.logged("handed over");
        (program, serving, successor)
    })
    .await
    .unwrap();
    let rest = timeout(Duration::from_secs(20), stream.collect()).await.unwrap().unwrap();
    assert_eq!(rest.to_bytes(), "retry: 100\n\n");
    body.unbounded_send(Ok("le".into())).unwrap();
    drop(body);
    let published = published.await.unwrap().unwrap().map(Body::new);
    assert_eq!(published.status(), StatusCode::OK, "{}", text(published).await);
    // Its client learns that the connection has ended, and opens another.
    let closed = async {
        while !sender.is_closed() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), closed).await.unwrap();
    let (code, log) = spawn_blocking(move || serving.ended()).await.unwrap();
    assert_eq!(code, 0, "{log}");
    drop((program, successor));
}
