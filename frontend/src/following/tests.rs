//! What a follower of a topic is promised.

use app::tick::Tick;
use proptest::prelude::*;

use super::*;

const TOPIC: &str = "a";

fn cursor(sequence: u64) -> Cursor {
    Cursor::parse(&format!("E-{sequence}")).unwrap()
}

fn event(sequence: u64, topic: &str) -> Envelope {
    Envelope {
        id: Some(format!("E-{sequence}")),
        event_type: "message".to_owned(),
        topics: vec![topic.to_owned()],
        data: String::new(),
        at: Tick::from_micros(0).to_string(),
        private: false,
    }
}

fn topics() -> Vec<String> {
    vec!["time".to_owned(), TOPIC.to_owned()]
}

fn live(at: u64) -> Following {
    let mut it = Following::new(TOPIC.to_owned(), Some(&format!("E-{at}")));
    it.cover(&topics(), Some(&cursor(at)));
    assert_eq!(it.reading(), None);
    it
}

fn hear(it: &mut Following, sequence: u64, topic: &str) -> Vec<u64> {
    ids(it.hear(&event(sequence, topic), Some(&cursor(sequence))))
}

/// The sequences of what was heard; a gap is 0.
fn ids(heard: impl IntoIterator<Item = Heard>) -> Vec<u64> {
    let id = |heard| match heard {
        Heard::Gap(_) => 0,
        Heard::Event(event) => event.id.unwrap()[2..].parse().unwrap(),
    };
    heard.into_iter().map(id).collect()
}

#[test]
fn who_is_in_a_room_is_not_in_the_log() {
    assert!(is_state("here/lobby") && is_state("time"));
    assert!(!is_state("here") && !is_state("chat/here/lobby"));
    let mut it = Following::new("here/lobby".to_owned(), None);
    it.lose();
    it.cover(&topics(), Some(&cursor(7)));
    it.doubt();
    assert!(!it.is_uncovered() && it.reading().is_none());
    let said = Envelope { id: None, ..event(0, "here/lobby") };
    assert_eq!(it.hear(&said, None), Some(Heard::Event(said.clone())));
}

#[test]
fn a_stream_that_begins_where_the_page_ends_is_taken_as_it_comes() {
    let mut it = live(5);
    assert_eq!(hear(&mut it, 6, TOPIC), [6]);
    assert_eq!(hear(&mut it, 7, "b"), Vec::<u64>::new());
    assert_eq!(
        hear(&mut it, 6, TOPIC),
        Vec::<u64>::new(),
        "from the stream that is being replaced"
    );
    assert_eq!(it.at(), Some(&cursor(7)));
}

#[test]
fn a_stream_that_begins_later_makes_the_history_be_read_first() {
    let mut it = Following::new(TOPIC.to_owned(), Some("E-5"));
    assert_eq!(hear(&mut it, 9, TOPIC), Vec::<u64>::new(), "nobody has said that this is all");
    it.cover(&topics(), Some(&cursor(8)));
    assert_eq!(hear(&mut it, 9, TOPIC), Vec::<u64>::new());
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.read_back(reading, vec![event(6, TOPIC)], false, true)), [6]);
    assert_eq!(ids(it.read_back(reading, vec![event(7, TOPIC)], false, false)), [7, 9]);
    assert_eq!(hear(&mut it, 10, TOPIC), [10]);
}

#[test]
fn a_reading_from_before_letters_were_lost_is_too_old() {
    let mut it = Following::new(TOPIC.to_owned(), Some("E-5"));
    it.cover(&topics(), Some(&cursor(8)));
    let early = it.reading().unwrap();
    it.lose();
    it.cover(&topics(), Some(&cursor(12)));
    assert!(it.read_back(early, vec![event(9, TOPIC)], false, false).is_empty());
    assert!(it.reading().is_some_and(|reading| reading != early));
}

#[test]
fn a_gap_in_the_stream_is_looked_up_in_the_history() {
    let mut it = live(5);
    it.doubt();
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.read_back(reading, vec![event(6, TOPIC)], false, false)), [6]);
    it.doubt();
    let reading = it.reading().unwrap();
    assert_eq!(ids(it.read_back(reading, vec![event(9, TOPIC)], true, false)), [0, 9]);
}

#[test]
fn another_log_is_read_from_its_beginning() {
    let mut it = live(5);
    it.doubt();
    let reading = it.reading().unwrap();
    let mut first = event(1, TOPIC);
    first.id = Some("F-1".to_owned());
    assert_eq!(ids(it.read_back(reading, vec![first], true, false)), [0, 1]);
    assert_eq!(it.at(), Cursor::parse("F-1").as_ref());
}

