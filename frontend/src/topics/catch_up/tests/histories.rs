//! Random histories of a stream over a log, and a page that reads its history, whatever happens to all
//! three.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    log::{FIRST, Log, parts},
    *,
};

#[derive(Clone, Debug)]
enum Act {
    Publish(bool),
    /// The stream tells the next event.
    Tell,
    /// Another tab leads: its stream begins so far behind the log's end.
    Replace(u64),
    /// The tab asks the leader again, which knows what it was told when its stream began.
    AskLeader,
    Lose,
    /// The stream has a gap: it could not tell some events.
    Skip(u64),
    /// The log is reopened, and the stream ends.
    Restart,
    Backup,
    /// An earlier backup takes the log's place.
    Restore(Index),
    /// Retention drops this many events.
    Drop(u64),
    /// The stream is opened from the place that it has reached.
    Connect,
    Ask,
    /// The server answers the question with at most this many events.
    Answer(usize),
    Arrive,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    use Act::*;
    let act = prop_oneof![
        6 => prop::bool::weighted(0.7).prop_map(Publish),
        8 => Just(Tell),
        1 => (0..4u64).prop_map(Replace),
        1 => Just(AskLeader),
        1 => Just(Lose),
        1 => (1..3u64).prop_map(Skip),
        2 => Just(Restart),
        1 => Just(Backup),
        1 => any::<Index>().prop_map(Restore),
        1 => (0..2u64).prop_map(Drop),
        4 => Just(Connect),
        4 => Just(Ask),
        4 => (1..3usize).prop_map(Answer),
        4 => Just(Arrive),
    ];
    vec(act, 0..100)
}

struct World {
    log: Log,
    backups: Vec<Log>,
    /// All that the log has ever been, once it goes no further.
    ends: Vec<Log>,
    epochs: u32,
    connected: bool,
    /// The stream has told everything up to here, and was told these epochs.
    told: Cursor,
    spans: Vec<Span>,
    it: CatchUp,
    asked: Option<(u32, Cursor)>,
    answer: Option<(u32, History)>,
    /// The places of the events that were heard, and those that gaps lead to.
    heard: Vec<(Cursor, bool)>,
}

impl World {
    fn begin(before: u64) -> Self {
        let events = (0..before).map(|_| (FIRST, true)).collect();
        let log = Log { events, begun: true, dropped: 0 };
        let told = log.cursor(before);
        let it = CatchUp::new(TOPIC.to_owned(), Some(&told.to_string()));
        let mut world = Self {
            backups: vec![log.clone()],
            ends: Vec::new(),
            epochs: FIRST,
            connected: false,
            heard: vec![(told.clone(), true)],
            spans: log.spans_from(&told),
            log,
            told,
            it,
            asked: None,
            answer: None,
        };
        world.connect();
        world
    }

    fn connect(&mut self) {
        let (from, gap) = self.log.resume(&self.told, |_| true);
        self.spans = self.log.spans_from(&self.told);
        self.told = self.log.cursor(from);
        self.connected = true;
        self.ask_leader();
        if gap {
            self.it.doubt(Some(&self.told));
        }
    }

    fn ask_leader(&mut self) {
        self.it.cover(&topics(), Some(&self.told), &self.spans);
    }

    /// The stream passes over events up to a place.
    fn skip(&mut self, to: u64) {
        self.told = self.log.cursor(to);
        self.it.doubt(Some(&self.told));
    }

    fn publish(&mut self, ours: bool) {
        self.epochs += u32::from(!std::mem::replace(&mut self.log.begun, true));
        self.log.events.push((self.epochs, ours));
    }

    fn tell(&mut self) {
        let told = parts(&self.told).1;
        if !self.connected || told >= self.log.end() {
        } else if told < self.log.dropped {
            self.skip(self.log.dropped);
        } else {
            self.told = self.log.cursor(told + 1);
            let heard = self.it.hear(&self.log.event(told + 1), Some(&self.told));
            self.take(heard);
        }
    }

    fn take(&mut self, heard: impl IntoIterator<Item = StreamEvent>) {
        for heard in heard {
            if let StreamEvent::Event { envelope: event, .. } = heard {
                self.heard.push((place(&event.id.unwrap()), false));
            }
        }
    }

