//! A subscription as a machine: no runtime, no timers, and a log whose answers are handed in.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::FutureExt;
use tokio::time::Instant;

use super::{
    CHUNK, Next, Now, Request, Subscription, Wanted,
    position::{PAGE, Position},
    selection::Selection,
};
use crate::{
    Clock, Grant, Hub,
    budget::{Account, Budget, Progress},
    client::Address,
    event::{Draft, Topic},
    frame::{Format, Frame},
    log::{Bounds, Memory, Page, Query, Retention},
    selector::{Selected, Selector},
    tail,
};

const BEGIN: i64 = 1_795_324_681_400_000;
const SECOND: Duration = Duration::from_secs(1);

/// A subscription to `a`, a log, and a time that goes on when it is told to.
struct World {
    hub: Hub,
    account: Account,
    subscription: Subscription,
    now: Now,
}

impl World {
    /// One whose tail holds so many events, and whose reader's rights end then.
    fn new(tail: usize, expires: Option<i64>) -> Self {
        Self::keeping(Retention::default(), tail, expires)
    }

    fn keeping(retention: Retention, tail: usize, expires: Option<i64>) -> Self {
        let clock = Clock::starting_at(BEGIN).proven();
        let tail = tail::Bounds { events: tail, ..tail::Bounds::default() };
        let hub = Hub::new(clock, Arc::new(Memory::new(clock, retention, tail)));
        let account = Account::new(&Budget::new(16 << 20), None, Progress::new());
        let request = Request { topics: vec![Selector::new("a").unwrap()], ..Request::default() };
        let selection = Selection::new(&hub, &account, &request, &Grant::default());
        let (now, after) = (Instant::now(), hub.log().tail().position());
        let position = Position::new(selection, after, VecDeque::new(), now);
        let reader = hub.admit(Address::Unknown);
        let greeting = (Frame::COMMENT, 0);
        let mut subscription = Subscription::new(reader, greeting, Some(position), expires, now);
        assert_eq!(subscription.greeting().unwrap(), ":\n\n");
        assert_eq!(subscription.greeting(), None);
        let now = Now { instant: now, wall: BEGIN };
        Self { hub, account, subscription, now }
    }

    /// Publishes, and returns the frame as its readers get it.
    fn publish(&self, topic: &str, data: &str) -> Bytes {
        let topics = vec![Topic::new(topic).unwrap()];
        let draft = Draft { topics, event_type: None, data: data.into(), private: false };
        let id = self.hub.log().append(draft, None).now_or_never().unwrap().unwrap();
        Bytes::from(format!("data: {data}\nid: {id}\n\n"))
    }

    fn pass(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall += i64::try_from(time.as_micros()).unwrap();
        self.subscription.has_taken(self.now.instant);
    }

    /// The same, where the reader has taken nothing in between.
    fn pass_silently(&mut self, time: Duration) {
        let taken = self.now.instant;
        self.pass(time);
        self.subscription.has_taken(taken);
    }

    fn next(&mut self) -> Next {
        self.subscription.next(self.now, CHUNK, || None)
    }

    fn wait(&self, after: Duration, wanted: Wanted) -> Next {
        Next::Wait { until: self.now.instant + after, wanted: Some(wanted) }
    }

    /// What the log has after a sequence.
    fn page(&self, after: u64) -> Page {
        let query = Query::after(vec![Selected::public(Topic::new("a").unwrap())], after);
        self.hub.log().read(query).now_or_never().unwrap().unwrap()
    }

    fn read(&mut self, page: &Page) -> Option<Bytes> {
        let room = self.account.nothing();
        self.subscription.page(page, room, self.now.instant)
    }
}

fn bytes(text: impl Into<String>) -> Next {
    Next::Bytes(Bytes::from(text.into()))
}

#[test]
fn who_is_told_nothing_for_15_s_gets_a_comment() {
    let mut world = World::new(10, None);
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::News));
    world.pass_silently(14 * SECOND);
    assert_eq!(world.next(), world.wait(SECOND, Wanted::News));
    world.pass_silently(15 * SECOND);
    assert_eq!(world.next(), bytes(":\n\n"));
    world.pass(SECOND);
    assert_eq!(world.next(), world.wait(14 * SECOND, Wanted::News));
}

#[test]
fn a_quiet_topics_reader_is_told_where_it_is_though_other_topics_keep_it_busy() {
    let mut world = World::new(10, None);
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::News));
    world.publish("other", "1");
    world.pass(14 * SECOND);
    assert_eq!(world.next(), world.wait(SECOND, Wanted::News));
    world.pass(SECOND);
    let id = world.hub.log().tail().position();
    assert_eq!(world.next(), bytes(format!(":\n\nid: {id}\n\n")));
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::News));
}

#[test]
fn events_come_in_pieces_of_about_the_limit_and_a_state_before_them() {
    let mut world = World::new(10, None);
    let (first, second) = (world.publish("a", "1"), world.publish("a", "2"));
    world.publish("b", "not for this reader");
    let now = world.now;
    let state = || Some(Frame::state("time", BEGIN, "now", Format::Message));
    assert_eq!(world.subscription.next(now, 1, state), bytes("data: now\n\n"));
    assert_eq!(world.subscription.next(now, 1, || None), Next::Bytes(first));
    assert_eq!(world.subscription.next(now, 1, || None), Next::Bytes(second));
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::News));
    let both = [world.publish("a", "3"), world.publish("a", "4")].concat();
    assert_eq!(world.next(), Next::Bytes(both.into()));
}

