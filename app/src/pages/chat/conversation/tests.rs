use super::*;

fn said(number: usize) -> Posted {
    let message = Message { name: "Ada".into(), text: number.to_string() };
    Posted { id: format!("E-{number}"), at: "2026-11-22T05:18:03.000Z".into(), message }
}

fn room(numbers: std::ops::Range<usize>) -> Room {
    Room {
        room: "lobby".into(),
        messages: numbers.map(said).collect(),
        older: Some("older".into()),
        newer: false,
        here: crate::chat::Here::default(),
        me: String::new(),
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
            Entry::Purged(_) => "purged",
        }
    }
    conversation.entries().iter().map(words).collect()
}

fn mine(conversation: &Conversation) -> Vec<bool> {
    let mine = |entry: &Entry| matches!(entry, Entry::Said(_, true));
    conversation.entries().iter().map(mine).collect()
}

fn say(conversation: &mut Conversation, key: &str, number: usize) {
    conversation.say(key.into(), said(number).message);
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
    conversation.prepend("older", (990..1000).map(said).collect(), Some("E-990".into()));
    assert_eq!(shown(&conversation)[0], "990");
    conversation.trim_newest();
    assert_eq!(conversation.newer().map(String::as_str), Some("E-1189"));
    // Heard, but not shown: what lies between is not there.
    conversation.hear(said(1300), true);
    conversation.hear(said(1301), false);
    assert_eq!(*shown(&conversation).last().unwrap(), "1189");
    // The history had not the last one yet.
    conversation.append("E-1189", (1190..=1300).map(said).collect(), false);
    assert!(conversation.is_ahead());
    conversation.append("E-1300", vec![said(1301)], false);
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
    conversation.append("E-3", (4..6).map(said).collect(), true);
    assert!(conversation.is_ahead());
    conversation.append("E-5", Vec::new(), false);
    assert!(!conversation.is_ahead());
    assert_eq!(shown(&conversation), ["1", "2", "3", "4", "5"]);
}

#[test]
fn what_was_heard_and_removed_is_not_waited_for() {
    let mut conversation = Conversation::new(Room { newer: true, ..room(1..4) });
    conversation.hear(said(9), true);
    conversation.append("E-3", vec![said(4)], false);
    assert!(conversation.is_ahead());
    conversation.append("E-4", Vec::new(), false);
    assert!(!conversation.is_ahead());
}

#[test]
fn a_page_of_the_history_that_comes_too_late_is_of_no_use() {
    let mut conversation = Conversation::new(room(100..105));
    conversation.renew(Room { older: Some("E-200".into()), ..room(200..205) });
    conversation.prepend("older", (90..100).map(said).collect(), None);
    conversation.append("E-104", (105..110).map(said).collect(), false);
    assert_eq!(shown(&conversation), ["200", "201", "202", "203", "204"]);
    conversation.purge();
    conversation.prepend("E-200", (90..100).map(said).collect(), None);
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
    // A log that was made anew counts from the beginning.
    conversation.gap(false);
    assert!(conversation.hear(said(1), false));
    assert_eq!(shown(&conversation), ["10", "11", "12", "13", "gap", "1"]);
}

#[test]
fn a_message_is_shown_once_whichever_comes_first() {
    // The answer, then the event.
    let mut conversation = Conversation::default();
    say(&mut conversation, "a", 1);
    conversation.next();
    conversation.answered("a", Ok("E-1".into()));
    assert_eq!(conversation.outbox().len(), 1);
    assert!(!conversation.hear(said(1), false));
    // The event, then the answer.
    say(&mut conversation, "b", 2);
    conversation.next();
    assert!(!conversation.hear(said(2), false));
    conversation.answered("b", Ok("E-2".into()));
    // Another has said the same at the same time: each is there once.
    say(&mut conversation, "c", 3);
    conversation.next();
    conversation.hear(said(3), false);
    conversation.hear(Posted { id: "E-9".into(), ..said(3) }, false);
    conversation.answered("c", Ok("E-9".into()));
    assert_eq!(conversation.outbox(), []);
    assert_eq!(shown(&conversation), ["1", "2", "3", "9"]);
    assert_eq!(mine(&conversation), [true, true, false, true]);
}