    fn act(&mut self, act: Act) {
        let (told, end) = (parts(&self.told).1, self.log.end());
        match act {
            Act::Publish(ours) => self.publish(ours),
            Act::Tell => self.tell(),
            Act::Replace(behind) => {
                self.it.lose();
                self.told = self.log.cursor(end.saturating_sub(behind).max(self.log.dropped));
                self.connect();
            }
            Act::AskLeader => {
                self.it.lose();
                self.ask_leader();
            }
            Act::Lose => self.it.lose(),
            Act::Skip(events) if self.connected => self.skip(end.min(told + events)),
            Act::Restart => (self.log.begun, self.connected) = (false, false),
            Act::Backup => self.backups.push(self.log.clone()),
            Act::Restore(which) => {
                let restored = Log { begun: false, ..which.get(&self.backups).clone() };
                self.ends.push(std::mem::replace(&mut self.log, restored));
                self.connected = false;
            }
            Act::Drop(events) => self.log.dropped = end.min(self.log.dropped + events),
            Act::Connect if !self.connected => self.connect(),
            Act::Ask if self.asked.is_none() && self.answer.is_none() => {
                self.asked = self.it.reading().zip(self.it.at().cloned());
            }
            // A restored log may answer before the stream is opened again. What the stream told about the
            // one before it is called out then, and the gap that announces the loss comes after it.
            Act::Answer(limit) if self.connected => {
                if let Some((reading, after)) = self.asked.take() {
                    self.answer = Some((reading, self.log.history(&after, limit)));
                }
            }
            Act::Arrive => self.arrive(),
            Act::Skip(_) | Act::Connect | Act::Ask | Act::Answer(_) => {}
        }
    }

    fn arrive(&mut self) {
        let Some((reading, page)) = self.answer.take() else { return };
        let at = page.at.clone().filter(|_| page.gap);
        let heard = self.it.read_back(reading, page);
        if matches!(heard.first(), Some(StreamEvent::Gap { .. })) {
            self.heard.push((place(&at.unwrap()), true));
        }
        self.take(heard);
    }

    /// Lets everything arrive that is under way.
    fn settle(&mut self) {
        self.publish(true);
        self.connect();
        for _ in 0..1000 {
            if self.it.reading().is_none() && parts(&self.told).1 == self.log.end() {
                break;
            }
            for act in [Act::Tell, Act::Ask, Act::Answer(2), Act::Arrive] {
                self.act(act);
            }
        }
        self.ends.push(self.log.clone());
    }
}

proptest! {
    /// Over any mix of restarts, restores and losses, whatever is heard is what comes next in a log
    /// where the one before it stands, or in which a gap says that one stands now.
    #[test]
    fn each_event_is_heard_once_and_in_order(before in 0..5u64, acts in acts()) {
        let mut world = World::begin(before);
        for act in acts {
            world.act(act);
        }
        world.settle();
        for two in world.heard.windows(2) {
            let ((one, _), (next, gap)) = (&two[0], &two[1]);
            let ((_, begin), (epoch, end)) = (parts(one), parts(next));
            let follows = |log: &Log| {
                log.holds(one)
                    && log.epoch(end) == Some(epoch)
                    && begin < end
                    && (begin + 1..end).all(|it| !log.is_ours(it))
            };
            let follows = world.ends.iter().any(follows);
            prop_assert!(*gap || follows, "{} after {}: {:?}", next, one, world.heard);
        }
        prop_assert_eq!(world.it.at(), Some(&world.log.cursor(world.log.end())));
        prop_assert_eq!(&world.heard.last().unwrap().0, &world.log.cursor(world.log.end()));
        prop_assert_eq!((world.it.reading(), world.it.is_uncovered()), (None, false));
    }

    /// Where the log is never restored and nothing dropped, nothing is said to be missing.
    #[test]
    fn restarts_alone_lose_nothing(before in 0..5u64, acts in acts()) {
        let mut world = World::begin(before);
        for act in acts {
            if !matches!(act, Act::Restore(_) | Act::Drop(_)) {
                world.act(act);
            }
        }
        world.settle();
        let heard: Vec<_> = world.heard.iter().skip(1).map(|(it, _)| it.clone()).collect();
        let ours = (before + 1..=world.log.end()).filter(|&it| world.log.is_ours(it));
        let all: Vec<_> = ours.map(|it| world.log.cursor(it)).collect();
        prop_assert_eq!(heard, all);
    }
}
