use proptest::{collection::vec, prelude::*};

use wire::chat::Message;

use super::*;
use crate::pages::chat::outbox::{Outgoing, State};

fn said(number: usize) -> Posted {
    let message = Message { name: "Ada".into(), text: number.to_string() };
    let (id, mark) = (format!("E-{number}"), String::new());
    Posted { id, at: "2026-11-22T05:18:03.000Z".into(), message, mark }
}

fn room(numbers: std::ops::Range<usize>) -> Room {
    Room {
        room: "lobby".into(),
        messages: numbers.map(said).collect(),
        older: Some("older".into()),
        newer: false,
        presence: wire::chat::RoomPresence::default(),
        me: String::new(),
        mark: String::new(),
        key: String::new(),
        draft: String::new(),
        unsent: None,
    }
}

fn shown(conversation: &Conversation) -> Vec<&str> {
    fn words(entry: &Entry) -> &str {
        match entry {
            Entry::Said(said, _) => &said.id[2..],
            Entry::Gap(_) => "gap",
            Entry::Purged(..) => "purged",
        }
    }
    conversation.entries().iter().map(words).collect()
}

fn mine(conversation: &Conversation) -> Vec<bool> {
    let mine = |entry: &Entry| matches!(entry, Entry::Said(_, true));
    conversation.entries().iter().map(mine).collect()
}

fn say(conversation: &mut Conversation, key: &str, number: usize) {
    conversation.outbox.say(key.into(), said(number).message);
}

#[test]
fn what_is_heard_comes_last_and_the_oldest_go() {
    let mut conversation = Conversation::new(room(1..4));
    assert!(conversation.hear(said(4), false));
    assert_eq!(shown(&conversation), ["1", "2", "3", "4"]);
    for number in 5..=SHOWN + 2 {
        conversation.hear(said(number), false);
    }
    assert_eq!(conversation.entries().len(), SHOWN);
    assert_eq!(conversation.older().map(String::as_str), Some("E-3"));
    assert!(!conversation.is_ahead());
}

#[test]
fn who_reads_back_loses_nothing_and_catches_up() {
    let mut conversation = Conversation::new(room(1000..1000 + SHOWN));
    conversation.prepend("older", (990..1000).map(said).collect(), Some("E-990".into()), false);
    assert_eq!(shown(&conversation)[0], "990");
    conversation.trim_newest();
    assert_eq!(conversation.newer().map(String::as_str), Some("E-1189"));
    // Heard, but not shown: what lies between is not there.
    conversation.hear(said(1300), true);
    conversation.hear(said(1301), false);
    assert_eq!(*shown(&conversation).last().unwrap(), "1189");
    // The history had not the last one yet.
    conversation.append("E-1189", (1190..=1300).map(said).collect(), false, false);
    assert!(conversation.is_ahead());
    conversation.append("E-1300", vec![said(1301)], false, false);
    assert!(!conversation.is_ahead());
    assert_eq!(conversation.newer(), None);
    conversation.hear(said(1302), false);
    let shown = shown(&conversation);
    assert_eq!(shown[shown.len() - 3..], ["1300", "1301", "1302"]);
    assert_eq!(shown.len(), SHOWN);
}

#[test]
fn while_the_visitor_reads_back_nothing_moves_away_under_their_eyes() {
    let mut conversation = Conversation::new(room(1..SHOWN));
    conversation.hear(said(SHOWN), true);
    assert_eq!((shown(&conversation)[0], conversation.entries().len()), ("1", SHOWN));
    conversation.hear(said(SHOWN + 1), true);
    assert!(conversation.is_ahead());
    assert_eq!((shown(&conversation)[0], conversation.entries().len()), ("1", SHOWN));
    conversation.renew(room(SHOWN - 5..SHOWN + 2));
    assert!(!conversation.is_ahead());
}

