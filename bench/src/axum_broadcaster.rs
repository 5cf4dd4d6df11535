//! axum's own `Sse` over a broadcast channel for each topic: what most people write first.

use std::{
    collections::HashMap,
    convert::Infallible,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Path, Query, State},
    response::sse::{Event, Sse},
    routing::{get, post},
};
use futures::{Stream, stream::unfold};
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    sync::broadcast::{self, Sender, error::RecvError},
};

use crate::Result;

/// Events that a reader may be behind.
const CAPACITY: usize = 1024;

#[derive(Clone, Default)]
struct Topics(Arc<Mutex<HashMap<String, Sender<Arc<str>>>>>);

#[derive(Deserialize)]
struct Asked {
    topic: String,
}

/// Serves until it is killed.
pub(crate) fn run() -> Result<()> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(io::stdout(), "http://{}", listener.local_addr()?)?;
        let router = Router::new()
            .route("/sse", get(stream))
            .route("/topics/{topic}", post(publish))
            .with_state(Topics::default());
        Ok(axum::serve(listener, router).await?)
    })
}

impl Topics {
    fn sender(&self, topic: String) -> Sender<Arc<str>> {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic).or_insert_with(|| broadcast::channel(CAPACITY).0).clone()
    }
}

async fn stream(
    State(topics): State<Topics>,
    Query(asked): Query<Asked>,
) -> Sse<impl Stream<Item = std::result::Result<Event, Infallible>>> {
    let receiver = topics.sender(asked.topic).subscribe();
    Sse::new(unfold(receiver, |mut receiver| async {
        loop {
            match receiver.recv().await {
                Ok(data) => return Some((Ok(Event::default().data(data)), receiver)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }))
}

async fn publish(State(topics): State<Topics>, Path(topic): Path<String>, data: String) {
    // Where nobody reads there is nothing to do.
    let _ = topics.sender(topic).send(data.into());
}
