//! The log of a server that was taken over: its successor answers what its last requests ask.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use belfry_hub::{
    Log,
    cursor::Cursor,
    event::{Draft, Event, Topic},
    log::{AppendError, Contents, Held, Key, Listing, Page, Query, TopicCount, Unavailable},
    spans::{Span, Spans},
    tail::Tail,
};
use futures::{FutureExt, future::BoxFuture};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{
    net::UnixStream,
    select,
    sync::{mpsc, oneshot},
};
use tracing::warn;

use super::{
    call::Call,
    message::{self, FromPredecessor, FromSuccessor},
};

/// The log that another process has.
#[derive(Debug)]
pub(super) struct Remote {
    calls: mpsc::UnboundedSender<FromPredecessor>,
    shared: Arc<Shared>,
    /// What was in the log before.
    tail: Tail,
}

#[derive(Debug)]
struct Shared {
    next: AtomicU64,
    /// Who waits, by the number of their call; `None` once nobody will be answered.
    waiting: Mutex<Option<HashMap<u64, oneshot::Sender<Value>>>>,
    spans: RwLock<Arc<Spans>>,
}

impl Remote {
    /// The log of the successor at the other end, which was `before` until now. It answers for as long as the
    /// returned future is awaited.
    pub(super) fn new(
        stream: UnixStream,
        before: &dyn Log,
    ) -> (Self, impl Future<Output = ()> + use<>) {
        let (calls, outgoing) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            next: AtomicU64::new(0),
            waiting: Mutex::new(Some(HashMap::new())),
            spans: RwLock::new(before.spans()),
        });
        let remote = Self { calls, shared: shared.clone(), tail: before.tail().clone() };
        (remote, Conversation(shared).carry_on(stream, outgoing))
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, Unavailable> {
        let gone = || Unavailable("the server that took over has exited".into());
        let (answer, answered) = oneshot::channel();
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        match &mut *self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(waiting) => waiting.insert(number, answer),
            None => return Err(gone()),
        };
        self.calls.send(FromPredecessor::Asks { number, call }).map_err(|_| gone())?;
        let answer = answered.await.map_err(|_| gone())?;
        serde_json::from_value(answer).map_err(|error| Unavailable(error.to_string()))
    }

    async fn ask_to_write<T: DeserializeOwned>(&self, call: Call) -> Result<T, AppendError> {
        let asked: Result<Result<T, AppendError>, _> = self.ask(call).await;
        asked.map_err(AppendError::Unavailable)?
    }
}

/// What is asked is answered until this is dropped.
struct Conversation(Arc<Shared>);

impl Drop for Conversation {
    fn drop(&mut self) {
        *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Conversation {
    async fn carry_on(
        self,
        stream: UnixStream,
        mut outgoing: mpsc::UnboundedReceiver<FromPredecessor>,
    ) {
        let (mut reader, mut writer) = stream.into_split();
        let reading = async {
            loop {
                match message::read(&mut reader).await? {
                    FromSuccessor::Answers { number, answer, newest } => {
                        self.0.learn(newest);
                        self.0.answered(number, answer);
                    }
                    other => return Err(io::Error::other(format!("unexpected {other:?}"))),
                }
            }
        };
        let writing = async {
            while let Some(call) = outgoing.recv().await {
                message::write(&mut writer, &call).await?;
            }
            Ok(())
        };
        let ended: io::Result<()> = select! {
            ended = reading => ended,
            ended = writing => ended,
        };
        if let Err(error) = ended {
            warn!(%error, "the server that took over no longer answers");
        }
    }
}

impl Shared {
    /// Before the answer that may lie in it.
    fn learn(&self, newest: Span) {
        let mut spans = self.spans.write().unwrap_or_else(PoisonError::into_inner);
        if spans.newest().epoch != newest.epoch {
            *spans = Arc::new(spans.with(newest));
        }
    }

    fn answered(&self, number: u64, answer: Value) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waits) = waiting.as_mut().and_then(|waiting| waiting.remove(&number)) {
            // Whoever has left does not need it.
            let _ = waits.send(answer);
        }
    }
}

impl Log for Remote {
    fn spans(&self) -> Arc<Spans> {
        self.shared.spans.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tail(&self) -> &Tail {
        &self.tail
    }

    fn append(&self, draft: Draft, key: Option<Key>) -> BoxFuture<'_, Result<Cursor, AppendError>> {
        async move {
            let id: String = self.ask_to_write(Call::Append { draft, key }).await?;
            let unreadable = || AppendError::Unavailable(Unavailable(format!("{id} is not an id")));
            Cursor::parse(&id).ok_or_else(unreadable)
        }
        .boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Page, Unavailable>> {
        self.read_small(query, usize::MAX).map(|read| Ok(read?.unwrap_or_default())).boxed()
    }

    fn read_small(
        &self,
        query: Query,
        most: usize,
    ) -> BoxFuture<'_, Result<Result<Page, usize>, Unavailable>> {
        async move { self.ask(Call::ReadSmall { query, most }).await? }.boxed()
    }

    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64, Unavailable>> {
        async move { self.ask(Call::Count { query }).await? }.boxed()
    }

    fn topics(&self, listing: Listing) -> BoxFuture<'_, Result<Vec<TopicCount>, Unavailable>> {
        async move { self.ask(Call::Topics { listing }).await? }.boxed()
    }

    fn purge(&self, topic: Topic, before: u64) -> BoxFuture<'_, Result<u64, AppendError>> {
        self.ask_to_write(Call::Purge { topic, before }).boxed()
    }

    fn remove(
        &self,
        topic: Topic,
        id: Cursor,
    ) -> BoxFuture<'_, Result<Option<Event>, AppendError>> {
        self.ask_to_write(Call::Remove { topic, id: id.to_string() }).boxed()
    }

    fn back_up(&self, _: Box<dyn Write + Send>) -> BoxFuture<'_, io::Result<Contents>> {
        async { Err(io::Error::other("the log was handed over")) }.boxed()
    }

    fn held(&self) -> Held {
        Held::default()
    }

    fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use belfry_hub::{
        Clock,
        log::{Memory, Retention},
        tail,
    };

    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_told_when_nobody_will_be_answered_any_more() {
        let (ours, _successors) = UnixStream::pair().unwrap();
        let (retention, bounds) = (Retention::default(), tail::Bounds::default());
        let before = Memory::new(Clock::system(), retention, bounds);
        let (remote, answering) = Remote::new(ours, &before);
        let nothing = || remote.read(Query::after(Vec::new(), 0));
        let mut waits = nothing();
        assert!((&mut waits).now_or_never().is_none());
        drop(answering);
        let gone = Unavailable("the server that took over has exited".into());
        assert_eq!(waits.await.unwrap_err(), gone);
        assert_eq!(nothing().await.unwrap_err(), gone);
    }
}