#[test]
fn a_page_of_older_messages_is_ahead_until_it_has_read_on() {
    let mut conversation = Conversation::new(Room { newer: true, ..room(1..4) });
    assert_eq!(conversation.newer().map(String::as_str), Some("E-3"));
    conversation.append("E-3", (4..6).map(said).collect(), true, false);
    assert!(conversation.is_ahead());
    conversation.append("E-5", Vec::new(), false, false);
    assert!(!conversation.is_ahead());
    assert_eq!(shown(&conversation), ["1", "2", "3", "4", "5"]);
}

#[test]
fn what_was_heard_and_removed_is_not_waited_for() {
    let mut conversation = Conversation::new(Room { newer: true, ..room(1..4) });
    conversation.hear(said(9), true);
    conversation.append("E-3", vec![said(4)], false, false);
    assert!(conversation.is_ahead());
    conversation.append("E-4", Vec::new(), false, false);
    assert!(!conversation.is_ahead());
}

#[test]
fn a_page_of_the_history_that_comes_too_late_is_of_no_use() {
    let mut conversation = Conversation::new(room(100..105));
    conversation.renew(Room { older: Some("E-200".into()), ..room(200..205) });
    conversation.prepend("older", (90..100).map(said).collect(), None, false);
    conversation.append("E-104", (105..110).map(said).collect(), false, false);
    assert_eq!(shown(&conversation), ["200", "201", "202", "203", "204"]);
    conversation.purge("E-205");
    conversation.prepend("E-200", (90..100).map(said).collect(), None, false);
    assert_eq!(shown(&conversation), ["purged"]);
}

#[test]
fn what_the_history_has_shown_is_not_heard_again() {
    let mut conversation = Conversation::new(room(1..4));
    conversation.renew(room(10..13));
    assert!(!conversation.hear(said(11), false));
    assert!(!conversation.hear(said(12), false));
    assert!(conversation.hear(said(13), false));
    assert_eq!(shown(&conversation), ["10", "11", "12", "13"]);
    // A new log counts from the beginning.
    conversation.gap(false);
    assert!(!conversation.hear(said(13), false));
    assert!(conversation.hear(Posted { id: "F-1".into(), ..said(1) }, false));
    assert_eq!(shown(&conversation), ["10", "11", "12", "13", "gap", "1"]);
}

#[test]
fn another_log_is_not_read_back_into_from_a_place_in_the_old_one() {
    let mut conversation = Conversation::new(room(1..4));
    let in_new_log = |number| Posted { id: format!("F-{number}"), ..said(number) };
    conversation.gap(false);
    conversation.hear(in_new_log(1), true);
    // It knows no such place, and gives its newest.
    conversation.prepend("older", vec![in_new_log(1)], Some("F-1".into()), true);
    assert_eq!(shown(&conversation), ["1", "2", "3", "gap", "1"]);
    assert_eq!(conversation.older(), None);
    // Who is further back than all that was heard reads on in it, and hears that something is missing.
    let mut conversation = Conversation::new(Room { newer: true, ..room(1..4) });
    conversation.gap(true);
    conversation.hear(in_new_log(2), true);
    conversation.append("E-3", vec![in_new_log(1)], false, true);
    assert_eq!(
        (shown(&conversation), conversation.is_ahead()),
        (vec!["1", "2", "3", "gap", "1"], true)
    );
    conversation.append("F-1", vec![in_new_log(2)], false, false);
    assert!(!conversation.is_ahead());
}