#[test]
fn nothing_that_waits_is_lost_because_the_same_was_said_before() {
    let mut conversation = Conversation::new(room(1..4));
    say(&mut conversation, "a", 2);
    say(&mut conversation, "b", 9);
    conversation.next();
    conversation.renew(room(1..5));
    // Its like is heard, and it is refused all the same.
    conversation.hear(Posted { id: "E-5".into(), ..said(2) }, false);
    conversation.hear(said(9), false);
    conversation.answered("a", Err(Unsent::TooFast));
    let states: Vec<_> = conversation.outbox().iter().map(|one| one.state.clone()).collect();
    assert_eq!(states, [State::Failed(Unsent::TooFast), State::Waiting]);
}

#[test]
fn what_was_delivered_and_is_no_longer_shown_leaves_nothing_behind() {
    let mut conversation = Conversation::default();
    say(&mut conversation, "a", 1);
    conversation.next();
    conversation.hear(said(1), false);
    conversation.purge();
    conversation.answered("a", Ok("E-1".into()));
    assert_eq!((shown(&conversation), conversation.outbox().len()), (vec!["purged"], 0));
}

#[test]
fn messages_are_sent_one_after_the_other_and_what_fails_stays() {
    let mut conversation = Conversation::default();
    for (key, number) in [("a", 1), ("b", 2), ("c", 3)] {
        say(&mut conversation, key, number);
    }
    let next = |conversation: &mut Conversation| conversation.next().map(|one| one.key);
    assert_eq!(next(&mut conversation).as_deref(), Some("a"));
    assert_eq!(next(&mut conversation), None);
    conversation.answered("a", Err(Unsent::TooFast));
    assert_eq!(next(&mut conversation).as_deref(), Some("b"));
    conversation.answered("b", Err(Unsent::Unreached));
    // It may be in the log: what was said after it comes after it.
    assert_eq!(next(&mut conversation), None);
    conversation.retry(None);
    assert_eq!(next(&mut conversation).as_deref(), Some("b"));
    conversation.answered("b", Ok("E-2".into()));
    assert_eq!(next(&mut conversation).as_deref(), Some("c"));
    conversation.answered("c", Ok("E-3".into()));
    assert_eq!(next(&mut conversation), None);
    conversation.retry(Some("a"));
    assert_eq!(next(&mut conversation).as_deref(), Some("a"));
    assert_eq!(conversation.take_back("a").map(|message| message.text).as_deref(), Some("1"));
    assert_eq!(conversation.take_back("a"), None);
}

#[test]
fn what_was_removed_is_gone_and_what_is_on_its_way_is_not() {
    let mut conversation = Conversation::new(room(1..4));
    conversation.gap(false);
    say(&mut conversation, "a", 4);
    conversation.next();
    conversation.answered("a", Ok("E-4".into()));
    say(&mut conversation, "b", 5);
    conversation.purge();
    assert_eq!(shown(&conversation), ["purged"]);
    assert_eq!((conversation.older(), conversation.outbox().len()), (None, 1));
    conversation.hear(said(5), false);
    assert_eq!(shown(&conversation), ["purged", "5"]);
    conversation.purge();
    assert_eq!(shown(&conversation), ["purged"]);
}

#[test]
fn an_answer_that_is_lost_loses_and_doubles_nothing() {
    let mut conversation = Conversation::default();
    // It was heard before the answer was lost,
    say(&mut conversation, "a", 1);
    conversation.next();
    assert!(!conversation.hear(said(1), false));
    conversation.answered("a", Err(Unsent::Unreached));
    // or after.
    say(&mut conversation, "b", 2);
    conversation.next();
    conversation.answered("b", Err(Unsent::Unreached));
    assert!(!conversation.hear(said(2), false));
    assert_eq!((shown(&conversation), conversation.outbox().len()), (vec!["1", "2"], 0));
    assert_eq!(mine(&conversation), [true, true]);
}
