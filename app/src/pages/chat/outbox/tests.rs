use super::*;

fn message(text: &str) -> Message {
    Message { name: "Ada & 王".into(), text: text.into() }
}

fn by(who: &str, at: i64) -> Stamp {
    (who.into(), at)
}

fn states(outbox: &Outbox) -> Vec<State> {
    outbox.all().iter().map(|one| one.state.clone()).collect()
}

/// What was said at the hour 0, kept and taken up.
fn reloaded(texts: &[&str]) -> Outbox {
    let mut before = Outbox::default();
    before.stamp(by("Ada", 0));
    for (number, text) in texts.iter().enumerate() {
        before.say(format!("k{number}"), message(text));
    }
    let mut outbox = Outbox::default();
    outbox.take_up(&before.kept());
    outbox
}

#[test]
fn what_waits_is_taken_up_with_its_keys_and_in_order() {
    let texts = ["one", "a=b&key=c\n+%00", "\u{2028}三\n"];
    let mut outbox = reloaded(&texts);
    outbox.say("k3".into(), message("said since"));
    let there = |one: &Outgoing| (one.key.clone(), one.message.text.clone());
    let all: Vec<_> = outbox.all().iter().map(there).collect();
    let texts = texts.iter().chain(&["said since"]).enumerate();
    let expected: Vec<_> = texts.map(|(at, text)| (format!("k{at}"), (*text).into())).collect();
    assert_eq!(all, expected);
    assert_eq!(outbox.all()[0].message, message("one"));
    for nonsense in ["", "text=a", "%ff&&="] {
        let mut outbox = Outbox::default();
        outbox.take_up(nonsense);
        assert_eq!(outbox.all(), []);
    }
}

#[test]
fn an_old_page_that_comes_back_learns_what_another_has_done_since() {
    let mut outbox = reloaded(&["one", "two", "three"]);
    for (key, cursor) in [("k0", "E-1"), ("k1", "E-2")] {
        assert_eq!(outbox.next().unwrap().key, key);
        outbox.answered(key, Ok(cursor.into()));
    }
    assert!(outbox.show("E-1"));
    assert_eq!(outbox.next().unwrap().key, "k2");
    // Nothing was done: nothing changes, and what is on its way stays so.
    outbox.take_up(&outbox.kept());
    assert_eq!(states(&outbox), [State::Delivered("E-2".into()), State::Sending]);
    let mut other = Outbox::default();
    other.take_up(&outbox.kept());
    other.say("k4".into(), message("four"));
    outbox.take_up(&other.kept());
    assert_eq!(outbox.all().last().unwrap().key, "k4");
    other.take_back("k2");
    outbox.take_up(&other.kept());
    assert_eq!(states(&outbox), [State::Delivered("E-2".into()), State::Waiting]);
}

#[test]
fn what_is_delivered_is_not_kept_and_what_is_not_is() {
    let mut outbox = Outbox::default();
    for key in ["a", "b", "c"] {
        outbox.say(key.into(), message(key));
    }
    outbox.next();
    outbox.answered("a", Ok("E-1".into()));
    outbox.next();
    outbox.answered("b", Err(Unsent::Closed));
    outbox.next();
    let mut after = Outbox::default();
    after.take_up(&outbox.kept());
    assert_eq!(after.all().iter().map(|one| &*one.key).collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn what_is_old_or_anothers_is_offered_and_not_sent() {
    const HOUR: i64 = 3_600_000_000;
    for (stamp, state) in [
        (by("Ada", 20 * HOUR), State::Waiting),
        (by("Ada", 20 * HOUR + 1), State::Offered),
        // A clock that was set.
        (by("Ada", -30 * HOUR), State::Offered),
        (by("Bob", HOUR), State::Offered),
        (by("", HOUR), State::Offered),
    ] {
        let mut outbox = reloaded(&["one"]);
        assert_eq!(outbox.stamp(stamp.clone()), state == State::Offered);
        assert_eq!(states(&outbox), std::slice::from_ref(&state), "{stamp:?}");
        assert_eq!(outbox.next().is_some(), state == State::Waiting);
        // It bars nobody's way, and goes when the visitor says so.
        outbox.say("k9".into(), message("now"));
        outbox.answered("k0", Ok("E-1".into()));
        assert_eq!(outbox.next().unwrap().key, "k9");
    }
    let mut outbox = reloaded(&["one"]);
    outbox.stamp(by("Bob", HOUR));
    outbox.retry("k0");
    outbox.stamp(by("Bob", 2 * HOUR));
    assert_eq!(outbox.next().unwrap().key, "k0");
}

#[test]
fn what_cannot_be_taken_now_keeps_its_place_and_what_never_can_bars_no_way() {
    for (why, next) in [
        (Unsent::TooFast, "a"),
        (Unsent::Unavailable, "a"),
        (Unsent::Unreached, "a"),
        (Unsent::BadText, "b"),
        (Unsent::Closed, "b"),
        (Unsent::Elsewhere, "b"),
        (Unsent::Refused, "b"),
        (Unsent::OtherText, "b"),
    ] {
        let mut outbox = Outbox::default();
        for key in ["a", "b"] {
            outbox.say(key.into(), message(key));
        }
        outbox.next();
        outbox.answered("a", Err(why));
        assert_eq!(outbox.next().unwrap().key, next, "{why:?}");
    }
}

#[test]
fn a_key_that_was_used_for_what_was_tried_before_says_that_it_is_there() {
    let mut outbox = reloaded(&["one"]);
    outbox.stamp(by("Ada", 0));
    outbox.next();
    outbox.answered("k0", Err(Unsent::OtherText));
    assert_eq!(outbox.all(), []);
}

#[test]
fn a_tab_that_was_duplicated_shows_what_its_twin_has_sent_once() {
    let mut twin = reloaded(&["one", "one"]);
    twin.stamp(by("Ada", 0));
    let (id, at, mark) = ("E-1".into(), String::new(), String::new());
    let heard = Posted { id, at, message: message("one"), mark };
    // It may be either, or what was said before.
    assert!(!twin.hear(&heard));
    assert_eq!(twin.next().unwrap().key, "k0");
    twin.answered("k0", Ok("E-1".into()));
    assert!(twin.show("E-1"));
    assert_eq!(twin.next().unwrap().key, "k1");
}