#[test]
fn a_state_topic_is_heard_at_once_and_has_no_place() {
    let mut it = Following::new("status".to_owned(), None);
    let mut value = event(1, "status");
    value.id = None;
    assert!(it.hear(&value, Some(&cursor(7))).is_some());
    it.lose();
    it.cover(&[], None);
    assert!(it.hear(&value, None).is_some());
    assert_eq!((it.at(), it.reading(), it.is_uncovered()), (None, None, false));
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Publish(&'static str),
    /// The stream tells the next event.
    Tell,
    /// The stream is replaced, or another leader has one: it begins so far behind the log's end.
    Replace(u64),
    Lose,
    /// The stream has a gap: it could not tell some events.
    Skip(u64),
    Ask,
    /// The server answers the question with at most so many events.
    Answer(usize),
    Arrive,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    use Act::*;
    let act = prop_oneof![
        4 => Just(Publish(TOPIC)),
        2 => Just(Publish("b")),
        6 => Just(Tell),
        1 => (0..4u64).prop_map(Replace),
        1 => Just(Lose),
        1 => (1..3u64).prop_map(Skip),
        3 => Just(Ask),
        3 => (1..3usize).prop_map(Answer),
        3 => Just(Arrive),
    ];
    prop::collection::vec(act, 0..80)
}

/// A log, a stream that tells it, and a page that reads its history.
struct World {
    log: Vec<Envelope>,
    /// The stream has told everything up to here.
    told: u64,
    it: Following,
    asked: Option<(u32, Option<Cursor>)>,
    answer: Option<(u32, Vec<Envelope>, bool)>,
    heard: Vec<u64>,
}

impl World {
    fn end(&self) -> u64 {
        self.log.len() as u64
    }

    fn replace(&mut self, behind: u64) {
        self.told = self.end().saturating_sub(behind);
        self.it.cover(&topics(), Some(&cursor(self.told)));
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Publish(topic) => self.log.push(event(self.end() + 1, topic)),
            Act::Tell if self.told < self.end() => {
                let event = self.log[self.told as usize].clone();
                self.told += 1;
                let heard = self.it.hear(&event, Some(&cursor(self.told)));
                self.heard.extend(ids(heard));
            }
            Act::Replace(behind) => {
                self.it.lose();
                self.replace(behind);
            }
            Act::Lose => self.it.lose(),
            Act::Skip(events) => {
                self.told = self.end().min(self.told + events);
                self.it.doubt();
            }
            Act::Ask if self.asked.is_none() && self.answer.is_none() => {
                let at = self.it.at().cloned();
                self.asked = self.it.reading().map(|reading| (reading, at));
            }
            Act::Answer(limit) => {
                if let Some((reading, after)) = self.asked.take() {
                    let ours = |event: &&Envelope| {
                        let id = event.id.as_deref().and_then(Cursor::parse).unwrap();
                        event.topics[0] == TOPIC
                            && !after.as_ref().is_some_and(|after| after.reaches(&id))
                    };
                    let mut events: Vec<_> = self.log.iter().filter(ours).cloned().collect();
                    let more = events.len() > limit;
                    events.truncate(limit);
                    self.answer = Some((reading, events, more));
                }
            }
            Act::Arrive => {
                if let Some((reading, events, more)) = self.answer.take() {
                    let heard = self.it.read_back(reading, events, false, more);
                    self.heard.extend(ids(heard));
                }
            }
            Act::Tell | Act::Ask => {}
        }
    }
}

proptest! {
    #[test]
    fn each_event_is_heard_once_and_in_order(before in 0..5u64, acts in acts()) {
        let log: Vec<_> = (1..=before).map(|sequence| event(sequence, TOPIC)).collect();
        let it = Following::new(TOPIC.to_owned(), Some(&format!("E-{before}")));
        let mut world =
            World { log, told: before, it, asked: None, answer: None, heard: Vec::new() };
        world.replace(0);
        for act in acts {
            world.act(act);
        }
        if world.it.is_uncovered() {
            world.replace(0);
        }
        while world.it.reading().is_some() || world.told < world.end() {
            for act in [Act::Tell, Act::Ask, Act::Answer(2), Act::Arrive] {
                world.act(act);
            }
        }
        let ours = |event: &&Envelope| event.topics[0] == TOPIC;
        let all: Vec<u64> = ids(world.log.iter().filter(ours).cloned().map(Heard::Event));
        let missed: Vec<u64> = all.into_iter().filter(|&id| id > before).collect();
        prop_assert_eq!(world.heard, missed);
    }
}
