//! The program with TLS: a certificate of its own, certificates in files, and what is wrong with them.

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use axum::{
    body::Body,
    http::{
        Request, StatusCode,
        header::{AUTHORIZATION, HOST, SET_COOKIE},
    },
};
use rcgen::{CertificateParams, KeyPair};
use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;

use crate::{
    program::Program,
    transport::{Transport, absolute, on_each_transport, shake_hands_with, speak_http2, trusting},
    world::{World, next},
};

on_each_transport!(https_alone_is_told_to_stay_and_gets_cookies_for_https);

/// Writes a new certificate for this machine, and its key.
fn renew(folder: &Path, name: &str) {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    fs::write(folder.join(format!("{name}.pem")), own.pem()).unwrap();
}

/// The stream that a client gets who trusts a certificate; the one that the server shows.
async fn follow(address: SocketAddr, trusted: &Path) -> (Body, CertificateDer<'static>) {
    let socket = TcpStream::connect(address).await.unwrap();
    let socket = shake_hands_with(socket, b"h2", trusting(trusted)).await;
    let shown = socket.get_ref().1.peer_certificates().unwrap()[0].clone();
    let request = Request::get("/sse").header(HOST, "localhost").body(Body::empty()).unwrap();
    let answer = speak_http2(socket).await.send_request(absolute(request)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    (Body::new(answer.into_body()), shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn its_own_certificate_stays_the_same() {
    let program = Program::new();
    let flags = ["--tls-self-signed", "--data-dir", "data"];
    let mut shown = Vec::new();
    for _ in 0..2 {
        let server = program.serves(&flags);
        let (mut stream, own) =
            follow(server.address, &program.folder().join("data/self-signed.pem")).await;
        next(&mut stream).await.unwrap();
        shown.push(own);
    }
    assert_eq!(shown[0], shown[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_loaded_again_on_sighup_and_streams_go_on() {
    let program = Program::new();
    renew(program.folder(), "own");
    let [certificate, key] = ["own.pem", "own.key"];
    let server = program.serves(&[
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
        "--ephemeral",
        "--interval",
        "100ms",
    ]);
    let trusted = program.folder().join(certificate);
    let (mut stream, first) = follow(server.address, &trusted).await;
    next(&mut stream).await.unwrap();

    renew(program.folder(), "own");
    server.signal(Signal::HUP);
    server.logged("reloaded the TLS certificates");
    let (_, second) = follow(server.address, &trusted).await;
    assert_ne!(first, second);

    fs::write(program.folder().join(key), "half").unwrap();
    server.signal(Signal::HUP);
    let line = server.logged("cannot reload the TLS certificates; keeping the previous ones");
    assert!(line.contains("cannot use own.key for TLS: it must hold a private key"), "{line}");
    assert_eq!(follow(server.address, &trusted).await.1, second);
    for _ in 0..3 {
        next(&mut stream).await.unwrap();
    }
    server.signal(Signal::TERM);
    while tokio::time::timeout(Duration::from_secs(5), next(&mut stream)).await.unwrap().is_some() {
    }
    assert_eq!(server.ended().0, 0);
}

async fn https_alone_is_told_to_stay_and_gets_cookies_for_https() {
    let world = World::ticking_every(Duration::from_secs(3));
    let is_https =
        matches!(Transport::current(), Transport::Http1OverTls | Transport::Http2OverTls);
    let answer = world.get("/healthz").await;
    let told = answer.headers().get("strict-transport-security");
    assert_eq!(told.map(|told| told.to_str().unwrap()), is_https.then_some("max-age=3600"));
    let request = Request::post("/login")
        .header(AUTHORIZATION, format!("Bearer {}", world.token(&["a"], &[])));
    let answer = world.ask(request.body(Body::empty()).unwrap()).await;
    let cookies = answer.headers().get_all(SET_COOKIE).iter();
    let cookies: Vec<_> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(!cookies.is_empty(), "{answer:?}");
    for cookie in cookies {
        assert_eq!(cookie.starts_with("__Host-"), is_https, "{cookie}");
        assert_eq!(cookie.contains("; Secure"), is_https, "{cookie}");
    }
}

#[test]
fn files_that_cannot_be_used_keep_it_from_starting() {
    let program = Program::new();
    renew(program.folder(), "one");
    renew(program.folder(), "other");
    for (certificate, key, said) in [
        ("missing", "one.key", "cannot use missing for TLS: No such file"),
        ("robots.txt", "one.key", "cannot use robots.txt for TLS: it must hold a certificate"),
        ("one.pem", "other.key", "other.key for TLS: the key does not belong to the certificate"),
    ] {
        let flags = ["--ephemeral", "--site", ".", "--listen", "127.0.0.1:0"];
        let (code, line) =
            program.ends(&[&flags[..], &["--tls-cert", certificate, "--tls-key", key]].concat());
        assert_eq!(code, 1, "{line}");
        assert!(line.contains(said), "{line}");
    }
}