#[test]
fn what_the_tail_has_let_go_of_is_asked_for_once_and_read() {
    let mut world = World::new(1, None);
    let all: Vec<_> = (0..3).map(|data| world.publish("a", &data.to_string())).collect();
    let page = Wanted::Page { after: 0, limit: PAGE };
    assert_eq!(world.next(), world.wait(15 * SECOND, page));
    // As long as it does not come nothing else is asked for, and silence is silence.
    world.pass_silently(15 * SECOND);
    assert_eq!(world.next(), bytes(":\n\n"));
    world.pass(Duration::ZERO);
    assert_eq!(world.next(), world.wait(15 * SECOND, page));
    let read = world.page(0);
    assert_eq!(world.read(&read).unwrap(), all.concat());
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::News));
}

#[test]
fn a_log_that_cannot_be_read_is_left_alone_for_half_a_second() {
    let mut world = World::new(1, None);
    world.publish("a", "1");
    world.publish("a", "2");
    let page = Wanted::Page { after: 0, limit: PAGE };
    assert_eq!(world.next(), world.wait(15 * SECOND, page));
    world.subscription.is_unavailable(world.now.instant);
    let until = world.now.instant + SECOND / 2;
    assert_eq!(world.next(), world.wait(SECOND / 2, Wanted::Pause(until)));
    world.pass_silently(SECOND / 2);
    assert_eq!(world.next(), world.wait(29 * SECOND / 2, page));
}

#[test]
fn what_retention_has_dropped_is_a_gap_with_the_place_where_reading_goes_on() {
    let total = Bounds { events: 1, ..Bounds::NONE };
    let mut world = World::keeping(Retention { total, rules: Vec::new() }, 1, None);
    let begin = world.hub.log().cursor(0);
    world.publish("a", "1");
    let last = world.publish("a", "2");
    let page = Wanted::Page { after: 0, limit: PAGE };
    assert_eq!(world.next(), world.wait(15 * SECOND, page));
    let read = world.page(0);
    let at = world.hub.log().cursor(1);
    let gap =
        format!("event: gap\ndata: {{\"reason\":\"expired\",\"after\":\"{begin}\"}}\nid: {at}\n\n");
    assert_eq!(world.read(&read).unwrap(), [gap.as_bytes(), &last].concat());
}

#[test]
fn a_reader_whose_rights_end_is_told_so_and_nothing_else() {
    let mut world = World::new(10, Some(BEGIN + 40_000_000));
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::News));
    world.pass(35 * SECOND);
    assert_eq!(world.next(), world.wait(5 * SECOND, Wanted::News));
    world.pass(5 * SECOND);
    world.publish("a", "too late");
    assert_eq!(
        world.next(),
        bytes("event: expired\ndata: {\"until\":\"2026-11-22T05:18:41.400Z\"}\n\n")
    );
    assert_eq!(world.next(), Next::End);
}

#[test]
fn a_reader_whose_rights_are_taken_back_is_told_so_and_nothing_else() {
    for until in [None, Some(BEGIN + 40_000_000)] {
        let mut world = World::new(10, until);
        assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::News));
        world.pass(5 * SECOND);
        world.publish("a", "too late");
        world.subscription.revoke(BEGIN + 5_000_000);
        assert_eq!(
            world.next(),
            bytes("event: expired\ndata: {\"until\":\"2026-11-22T05:18:06.400Z\"}\n\n")
        );
        assert_eq!(world.next(), Next::End);
    }
}

#[test]
fn several_events_need_room_which_is_asked_for_when_others_have_it() {
    let mut world = World::new(10, None);
    let budget = Budget::new(16 << 10);
    let other = Account::new(&budget, Some([192, 0, 2, 8].into()), Progress::new());
    let large = "x".repeat(20 << 10);
    let held = other.try_reserve(20 << 10).unwrap();
    world.account = Account::new(&budget, Some([192, 0, 2, 7].into()), Progress::new());
    let request = Request { topics: vec![Selector::new("a").unwrap()], ..Request::default() };
    let selection = Selection::new(&world.hub, &world.account, &request, &Grant::default());
    let after = world.hub.log().tail().position();
    let now = world.now.instant;
    let position = Position::new(selection, after, VecDeque::new(), now);
    let reader = world.hub.admit(Address::Unknown);
    world.subscription = Subscription::new(reader, (Frame::COMMENT, 0), Some(position), None, now);
    world.subscription.greeting();
    let both = [world.publish("a", &large), world.publish("a", "2")].concat();
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::Room(CHUNK)));
    drop(held);
    // There is room by now, but what was asked for is on its way: nobody holds two reservations.
    assert_eq!(world.next(), world.wait(15 * SECOND, Wanted::Room(CHUNK)));
    world.subscription.room(world.account.try_reserve(CHUNK).unwrap());
    assert_eq!(world.next(), Next::Bytes(both.into()));
}