#[test]
fn a_restart_of_the_server_shows_nothing_twice() {
    let in_new_log = |number| Posted { id: format!("F-{number}"), ..said(number) };
    let spans = [("E", 0), ("F", 4)].map(|(epoch, after)| Span { epoch: epoch.into(), after });
    let mut conversation = Conversation::new(room(1..4));
    // The history is ahead of the stream.
    conversation.learn(&spans);
    conversation.renew(Room { messages: vec![said(4), in_new_log(5)], ..room(0..0) });
    assert!(!conversation.hear(said(4), false));
    assert!(!conversation.hear(in_new_log(5), false));
    assert!(conversation.hear(in_new_log(6), false));
    assert_eq!(shown(&conversation), ["4", "5", "6"]);
    // A purge is of what came before it, in whichever epoch.
    conversation
        .renew(Room { messages: vec![said(3), in_new_log(5), in_new_log(6)], ..room(0..0) });
    conversation.purge("E-4");
    assert_eq!(shown(&conversation), ["purged", "5", "6"]);
    // The same where the epochs are heard of, or where nothing is known of them yet.
    let mut conversation = Conversation::new(room(1..4));
    let mut known = Spans::default();
    known.learn(&spans);
    conversation.learn(known.as_slice());
    conversation.renew(Room { messages: vec![in_new_log(5)], ..room(0..0) });
    assert!(!conversation.hear(said(4), false));
    let mut conversation = Conversation::new(room(1..4));
    assert!(conversation.hear(in_new_log(4), false));
    assert_eq!(shown(&conversation), ["1", "2", "3", "4"]);
}

#[test]
fn a_message_that_was_removed_goes_alone_and_stays_away() {
    let mut conversation = Conversation::new(room(1..4));
    say(&mut conversation, "a", 4);
    conversation.outbox.next();
    conversation.answered("a", Ok("E-4".into()));
    conversation.remove("E-2");
    conversation.remove("E-4");
    conversation.remove("X-9");
    assert_eq!((shown(&conversation), conversation.outbox.all().len()), (vec!["1", "3"], 0));
    assert_eq!(
        (conversation.older().map(String::as_str), conversation.is_ahead()),
        (Some("older"), false)
    );
    // What was on its way from the history, or from another leader, is of before.
    conversation.prepend("older", vec![said(0), said(2)], None, false);
    conversation.hear(said(4), false);
    conversation.hear(said(5), false);
    assert_eq!(shown(&conversation), ["0", "1", "3", "5"]);
    conversation.renew(room(1..4));
    assert_eq!(shown(&conversation), ["1", "3"]);
}

#[test]
fn a_message_is_shown_once_whichever_comes_first() {
    // The answer, then the event.
    let mut conversation = Conversation::default();
    say(&mut conversation, "a", 1);
    conversation.outbox.next();
    conversation.answered("a", Ok("E-1".into()));
    assert_eq!(conversation.outbox.all().len(), 1);
    assert!(!conversation.hear(said(1), false));
    // The event, then the answer.
    say(&mut conversation, "b", 2);
    conversation.outbox.next();
    assert!(!conversation.hear(said(2), false));
    conversation.answered("b", Ok("E-2".into()));
    // Another has said the same at the same time: each is there once.
    say(&mut conversation, "c", 3);
    conversation.outbox.next();
    conversation.hear(said(3), false);
    conversation.hear(Posted { id: "E-9".into(), ..said(3) }, false);
    conversation.answered("c", Ok("E-9".into()));
    assert_eq!(conversation.outbox.all(), []);
    assert_eq!(shown(&conversation), ["1", "2", "3", "9"]);
    assert_eq!(mine(&conversation), [true, true, false, true]);
}

#[test]
fn nothing_that_waits_is_lost_because_the_same_was_said_before() {
    let mut conversation = Conversation::new(room(1..4));
    say(&mut conversation, "a", 2);
    say(&mut conversation, "b", 9);
    conversation.outbox.next();
    conversation.renew(room(1..5));
    // Its like is heard, and it is refused all the same.
    conversation.hear(Posted { id: "E-5".into(), ..said(2) }, false);
    conversation.hear(said(9), false);
    conversation.answered("a", Err(Unsent::TooFast));
    let states: Vec<_> = conversation.outbox.all().iter().map(|one| one.state.clone()).collect();
    assert_eq!(states, [State::Waiting, State::Waiting]);
}

