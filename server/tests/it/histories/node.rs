//! A log on a disk of its own, served by the application, with the line of what it was given.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use belfry_hub::{
    Clock, Log,
    cursor::Cursor,
    event::{Draft, Pattern, Topic},
    log::{Bounds, Embedded, Retention},
    tail,
};
use server::token::{Claims, mint};
use tokio::{runtime::Handle, task::spawn_blocking, time::timeout};
use wire::topics::History;

use super::{
    line::{Entry, Fate, Given, KEPT, Line, RULES},
    reader::{Reader, Told, told},
};
use crate::{
    disk::{Disk, Fault, Kind},
    life::BOUND,
    world::{BEGIN, World, next, secret, text},
};

/// So few events are in the tail that readers often have to go to the log.
const TAIL: usize = 6;

/// No stream is asked so often before it has said all.
const MOST_POLLS: u32 = 10_000;

/// What is asked of a log waits for its thread, on which virtual time does not.
pub(crate) async fn waiting<T: Send + 'static>(
    asked: impl Future<Output = T> + Send + 'static,
) -> T {
    let runtime = Handle::current();
    spawn_blocking(move || runtime.block_on(asked)).await.unwrap()
}

fn retention() -> Retention {
    let rule = |(name, most): (&str, usize)| {
        (Pattern::new(name).unwrap(), Bounds { events: most as u64, ..Bounds::NONE })
    };
    let total = Bounds { events: KEPT as u64, ..Bounds::NONE };
    Retention { total, rules: RULES.into_iter().map(rule).collect() }
}

/// A log that is being served.
pub(crate) struct Node {
    pub(crate) disk: Disk,
    pub(crate) line: Line,
    log: Arc<Embedded>,
    world: World,
}

impl Node {
    /// One with a new log.
    pub(crate) async fn new(seed: u64, given: &mut Given) -> Self {
        let disk = Disk::new(seed);
        let (log, world) = serve(&disk);
        let root = log.cursor(0).to_string();
        given.note(&root, None);
        Self { disk, line: Line::new(root), log, world }
    }

    /// One with what is on a disk.
    pub(crate) fn on(disk: Disk, line: Line) -> Self {
        let (log, world) = serve(&disk);
        let (position, last) = (log.tail().position().to_string(), line.last());
        assert_eq!(position, line.position(last), "a position keeps its name");
        Self { disk, line, log, world }
    }

    /// Ends, and leaves the disk and the line.
    pub(crate) async fn stop(self) -> (Disk, Line) {
        let Self { disk, line, log, world } = self;
        world.shutdown.cancel();
        drop(world);
        while Arc::strong_count(&log) > 1 {
            tokio::task::yield_now().await;
        }
        drop(log);
        (disk, line)
    }

    /// Notes an event that came to be, with what retention makes of that.
    fn note(&mut self, given: &mut Given, id: &str, entry: Entry) {
        given.note(id, Some(self.line.position(self.line.last())));
        self.line.push(Entry { id: id.to_owned(), ..entry });
    }

    /// Publishes, once or until it is there.
    pub(crate) async fn publish(&mut self, given: &mut Given, entry: Entry) {
        let topics = entry.topics.iter().map(|name| Topic::new(name).unwrap()).collect();
        let Entry { data, private, .. } = entry.clone();
        let draft = Draft { topics, event_type: None, data, private };
        let hub = self.world.hub.clone();
        let published = waiting(async move { hub.publish(draft, None).await }).await;
        self.until_ready().await;
        let last = self.log.tail().position();
        match published {
            Ok(receipt) => self.note(given, &receipt.id, entry),
            // It may be there all the same.
            Err(_) if last.sequence > self.line.last() => {
                self.note(given, &last.to_string(), entry);
            }
            Err(_) => {}
        }
    }

    /// Waits until a log that has failed was opened again.
    async fn until_ready(&self) {
        let log = self.log.clone();
        let ready = move || {
            let begun = Instant::now();
            while log.ready().is_err() {
                assert!(begun.elapsed() < BOUND, "not ready within {BOUND:?}");
                thread::yield_now();
            }
        };
        spawn_blocking(ready).await.unwrap();
    }

