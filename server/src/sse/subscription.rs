//! One reader: asked for the next bytes, it waits until there are some.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures::{Stream, stream};
use tokio::{select, sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    frame::Frame,
    hub::{Hub, Reader, Readers},
};

/// After so much silence comes a comment: proxies cut a stream that says nothing for 30 or 60 s.
const SILENCE: Duration = Duration::from_secs(15);

/// How long a browser waits before it comes back by itself, in milliseconds. It differs by
/// connection, so that all those whom a restart threw off do not come back at once.
const RETRY_MS: std::ops::RangeInclusive<u64> = 2000..=6000;

/// One reader of the time, and of how many are reading. Dropping it is leaving.
#[derive(Debug)]
pub struct Subscription {
    reader: Reader,
    time: watch::Receiver<Option<Frame>>,
    readers: watch::Receiver<Readers>,
    /// The number of readers that this one was told last.
    told: u32,
    /// What is sent before all else.
    greeting: Option<Frame>,
    shutdown: CancellationToken,
}

impl Subscription {
    /// Subscribes. The first bytes are the time at this moment and the number of readers.
    #[must_use]
    pub fn new(hub: &Hub, address: SocketAddr, shutdown: CancellationToken) -> Self {
        let reader = hub.admit(address);
        let (tick, time) = hub.follow_time();
        let readers = hub.follow_readers();
        let Readers { count, frame } = hub.readers_now();
        let retry = Frame::retry(Duration::from_millis(fastrand::u64(RETRY_MS)));
        let greeting = Frame::concat(&[retry, tick, frame]);
        Self { reader, time, readers, told: count, greeting: Some(greeting), shutdown }
    }

    /// The next bytes to send; `None` when the server shuts down.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            self.reader.got(2);
            return Some(greeting.into_bytes());
        }
        loop {
            let frame = select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                Ok(()) = self.time.changed() => self.time.borrow_and_update().clone(),
                Ok(()) = self.readers.changed() => self.readers_if_news(),
                () = sleep(SILENCE) => return Some(Frame::COMMENT.into_bytes()),
            };
            if let Some(frame) = frame {
                self.reader.got(1);
                return Some(frame.into_bytes());
            }
        }
    }

    /// The announced number of readers, unless this reader knows it: it was told at its coming.
    fn readers_if_news(&mut self) -> Option<Frame> {
        let Readers { count, frame } = self.readers.borrow_and_update().clone();
        let news = count != self.told;
        self.told = count;
        news.then_some(frame)
    }

    /// The same as a stream, for a body.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
        stream::unfold(self, async |mut subscription| {
            let bytes = subscription.next().await?;
            Some((Ok(bytes), subscription))
        })
    }
}