/// A page that was loaded again after a restart, with a message whose answer was lost before.
fn reloaded(newest: &str) -> Conversation {
    let messages = vec![said(3), Posted { id: newest.into(), ..said(5) }];
    let mut conversation = Conversation::new(Room { messages, ..room(0..0) });
    say(&mut conversation, "a", 2);
    conversation.outbox.next();
    conversation
}

#[test]
fn what_was_taken_before_a_restart_is_not_on_its_way_for_ever() {
    let spans = |begin: usize| {
        let all = [("D", 0), ("E", 1), ("F", 4)].map(|(epoch, after)| (epoch.to_owned(), after));
        let spans = all[begin..].iter().cloned();
        let mut known = Spans::default();
        known.learn(&spans.map(|(epoch, after)| Span { epoch, after }).collect::<Vec<_>>());
        known
    };
    // It is among those that are shown, although nothing is known of the epochs.
    let mut conversation = reloaded("F-5");
    conversation.answered("a", Ok("E-3".into()));
    assert_eq!(conversation.outbox.all(), []);
    assert_eq!(mine(&conversation), [true, false]);
    // It is further back: in an epoch that is told of, or in one before.
    for begin in [1, 2] {
        let mut conversation = reloaded("F-5");
        conversation.answered("a", Ok("E-2".into()));
        assert_eq!(conversation.outbox.all().len(), 1);
        conversation.learn(spans(begin).as_slice());
        assert_eq!(conversation.outbox.all(), [], "{begin}");
    }
    // It is yet to come, after another restart.
    let mut conversation = reloaded("E-4");
    conversation.learn(spans(1).as_slice());
    conversation.answered("a", Ok("G-6".into()));
    conversation.hear(Posted { id: "F-5".into(), ..said(5) }, false);
    assert_eq!(conversation.outbox.all().len(), 1);
    conversation.hear(Posted { id: "G-6".into(), ..said(2) }, false);
    assert_eq!(conversation.outbox.all(), []);
    // It was missed.
    let mut conversation = reloaded("F-5");
    conversation.answered("a", Ok("F-6".into()));
    conversation.gap(false);
    conversation.hear(Posted { id: "F-7".into(), ..said(7) }, false);
    assert_eq!(conversation.outbox.all(), []);
}

#[test]
fn what_was_delivered_and_is_no_longer_shown_leaves_nothing_behind() {
    let mut conversation = Conversation::default();
    say(&mut conversation, "a", 1);
    conversation.outbox.next();
    conversation.hear(said(1), false);
    conversation.purge("E-2");
    conversation.answered("a", Ok("E-1".into()));
    assert_eq!((shown(&conversation), conversation.outbox.all().len()), (vec!["purged"], 0));
}

#[test]
fn messages_are_sent_one_after_the_other_and_what_fails_stays() {
    let mut conversation = Conversation::default();
    for (key, number) in [("a", 1), ("b", 2), ("c", 3)] {
        say(&mut conversation, key, number);
    }
    let next = |conversation: &mut Conversation| conversation.outbox.next().map(|one| one.key);
    assert_eq!(next(&mut conversation).as_deref(), Some("a"));
    assert_eq!(next(&mut conversation), None);
    conversation.answered("a", Err(Unsent::TooFast));
    assert_eq!(next(&mut conversation).as_deref(), Some("a"));
    conversation.answered("a", Err(Unsent::Closed));
    assert_eq!(next(&mut conversation).as_deref(), Some("b"));
    conversation.answered("b", Err(Unsent::Unreached));
    // It may be in the log: what was said after it comes after it.
    assert_eq!(next(&mut conversation).as_deref(), Some("b"));
    conversation.answered("b", Ok("E-2".into()));
    assert_eq!(next(&mut conversation).as_deref(), Some("c"));
    conversation.answered("c", Ok("E-3".into()));
    assert_eq!(next(&mut conversation), None);
    conversation.outbox.retry("a");
    assert_eq!(next(&mut conversation).as_deref(), Some("a"));
    assert_eq!(
        conversation.outbox.take_back("a").map(|message| message.text).as_deref(),
        Some("1")
    );
    assert_eq!(conversation.outbox.take_back("a"), None);
}