    /// Publishes while a sync fails.
    pub(crate) async fn publish_in_vain(&mut self, given: &mut Given, entry: Entry) {
        self.disk.fail(Fault { kind: Some(Kind::Sync), nth: 1, times: 1, error: 5 });
        self.publish(given, entry).await;
    }

    pub(crate) async fn purge(&mut self, given: &mut Given, topic: &'static str) {
        let hub = self.world.hub.clone();
        let name = Topic::new(topic).unwrap();
        waiting(async move { hub.purge(name).await }).await.unwrap();
        let last = self.log.tail().position();
        let notice = self.line.notice_of_purge(topic);
        assert_eq!(notice.is_some(), last.sequence > self.line.last(), "{topic}");
        if let Some(notice) = notice {
            self.note(given, &last.to_string(), notice);
            self.line.purge(topic);
        }
    }

    /// Removes one event by a topic of it, if it is there.
    pub(crate) async fn remove(&mut self, given: &mut Given, place: usize) {
        let entry = self.line.entries[place].clone();
        let (topic, id) = (entry.topics[0], Cursor::parse(&entry.id).unwrap());
        let hub = self.world.hub.clone();
        let name = Topic::new(topic).unwrap();
        let removed = waiting(async move { hub.remove(name, id).await }).await.unwrap();
        let last = self.log.tail().position();
        if last.sequence > self.line.last() {
            let data = format!("{{\"id\":\"{id}\"}}");
            let notice = Entry::notice(&entry.topics, entry.private, data);
            self.note(given, &last.to_string(), notice);
        }
        // The notice may have had retention drop it.
        let now = &self.line.entries[place];
        let there = now.fate == Fate::There && now.left.contains(topic) && !entry.is_notice;
        assert_eq!(removed, there, "{id}");
        if removed {
            self.line.remove(place);
        }
    }

    fn request(reader: &Reader, path: &str) -> Request<Body> {
        let mut request = Request::get(path);
        if let Some(pattern) = reader.reads {
            let exp = BEGIN / 1_000_000 + 1_000_000_000;
            let claims = Claims { read: vec![pattern.into()], exp, ..Claims::default() };
            let token = mint(&secret(), &claims);
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(Body::empty()).unwrap()
    }

    /// Opens a stream.
    pub(crate) async fn open(&self, reader: &Reader, cursor: Option<&str>) -> Body {
        let cursor = cursor.map_or(String::new(), |id| format!("&last_event_id={id}"));
        let path = format!("/sse?{}{cursor}", reader.query());
        let answer = self.world.ask(Self::request(reader, &path)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body()
    }

    /// A page of history.
    pub(crate) async fn history(&self, reader: &Reader, query: &str) -> History {
        let path = format!("/topics/{}?{query}", reader.selectors[0]);
        let answer = self.world.ask(Self::request(reader, &path)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        serde_json::from_str(&text(answer).await).unwrap()
    }
}

fn serve(disk: &Disk) -> (Arc<Embedded>, World) {
    let clock = Clock::starting_at(BEGIN);
    let tail = tail::Bounds { events: TAIL, ..tail::Bounds::default() };
    let log = Embedded::open_on(Arc::new(disk.clone()), clock, retention(), tail);
    let log = Arc::new(log.unwrap());
    (log.clone(), World::with_log(clock, Duration::from_secs(3600), log))
}

/// All that a stream has to say now. Virtual time stands still while the log is read: a stream that goes
/// round in circles is found by how often it is asked.
pub(crate) async fn all_that_is_told(body: &mut Body) -> Vec<Told> {
    let (mut said, mut polls) = (String::new(), 0);
    loop {
        let mut piece = pin!(next(body));
        let piece = poll_fn(|context| {
            polls += 1;
            assert!(polls < MOST_POLLS, "asked {polls} times, it has said {said:?}");
            piece.as_mut().poll(context)
        });
        let Ok(Some(bytes)) = timeout(Duration::from_millis(1), piece).await else { break };
        said.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    told(&said)
}
