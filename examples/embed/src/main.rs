//! An axum program of your own with Belfry's hub in it: `cargo run -p embed`, then open the address that it
//! prints, or `curl -N` its `/sse?topic=news`.

use std::{env, error::Error, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{StatusCode, request::Parts},
    response::Html,
    routing::get,
};
use belfry_hub::{
    Clock, Grant, Hub, Routes,
    event::{Draft, Pattern, Topic},
    http::{self, problem::Problem},
    log::{Memory, Retention},
    tail,
};
use tokio::{net::TcpListener, time::interval};

const PAGE: &str = "<!doctype html><meta charset=utf-8><pre></pre><script>
    new EventSource('/sse?topic=news').onmessage = ({ data }) =>
        document.querySelector('pre').append(data, '\\n')</script>";

/// Anybody reads; whoever knows the word publishes too.
fn authorise(request: &Parts) -> Result<Grant, Problem> {
    match request.headers.get("authorization") {
        None => Ok(Grant::default()),
        Some(said) if said == "Bearer sesame" => {
            Ok(Grant { publish: vec![Pattern::all()], ..Grant::default() })
        }
        Some(_) => Err(Problem::new(StatusCode::UNAUTHORIZED, "that is not the word")),
    }
}

/// Publishes something every second.
async fn publish(hub: Hub, topic: Topic) {
    let (mut seconds, mut count) = (interval(Duration::from_secs(1)), 0);
    loop {
        seconds.tick().await;
        count += 1;
        let (topics, data) = (vec![topic.clone()], format!("news number {count}"));
        let draft = Draft { topics, event_type: None, data, private: false };
        if let Err(why) = hub.publish(draft, None).await {
            println!("not published: {why}");
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = Clock::system();
    let log = Memory::new(clock, Retention::default(), tail::Bounds::default());
    let hub = Hub::new(clock, Arc::new(log));
    tokio::spawn(publish(hub.clone(), Topic::new("news")?));
    let routes = http::router(Routes::new(hub, authorise));
    let app = Router::new().route("/", get(Html(PAGE))).merge(routes);
    let listener =
        TcpListener::bind(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