#[test]
fn what_was_removed_is_gone_and_what_is_on_its_way_is_not() {
    let mut conversation = Conversation::new(room(1..4));
    conversation.gap(false);
    say(&mut conversation, "a", 4);
    conversation.outbox.next();
    conversation.answered("a", Ok("E-4".into()));
    say(&mut conversation, "b", 6);
    conversation.purge("E-5");
    assert_eq!(shown(&conversation), ["purged"]);
    assert_eq!((conversation.older(), conversation.outbox.all().len()), (None, 1));
    conversation.hear(said(6), false);
    assert_eq!(shown(&conversation), ["purged", "6"]);
    conversation.purge("E-7");
    assert_eq!(shown(&conversation), ["purged"]);
}

#[test]
fn what_was_said_after_a_purge_stays() {
    let mut conversation = Conversation::new(room(1..4));
    say(&mut conversation, "a", 7);
    conversation.outbox.next();
    // The history has it before the stream has said that what stood there is gone.
    conversation.renew(Room { older: None, ..room(6..7) });
    conversation.answered("a", Ok("E-7".into()));
    conversation.purge("E-5");
    assert_eq!((shown(&conversation), conversation.is_ahead()), (vec!["purged", "6"], false));
    assert!(!conversation.hear(said(6), false));
    conversation.hear(said(7), false);
    assert_eq!((shown(&conversation), mine(&conversation)[2]), (vec!["purged", "6", "7"], true));
    // Heard, but not shown, because the visitor reads back: it is read on from the purge.
    let mut conversation = Conversation::new(Room { newer: true, ..room(1..4) });
    conversation.hear(said(9), true);
    conversation.purge("E-8");
    assert_eq!(conversation.newer().map(String::as_str), Some("E-8"));
    conversation.append("E-8", vec![said(9)], false, false);
    assert_eq!((shown(&conversation), conversation.is_ahead()), (vec!["purged", "9"], false));
}

#[test]
fn the_same_said_twice_is_there_twice() {
    let mut conversation = Conversation::default();
    say(&mut conversation, "a", 1);
    say(&mut conversation, "b", 1);
    conversation.outbox.next();
    conversation.answered("a", Ok("E-1".into()));
    conversation.outbox.next();
    assert!(!conversation.hear(said(1), false));
    conversation.answered("b", Err(Unsent::Unreached));
    assert_eq!(conversation.outbox.all().len(), 1);
    assert_eq!(conversation.outbox.next().unwrap().key, "b");
}

#[test]
fn an_answer_that_is_lost_loses_and_doubles_nothing() {
    for lost in [Unsent::Unreached, Unsent::Unavailable] {
        for heard_before in [true, false] {
            let mut conversation = Conversation::default();
            say(&mut conversation, "a", 1);
            conversation.outbox.next();
            if heard_before {
                assert!(!conversation.hear(said(1), false));
            }
            conversation.answered("a", Err(lost));
            if !heard_before {
                assert!(!conversation.hear(said(1), false));
            }
            // It is not shown twice, and sent again: another may have said it.
            assert!(conversation.outbox.all()[0].heard);
            assert_eq!(conversation.outbox.next().unwrap().key, "a");
            conversation.answered("a", Ok("E-1".into()));
            assert_eq!((shown(&conversation), mine(&conversation)), (vec!["1"], vec![true]));
            assert_eq!(conversation.outbox.all(), []);
        }
    }
}

