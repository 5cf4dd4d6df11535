//! Requests that no browser sends: each is answered, and none with a 500.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use belfry_hub::Clock;
use fastrand::Rng;
use server::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::world::World;

const REQUESTS: u64 = 10_000;

/// What they are made from. A failure names its own number, which makes the same request again.
const SEED: u64 = 20_261_129;

/// How many at once.
const AT_ONCE: u64 = 8;

/// A server that has not answered after this will not.
const PATIENCE: Duration = Duration::from_secs(20);

const METHODS: [&str; 12] = [
    "GET", "GET", "GET", "HEAD", "POST", "POST", "DELETE", "PUT", "OPTIONS", "TRACE", "CONNECT",
    "x!y",
];

const PLACES: [&str; 24] = [
    "/",
    "/status",
    "/chat",
    "/chat/lobby",
    "/chat/lobby/here",
    "/console?topic=",
    "/api/page?address=",
    "/api/time",
    "/api/status",
    "/api/",
    "/language?tag=en&to=",
    "/sse?topic=",
    "/sse?last_event_id=",
    "/login",
    "/logout",
    "/healthz",
    "/topics",
    "/topics?prefix=",
    "/topics/",
    "/topics/a?after=",
    "/pkg/",
    "/pkg/belfry.abc.css",
    "/robots.txt",
    "*",
];

const PIECES: [&str; 30] = [
    "a",
    "lobby",
    "%00",
    "%",
    "%zz",
    "%2F",
    "%2e%2e",
    "..",
    ".",
    "//",
    "/",
    "?",
    "#x",
    "&",
    "=",
    "*",
    "%FF",
    "%E6%97%B6",
    "\u{65f6}",
    "\\",
    "|",
    "{}",
    "^",
    "\"",
    "<b>",
    ";",
    "http://x/",
    "@",
    ":",
    "-1",
];

const NAMES: [&str; 24] = [
    "Range",
    "If-Modified-Since",
    "If-None-Match",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Cookie",
    "Cookie",
    "Authorization",
    "Last-Event-ID",
    "Content-Type",
    "Sec-Fetch-Site",
    "Origin",
    "Idempotency-Key",
    "Expect",
    "Upgrade",
    "Connection",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "Forwarded",
    "Host",
    "Via",
    "TE",
    "X",
];

const VALUES: [&str; 30] = [
    "",
    "*",
    "x",
    "bytes=0-",
    "bytes=-1",
    "bytes=9-1,2-3",
    "bytes=99999999999999999999-",
    "0",
    "\u{65f6}",
    "Mon, 01 Jan 0000 00:00:00 GMT",
    "gzip;q=0, br;q=x",
    "belfry-token=x; belfry-token=y",
    "belfry-name=%FF",
    "belfry-language=xx",
    "Bearer",
    "Bearer x.y.z",
    "Basic x",
    "text/html",
    "application/json;q=2",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=",
    "same-origin",
    "cross-site",
    "100-continue",
    "websocket",
    "close, x",
    "keep-alive",
    "for=\"[::1\";proto=",
    "trailers",
    "\t \t",
];

const BODIES: [&str; 8] = [
    "",
    "x",
    "token=x&to=//y",
    "name=a&text=b&key=",
    "name=%00&text=%FF",
    "browser=&tab=&name=&leave=1",
    "{\"a\":",
    "\u{feff}\u{2028}\r\n\r\n",
];

fn pick<'a>(random: &mut Rng, of: &[&'a str]) -> &'a str {
    of[random.usize(..of.len())]
}

/// A whole request.
fn request(random: &mut Rng, token: &str) -> Vec<u8> {
    let mut path = pick(random, &PLACES).to_owned();
    for _ in 0..random.usize(..4) {
        let times = if random.u8(..16) == 0 { random.usize(1..3000) } else { 1 };
        path += &pick(random, &PIECES).repeat(times);
    }
    if random.u8(..16) == 0 {
        path = format!("http://belfry{path}");
    }
    let version = if random.u8(..8) == 0 { "1.0" } else { "1.1" };
    let mut head = format!("{} {path} HTTP/{version}\r\n", pick(random, &METHODS));
    if random.u8(..16) > 0 {
        head += "Host: belfry\r\n";
    }
    if random.bool() {
        head += &format!("Authorization: Bearer {token}\r\n");
    }
    for _ in 0..random.usize(..5) {
        let value = pick(random, &VALUES).repeat(if random.u8(..64) == 0 { 2000 } else { 1 });
        head += &format!("{}: {value}\r\n", pick(random, &NAMES));
    }
    let body = pick(random, &BODIES).repeat(if random.u8(..64) == 0 { 100_000 } else { 1 });
    head += &match random.u8(..8) {
        0 if !body.is_empty() => {
            format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
        }
        1 => "Content-Length: x\r\n\r\n".to_owned(),
        _ => format!("Content-Length: {}\r\n\r\n{body}", body.len()),
    };
    head.into_bytes()
}

/// The status of the answer; what is wrong where there is none.
async fn status(address: SocketAddr, request: &[u8], half_close: bool) -> Result<u16, String> {
    let mut socket = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    // It may be refused before it has all been sent.
    if socket.write_all(request).await.is_ok() && half_close {
        let _ = socket.shutdown().await;
    }
    let mut answer = Vec::new();
    loop {
        let rest = answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n".as_slice());
        let rest = rest.unwrap_or(&answer);
        if rest.len() >= 12 {
            let line = String::from_utf8_lossy(&rest[..12]).into_owned();
            let status = line.strip_prefix("HTTP/1.").and_then(|line| line[2..].parse().ok());
            return status.ok_or(line);
        }
        let mut bytes = [0; 512];
        match socket.read(&mut bytes).await {
            Ok(read @ 1..) => answer.extend_from_slice(&bytes[..read]),
            ended => return Err(format!("it ended after {answer:?}: {ended:?}")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_odd_requests_are_all_answered_and_none_with_a_500() {
    let world = World::with_clock(Clock::system(), Duration::from_secs(1));
    let (address, _) = world.serve(Config::default()).await;
    let token: Arc<str> = world.token(&["*"], &["*"]).into();
    let tasks = (0..AT_ONCE).map(|first| {
        let token = token.clone();
        tokio::spawn(async move {
            let mut wrong = Vec::new();
            for number in (first..REQUESTS).step_by(AT_ONCE as usize) {
                let mut random = Rng::with_seed(SEED + number);
                let (request, half_close) = (request(&mut random, &token), random.bool());
                let asked = status(address, &request, half_close);
                let answered = timeout(PATIENCE, asked).await.unwrap_or(Err("no answer".into()));
                if answered.as_ref().map_or(true, |status| *status == 500) {
                    let beginning = String::from_utf8_lossy(&request[..request.len().min(400)]);
                    let all = request.len();
                    let closed = if half_close { ", half-closed" } else { "" };
                    wrong.push(format!(
                        "{number}{closed}: {answered:?}: {all} bytes, {beginning:?}"
                    ));
                }
            }
            wrong
        })
    });
    let mut wrong = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        wrong.extend(task.await.unwrap());
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}
