//! The chat while the log can store nothing, or cannot be read.

use std::io::{self, Write};
use std::sync::Arc;

use axum::http::StatusCode;
use belfry_hub::{
    Clock, Log,
    cursor::Cursor,
    event::{Draft, Event, Topic},
    log::{
        AppendError, Contents, Held, Key, Listing, Memory, Page, Query, Retention, TopicCount,
        Unavailable,
    },
    spans::Spans,
    tail::{self, Tail},
};
use futures::{FutureExt, future::BoxFuture};
use wire::{
    chat::{answer::Unsent, page_data::NoRoom},
    page_data::PageData,
};

use super::{HTML, form, pages::snapshot, post, refused, say};
use crate::world::{BEGIN, World, text};

/// A log that takes nothing, and that may be read or not.
#[derive(Debug)]
struct Broken {
    within: Memory,
    why: AppendError,
    reads: bool,
}

fn never<T>() -> Result<T, Unavailable> {
    Err(Unavailable("it is broken".into()))
}

impl Log for Broken {
    fn spans(&self) -> Arc<Spans> {
        self.within.spans()
    }

    fn tail(&self) -> &Tail {
        self.within.tail()
    }

    fn append(&self, _: Draft, _: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>> {
        async { Err(self.why.clone()) }.boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>> {
        if self.reads { self.within.read(query) } else { async { never() }.boxed() }
    }

    fn count(&self, _: Query) -> BoxFuture<'_, Result<u64, Unavailable>> {
        async { never() }.boxed()
    }

    fn topics(&self, _: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        async { never() }.boxed()
    }

    fn purge(&self, _: Topic, _: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        async { Err(self.why.clone()) }.boxed()
    }

    fn remove(&self, _: Topic, _: Cursor) -> BoxFuture<'_, Result<Option<Event>, AppendError>> {
        async { Err(self.why.clone()) }.boxed()
    }

    fn back_up(&self, to: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>> {
        self.within.back_up(to)
    }
    fn held(&self) -> Held {
        self.within.held()
    }

    fn ready(&self) -> Result<(), Unavailable> {
        never()
    }
}

fn world(why: AppendError, reads: bool) -> World {
    let clock = Clock::starting_at(BEGIN);
    let within = Memory::new(clock, Retention::default(), tail::Bounds::default());
    let log = Arc::new(Broken { within, why, reads });
    World::with_log(clock, std::time::Duration::from_secs(3600), log)
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_comes_back_with_the_key_it_had() {
    let broken = AppendError::Unavailable(Unavailable("it is broken".into()));
    for (why, status) in [(broken, 503), (AppendError::Full, 507)] {
        let world = world(why, true);
        let answer = say(&world, "Ada", "hello").await;
        assert_eq!(answer.headers().get("set-cookie"), None);
        assert_eq!(refused(answer).await, (status, Some(Unsent::Unavailable), None));
        let fields = form(&[("name", "Ada"), ("text", "hello"), ("key", "k1")]);
        let answer = post(&world, "/chat/lobby", fields, &[HTML]).await;
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
        let html = text(answer).await;
        let PageData::Room(Ok(room)) = snapshot(&html).page else { panic!("{html}") };
        // It may be in the log all the same: sent again it has to be the same message.
        assert_eq!((&*room.key, &*room.draft), ("k1", "hello"));
        assert_eq!(room.unsent, Some(Unsent::Unavailable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_that_cannot_be_read_says_so() {
    let world = world(AppendError::Full, false);
    for (path, data) in [
        ("/chat/lobby", PageData::Room(Err(NoRoom::Unavailable))),
        ("/chat", PageData::Rooms(Err(NoRoom::Unavailable))),
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(snapshot(&text(answer).await).page, data);
    }
    let fields = form(&[("name", "Ada"), ("text", "hello")]);
    let answer = post(&world, "/chat/lobby", fields, &[HTML]).await;
    assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
}