#[test]
fn what_another_said_in_the_same_words_stands_for_nothing() {
    let mut conversation = Conversation::default();
    say(&mut conversation, "a", 1);
    conversation.outbox.next();
    conversation.answered("a", Err(Unsent::Unreached));
    conversation.hear(said(1), false);
    conversation.outbox.next();
    conversation.answered("a", Ok("E-2".into()));
    assert!(!conversation.outbox.all()[0].heard);
    conversation.hear(Posted { id: "E-2".into(), ..said(1) }, false);
    assert_eq!((shown(&conversation), mine(&conversation)), (vec!["1", "2"], vec![false, true]));
    // Or it is refused: then it is shown as refused.
    say(&mut conversation, "b", 3);
    conversation.outbox.next();
    conversation.hear(said(3), false);
    conversation.answered("b", Err(Unsent::Closed));
    let refused = &conversation.outbox.all()[0];
    assert_eq!((refused.heard, &refused.state), (false, &State::Failed(Unsent::Closed)));
}

/// A step of a conversation between two, over a network that loses answers.
#[derive(Clone, Copy, Debug)]
enum Step {
    Say(usize),
    Other(usize),
    Send { arrives: bool, answered: bool },
    Hear,
    Reload,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2_usize).prop_map(Step::Say),
        (0..2_usize).prop_map(Step::Other),
        (any::<bool>(), any::<bool>())
            .prop_map(|(arrives, answered)| Step::Send { arrives, answered }),
        Just(Step::Hear),
        Just(Step::Reload),
    ]
}

/// The server: the key and the words of each message, in order.
#[derive(Default)]
struct Kept(Vec<(String, usize)>);

impl Kept {
    fn take(&mut self, key: &str, words: usize) -> String {
        let at = self.0.iter().position(|(kept, _)| kept == key).unwrap_or_else(|| {
            self.0.push((key.into(), words));
            self.0.len() - 1
        });
        format!("E-{}", at + 1)
    }

    /// The next event of the stream.
    fn hear(&self, conversation: &mut Conversation, heard: &mut usize) {
        if let Some((_, words)) = self.0.get(*heard) {
            *heard += 1;
            conversation.hear(Posted { id: format!("E-{heard}"), ..said(*words) }, false);
        }
    }

    fn answer(&mut self, conversation: &mut Conversation, arrives: bool, answered: bool) {
        let Some(Outgoing { key, message, .. }) = conversation.outbox.next() else { return };
        let words = message.text.parse().unwrap();
        let id = arrives.then(|| self.take(&key, words));
        conversation.answered(&key, id.filter(|_| answered).ok_or(Unsent::Unreached));
    }
}

/// What waits comes back with the page.
fn reload(conversation: &mut Conversation) {
    let kept = std::mem::take(&mut conversation.outbox).kept();
    conversation.outbox.take_up(&kept);
}

proptest! {
    /// Another says the same under the same name.
    #[test]
    fn nothing_that_was_said_is_lost_or_doubled(steps in vec(step(), 1..40)) {
        let (mut conversation, mut kept, mut heard) = (Conversation::default(), Kept::default(), 0);
        let mut keys = Vec::new();
        for step in steps {
            match step {
                Step::Say(words) => {
                    keys.push(format!("k{}", keys.len()));
                    say(&mut conversation, keys.last().unwrap(), words);
                }
                // The same words under the same name.
                Step::Other(words) => drop(kept.take(&format!("o{}", kept.0.len()), words)),
                Step::Send { arrives, answered } => {
                    kept.answer(&mut conversation, arrives, answered);
                }
                Step::Hear => kept.hear(&mut conversation, &mut heard),
                Step::Reload => reload(&mut conversation),
            }
        }
        // The trouble is over.
        while conversation.outbox.all().iter().any(|one| one.state == State::Waiting) {
            kept.answer(&mut conversation, true, true);
        }
        while heard < kept.0.len() {
            kept.hear(&mut conversation, &mut heard);
        }
        prop_assert_eq!(conversation.outbox.all(), []);
        let there: Vec<_> = kept.0.iter().map(|(key, _)| key).filter(|key| key.starts_with('k')).collect();
        prop_assert_eq!(there, keys.iter().collect::<Vec<_>>());
        let ids: Vec<_> = (1..=kept.0.len()).map(|number| number.to_string()).collect();
        prop_assert_eq!(shown(&conversation), ids);
    }
}
