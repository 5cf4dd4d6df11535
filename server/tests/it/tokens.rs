//! Which tokens are taken, and what they allow. Time is virtual.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, Response, StatusCode, header::AUTHORIZATION},
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};

use crate::world::{BEGIN, ED25519, PUBLIC_KEY, SECRET, World, text};

/// The second in which the tests begin.
const NOW: i64 = BEGIN / 1_000_000;

fn world() -> World {
    World::ticking_every(Duration::from_secs(3))
}

/// A token of these parts.
fn signed(header: Value, claims: Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = BASE64URL_NOPAD.encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn hmac(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    move |message| {
        let mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
        mac.chain_update(message).finalize().into_bytes().to_vec()
    }
}

fn ed25519(message: &[u8]) -> Vec<u8> {
    SigningKey::from_bytes(&ED25519).sign(message).to_vec()
}

fn hs256(claims: Value) -> String {
    signed(json!({ "alg": "HS256" }), claims, hmac(SECRET))
}

/// Claims for everything, for an hour.
fn everything() -> Value {
    json!({ "publish": ["*"], "read": ["*"], "purge": ["*"], "exp": NOW + 3600 })
}

/// Requests that would be answered without a token, or with a good one.
async fn answers(world: &World, token: &str) -> Vec<(String, Response<Body>)> {
    let mut answers = Vec::new();
    for (method, path) in [
        (Method::GET, "/sse"),
        (Method::HEAD, "/sse"),
        (Method::GET, "/sse?topic=news"),
        (Method::POST, "/topics/news"),
        (Method::DELETE, "/topics/news"),
        (Method::GET, "/topics/news"),
        (Method::GET, "/topics"),
    ] {
        let what = format!("{method} {path}");
        let request = Request::builder().method(method).uri(path);
        let request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        answers.push((what, world.ask(request.body(Body::empty()).unwrap()).await));
    }
    answers
}

async fn is_refused(world: &World, token: &str, why: &str) {
    for (what, answer) in answers(world, token).await {
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{what}: {why}");
        assert_eq!(header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
        assert_eq!(header("content-type"), Some("application/problem+json"));
        let said = text(answer).await;
        let says = said.contains(why) || what.starts_with("HEAD");
        assert!(says && !said.contains(token), "{what}: {said}, not {why}");
    }
}

async fn is_taken(world: &World, token: &str) {
    for (what, answer) in answers(world, token).await {
        assert_eq!(answer.status(), StatusCode::OK, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_signature_by_a_key_of_this_server_is_taken() {
    let world = world();
    is_taken(&world, &hs256(everything())).await;
    is_taken(&world, &signed(json!({ "alg": "EdDSA" }), everything(), ed25519)).await;
    is_taken(
        &world,
        &signed(json!({ "alg": "HS256", "kid": "a", "x": 1 }), everything(), hmac(SECRET)),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_key_says_the_algorithm_and_not_the_token() {
    let world = world();
    let forged = |header: Value, secret: &[u8]| signed(header, everything(), hmac(secret));
    for none in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": none });
        is_refused(&world, &signed(header, everything(), |_| Vec::new()), "not a JWT").await;
    }
    is_refused(&world, &forged(json!({}), SECRET), "not a JWT").await;
    // What a verifier would compute that took the public key for a secret.
    let hs256 = json!({ "alg": "HS256" });
    let raw = BASE64URL_NOPAD.decode(PUBLIC_KEY_BYTES.as_bytes()).unwrap();
    for secret in [PUBLIC_KEY.as_bytes(), PUBLIC_KEY.trim().as_bytes(), &raw] {
        is_refused(&world, &forged(hs256.clone(), secret), "not signed with a key of this server")
            .await;
    }
    // The right secret, under the name of another algorithm.
    for other in ["HS384", "HS512", "RS256", "ES256", "EdDSA"] {
        is_refused(
            &world,
            &forged(json!({ "alg": other }), SECRET),
            "not signed with a key of this server",
        )
        .await;
    }
    let eddsa_as_hs256 = signed(hs256, everything(), ed25519);
    is_refused(&world, &eddsa_as_hs256, "not signed with a key of this server").await;
}

const PUBLIC_KEY_BYTES: &str = "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw";

#[tokio::test(start_paused = true)]
async fn what_no_key_signed_is_refused() {
    let world = world();
    let good = hs256(everything());
    let wrong_secret = signed(json!({ "alg": "HS256" }), everything(), hmac(&[b'w'; 32]));
    is_refused(&world, &wrong_secret, "not signed with a key of this server").await;
    let wrong_key = |message: &[u8]| SigningKey::from_bytes(&[8; 32]).sign(message).to_vec();
    let wrong_key = signed(json!({ "alg": "EdDSA" }), everything(), wrong_key);
    is_refused(&world, &wrong_key, "not signed with a key of this server").await;

    let [header, _, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let more = json!({ "publish": ["*"], "exp": NOW + 9999 }).to_string();
    let more = BASE64URL_NOPAD.encode(more.as_bytes());
    is_refused(
        &world,
        &format!("{header}.{more}.{signature}"),
        "not signed with a key of this server",
    )
    .await;
    is_refused(&world, good.rsplit_once('.').unwrap().0, "not a JWT").await;
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    is_refused(&world, &unsigned, "not signed with a key of this server").await;
    is_refused(&world, &format!("{good}A"), "not signed with a key of this server").await;
    let half = |message: &[u8]| hmac(SECRET)(message)[..16].to_vec();
    let half = signed(json!({ "alg": "HS256" }), everything(), half);
    is_refused(&world, &half, "not signed with a key of this server").await;
    for garbage in ["x", "a.b.c", "...", "eyJ.eyJ.x", &format!("{good}.{signature}"), &good[1..]] {
        is_refused(&world, garbage, "not a JWT").await;
    }
    is_refused(&world, &"x".repeat(8193), "longer than 8192 bytes").await;
}

#[tokio::test(start_paused = true)]
async fn the_servers_clock_says_whether_a_token_is_valid() {
    let world = world();
    is_refused(&world, &hs256(json!({ "publish": ["*"] })), "exp must be present").await;
    is_refused(&world, &hs256(json!({ "exp": NOW })), "has expired").await;
    let with_nbf = |nbf: i64| {
        let mut claims = everything();
        claims["nbf"] = nbf.into();
        hs256(claims)
    };
    // It is 0.4 s past NOW.
    is_taken(&world, &with_nbf(NOW + 60)).await;
    is_refused(&world, &with_nbf(NOW + 61), "not valid yet").await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    is_taken(&world, &with_nbf(NOW + 61)).await;

    let mut claims = everything();
    claims["exp"] = (NOW + 2).into();
    let short = hs256(claims);
    tokio::time::sleep(Duration::from_millis(999)).await;
    is_taken(&world, &short).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    is_refused(&world, &short, "has expired").await;
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_cannot_be_used_refuses_the_token() {
    let world = world();
    let with = |claim: &str, value: Value| {
        let mut claims = everything();
        claims[claim] = value;
        hs256(claims)
    };
    for exp in
        [json!("9999999999"), json!(1e300), json!(-1), json!(NOW as f64 + 0.5), json!(u64::MAX)]
    {
        is_refused(&world, &with("exp", exp), "exp must be a whole number").await;
    }
    is_refused(&world, &with("read", json!(["ok", "a*b"])), "read pattern 2 must").await;
    is_refused(&world, &with("sub", json!("a\u{202e}b")), "sub must not contain U+202E").await;
    is_taken(&world, &with("aud", json!("somebody else"))).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_right_it_is_403_and_without_a_token_401() {
    let world = world();
    let token = world.token(&["chat/*"], &["news"]);
    let ask = async |method: &Method, path: &str, token: Option<&str>| {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        world.ask(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask(&Method::POST, "/topics/chat/lobby", Some(&token)).await.status(), 200);
    for (method, path) in [
        (Method::POST, "/topics/news"),
        (Method::POST, "/topics/chat"),
        (Method::POST, "/topics/chat/lobby?also=news"),
        (Method::DELETE, "/topics/chat/lobby"),
    ] {
        let answer = ask(&method, path, Some(&token)).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let answer = ask(&method, path, None).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let url = format!("{path}{}token={token}", if path.contains('?') { '&' } else { '?' });
        assert_ne!(ask(&method, &url, None).await.status(), StatusCode::OK, "a token in the URL");
    }
    assert_eq!(ask(&Method::GET, "/topics/news", None).await.status(), 200);
}
