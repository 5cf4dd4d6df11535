//! The hub against a simple model: publishing, connecting, leaving, lagging, purges and retention in any order;
//! without sockets, and over those of hyper and of writers.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use belfry_hub::{
    Clock,
    event::Topic,
    log::{Bounds, Memory, Query, Retention},
    selector::Selected,
    tail,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use tokio::time::timeout;

use crate::{
    resume::{Heard, draft, piece_after},
    transport::Transport,
    world::{BEGIN, World},
};

const TOPICS: [&str; 3] = ["a", "b", "c"];

/// How long a reader waits for a piece at a time,
const A_MOMENT: Duration = Duration::from_millis(1);
/// and how often while there is something left: for less than the second after which a writer leaves a full socket to
/// a task, and the 15 s after which there is a comment, which would hide that nobody was woken.
const LOOKS: u32 = 500;

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Publish { topics: Vec<usize>, size: usize },
    Purge { topic: usize },
    Connect { topics: Vec<usize>, back: Option<u64> },
    Read { reader: Index, pieces: usize },
    Disconnect { reader: Index },
    Reconnect { reader: Index },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let topics = || proptest::sample::subsequence(vec![0, 1, 2], 1..=2);
    prop_oneof![
        8 => (topics(), 1..20_000_usize).prop_map(|(topics, size)| Step::Publish { topics, size }),
        1 => (0..TOPICS.len()).prop_map(|topic| Step::Purge { topic }),
        2 => (topics(), proptest::option::of(0..40_u64))
            .prop_map(|(topics, back)| Step::Connect { topics, back }),
        4 => (any::<Index>(), 1..3_usize).prop_map(|(reader, pieces)| Step::Read { reader, pieces }),
        1 => any::<Index>().prop_map(|reader| Step::Disconnect { reader }),
        1 => any::<Index>().prop_map(|reader| Step::Reconnect { reader }),
        1 => (1..40_u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// A reader, and how far it has come by what it was told.
struct Reader {
    topics: Vec<usize>,
    body: Option<Body>,
    /// What has come of a piece.
    begun: Vec<u8>,
    at: u64,
    /// A loss up to here was announced.
    forgiven: u64,
}

/// The model: every event that ever was, and which of them the log has dropped.
struct Model {
    world: World,
    /// Topics of the event of sequence `index + 1`.
    events: Vec<Vec<usize>>,
    readers: Vec<Reader>,
}

impl Model {
    fn new() -> Self {
        let clock = Clock::starting_at(BEGIN).proven();
        let total = Bounds { events: 30, age: Duration::from_secs(60), bytes: 400_000 };
        let rule = Bounds { events: 5, ..Bounds::NONE };
        let rules = vec![(belfry_hub::event::Pattern::new("c").unwrap(), rule)];
        let tail = tail::Bounds { events: 8, bytes: 200_000 };
        let log = Memory::new(clock, Retention { total, rules }, tail);
        let world = World::with_log(clock, Duration::from_secs(3600), Arc::new(log));
        Self { world, events: Vec::new(), readers: Vec::new() }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Publish { topics, size } => {
                let names: Vec<_> = topics.iter().map(|topic| TOPICS[*topic]).collect();
                let draft = draft(&names, "x".repeat(size));
                let receipt = self.world.hub.publish(draft, None).await.unwrap();
                self.events.push(topics);
                assert_eq!(receipt.sequence, self.events.len() as u64);
            }
            Step::Purge { topic } => {
                self.world.hub.purge(Topic::new(TOPICS[topic]).unwrap()).await.unwrap();
                // What it says of that is an event as any other.
                let last = self.world.hub.log().tail().last();
                self.events.extend((self.events.len() as u64..last).map(|_| vec![topic]));
            }
            Step::Connect { topics, back } => {
                let last = self.events.len() as u64;
                let at = back.map_or(last, |back| last.saturating_sub(back));
                self.readers.push(Reader {
                    topics,
                    body: None,
                    begun: Vec::new(),
                    at,
                    forgiven: 0,
                });
                let reader = self.readers.len() - 1;
                self.connect(reader, back.is_some()).await;
            }
            Step::Wait { seconds } => tokio::time::sleep(Duration::from_secs(seconds)).await,
            Step::Read { .. } | Step::Disconnect { .. } | Step::Reconnect { .. }
                if self.readers.is_empty() => {}
            Step::Disconnect { reader } => {
                let reader = reader.index(self.readers.len());
                self.readers[reader].body = None;
            }
            Step::Reconnect { reader } => {
                let reader = reader.index(self.readers.len());
                self.connect(reader, true).await;
            }
            Step::Read { reader, pieces } => {
                let reader = reader.index(self.readers.len());
                self.read(reader, pieces).await;
            }
        }
    }

    async fn connect(&mut self, reader: usize, resume: bool) {
        let Reader { topics, at, .. } = &self.readers[reader];
        let mut query: String =
            topics.iter().map(|topic| format!("topic={}&", TOPICS[*topic])).collect();
        if resume {
            query += &format!("last_event_id={}", self.world.hub.log().cursor(*at));
        }
        let body = self.world.get(&format!("/sse?{query}")).await.into_body();
        (self.readers[reader].body, self.readers[reader].begun) = (Some(body), Vec::new());
    }

    /// Reads what there is, and holds it against the model.
    async fn read(&mut self, reader: usize, pieces: usize) {
        if self.readers[reader].body.is_none() {
            return;
        }
        for _ in 0..pieces {
            let mut said = self.piece(reader).await;
            // Sockets take as long as they take: a moment in virtual time is one look at them.
            let mut looks = 1;
            while said.is_none() && looks < LOOKS && !self.is_up_to_date(reader).await {
                said = self.piece(reader).await;
                looks += 1;
            }
            let Some(said) = said else {
                self.assert_nothing_is_left(reader).await;
                return;
            };
            for heard in said {
                self.check(reader, heard).await;
            }
        }
    }

    async fn check(&mut self, reader: usize, heard: Heard) {
        let Reader { topics, at, forgiven, .. } = &self.readers[reader];
        let (at, forgiven) = (*at, *forgiven);
        let of_its_own = |sequence: u64| {
            self.events[sequence as usize - 1].iter().any(|topic| topics.contains(topic))
        };
        let missed =
            |through: u64| (at + 1..=through).filter(|s| of_its_own(*s)).collect::<Vec<_>>();
        match heard {
            Heard::Event { sequence, .. } => {
                assert!(sequence > at, "{sequence} came after {at}");
                assert!(of_its_own(sequence), "{sequence} is of another topic");
                for lost in missed(sequence - 1) {
                    assert!(lost <= forgiven, "{lost} was lost between {at} and {sequence}");
                }
                self.readers[reader].at = sequence;
            }
            Heard::Position(place) => {
                // Where a loss was announced, the place may lie behind it.
                let lost: Vec<_> = missed(place).into_iter().filter(|s| *s > forgiven).collect();
                assert_eq!(lost, [0_u64; 0], "the place moved from {at} to {place}");
                self.readers[reader].at = place.max(at);
            }
            Heard::Gap { on_from } => {
                let dropped = self.dropped(reader).await;
                assert!(dropped > at, "a gap after {at}, but {dropped} is the last that is gone");
                let still_there = self.still_there(reader, at).await;
                assert!(
                    still_there.iter().all(|sequence| *sequence > on_from),
                    "the gap jumps over {still_there:?} to {on_from}"
                );
                self.readers[reader].at = on_from;
                self.readers[reader].forgiven = dropped;
            }
        }
    }

    /// The highest sequence of an event of the reader's topics that the log has dropped.
    async fn dropped(&self, reader: usize) -> u64 {
        self.page(reader, 0).await.dropped
    }

    async fn still_there(&self, reader: usize, after: u64) -> Vec<u64> {
        self.page(reader, after).await.events.iter().map(|event| event.sequence).collect()
    }

    async fn page(&self, reader: usize, after: u64) -> belfry_hub::log::Page {
        let topics = &self.readers[reader].topics;
        let topics = topics.iter().map(|topic| Topic::new(TOPICS[*topic]).unwrap());
        let query = Query::after(topics.map(Selected::public).collect(), after);
        self.world.hub.log().read(query).await.unwrap()
    }

    /// The next piece, if it comes in a moment.
    async fn piece(&mut self, reader: usize) -> Option<Vec<Heard>> {
        let Reader { body, begun, .. } = &mut self.readers[reader];
        timeout(A_MOMENT, piece_after(begun, body.as_mut()?)).await.ok()
    }

    async fn is_up_to_date(&self, reader: usize) -> bool {
        self.still_there(reader, self.readers[reader].at).await.is_empty()
    }

    /// A reader that waits has got all that there is.
    async fn assert_nothing_is_left(&self, reader: usize) {
        let at = self.readers[reader].at;
        assert_eq!(self.still_there(reader, at).await, [0_u64; 0], "left behind after {at}");
    }
}

/// Takes steps over a transport, and reads all that there is in the end.
fn take_all(transport: Transport, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(transport.run(async {
        let mut model = Model::new();
        for step in steps {
            model.take(step).await;
        }
        for reader in 0..model.readers.len() {
            model.read(reader, usize::MAX).await;
        }
    }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_reader_gets_every_event_once_and_in_order_or_is_told_of_the_loss(
        steps in vec(step(), 1..120)
    ) {
        take_all(Transport::Memory, steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn so_does_every_reader_over_http1(steps in vec(step(), 1..120)) {
        take_all(Transport::Http1, steps);
    }

    #[test]
    fn so_does_every_reader_whom_a_writer_sends_to(steps in vec(step(), 1..120)) {
        take_all(Transport::Writer, steps);
    }
}
