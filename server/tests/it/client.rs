//! Who a request's client is, and what depends on it. Time is virtual.

use std::net::SocketAddr;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use server::web::client::{
    connection::Connection,
    trust::{Proxy, Trust},
};

use crate::{
    status::status,
    world::{BEGIN, World, text},
};

const HERE: &str = "127.0.0.1:50000";
const FAR: &str = "192.0.2.7:50000";

/// One that believes these proxies, and has measured its health.
fn trusting(proxies: &[&str]) -> World {
    let proxies = proxies.iter().map(|said| Proxy::read(said).unwrap()).collect();
    let world = World::trusting(Trust { proxies, ..Trust::default() });
    world.health.tell(status(BEGIN));
    world
}

fn at(world: &mut World, peer: &str) {
    world.connection = Connection::new(peer.parse::<SocketAddr>().unwrap());
}

/// The status of an answer, and its text.
async fn ask(world: &World, request: Request<Body>) -> (StatusCode, String) {
    let answer = world.ask(request).await;
    (answer.status(), text(answer).await)
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::get(path).header("host", "localhost:3000");
    let with = |request: axum::http::request::Builder, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    headers.iter().fold(request, with).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_open_on_this_machine_is_closed_to_who_comes_through_a_proxy() {
    let mut world = trusting(&[]);
    at(&mut world, HERE);
    let is_open = async |world: &World, headers: &[_]| {
        let (health, _) = ask(world, get("/api/status", headers)).await;
        let health_stream = world.ask(get("/sse?topic=status", headers)).await.status();
        let (room, _) = ask(world, get("/chat/lobby", headers)).await;
        let all = [health, health_stream, room].map(|status| status.is_success());
        assert!(all.iter().all(|is| *is == all[0]), "{all:?} {headers:?}");
        all[0]
    };
    assert!(is_open(&world, &[]).await);
    // A token that is not accepted takes nothing away from a page.
    let health = ask(&world, get("/status", &[("authorization", "Bearer x")])).await.1;
    assert!(health.contains("uptime_s"));
    for header in ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-real-ip"] {
        assert!(!is_open(&world, &[(header, "x")]).await, "{header}");
    }
    at(&mut world, FAR);
    assert!(!is_open(&world, &[]).await);
    let mut behind = trusting(&["127.0.0.0/8"]);
    at(&mut behind, HERE);
    assert!(!is_open(&behind, &[]).await);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_refused_where_the_room_is_only_open_to_this_machine() {
    let mut world = trusting(&[]);
    let post = || {
        let request = Request::post("/chat/lobby").header("host", "localhost");
        request.body("name=Ada&text=hello".into()).unwrap()
    };
    assert_eq!(ask(&world, post()).await.0, StatusCode::NOT_FOUND);
    at(&mut world, HERE);
    assert_eq!(ask(&world, post()).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn limits_per_address_count_the_client_that_a_trusted_proxy_names() {
    let lease = |number: usize, client: &str| {
        let request = Request::post("/chat/lobby/here").header("x-forwarded-for", client);
        let browser = client.replace(|byte: char| !byte.is_ascii_alphanumeric(), "");
        request.body(format!("browser={browser}x{number}&tab=b").into()).unwrap()
    };
    let taken = async |world: &World, client: &str| {
        for number in 0..400 {
            let status = ask(world, lease(number, client)).await.0;
            if status != StatusCode::NO_CONTENT {
                return number;
            }
        }
        400
    };
    let rooms = |proxies: &[&str]| {
        let proxies = proxies.iter().map(|said| Proxy::read(said).unwrap()).collect();
        World::with_trust(Trust { proxies, ..Trust::default() })
    };
    let world = rooms(&["192.0.2.7"]);
    for client in ["198.51.100.1", "198.51.100.2", "forged, 198.51.100.3", "2001:db8:1:2:3::4"] {
        assert_eq!(taken(&world, client).await, 100, "{client}");
    }
    assert_eq!(taken(&world, "2001:db8:1:2:9::9").await, 0, "it is the same network");
    // Who is believed by nobody is where they connect from, whatever they say.
    let world = rooms(&[]);
    assert_eq!(taken(&world, "198.51.100.1").await, 100);
    assert_eq!(taken(&world, "198.51.100.2").await, 0);
    // Behind a proxy that nobody has declared everybody is near.
    let mut world = rooms(&[]);
    at(&mut world, "10.0.0.1:50000");
    assert_eq!(taken(&world, "198.51.100.1").await, 400);
}
