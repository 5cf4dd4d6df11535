//! Tests of what the timekeeper writes into the feed, and of when it probes.

use proptest::{collection::vec, prelude::*};
use wire::{
    identity::Identity,
    language::Language,
    page_data::{PageData, Snapshot},
};

use super::*;

const SECOND: i64 = 1_000_000;

/// The server's time where the page's monotonic clock is 0.
const EPOCH: i64 = 1_000 * SECOND;

/// By how much the visitor's clock is ahead of the server's.
const AHEAD: i64 = 7 * SECOND;

/// Runs a test with a feed, and a timekeeper that begins at 0.
fn with(test: impl FnOnce(Feed, Timekeeper)) {
    Owner::new().with(|| {
        let feed = Feed::new(&Snapshot {
            now: Tick::from_micros(EPOCH),
            interval_ms: 3000,
            readers: 0,
            http_version: "HTTP/1.1".to_owned(),
            synchronised: None,
            base: String::new(),
            url: String::new(),
            token_maker: None,
            language: Language::English,
            identity: Identity::default(),
            chat: true,
            address: "/".to_owned(),
            cursor: String::new(),
            page: PageData::Plain,
        });
        test(feed, Timekeeper::new(feed, 1, 0));
    });
}

fn at(now: Mono) -> Moment {
    Moment { now, wall: EPOCH + now + AHEAD }
}

/// A round trip of 20 ms that is back at an instant.
fn probe(back: Mono) -> Probe {
    let there = EPOCH + back - 10_000;
    Probe { left: back - 20_000, back, received: there, sent: there }
}

fn reply(probe: &Probe) -> ProbeReply {
    let Probe { received, sent, .. } = *probe;
    ProbeReply { received, sent, synchronised: Some(true), identity: String::new() }
}

/// Answers all probes that are wanted, and returns how many that were.
fn answered(it: &mut Timekeeper, now: Mono) -> u32 {
    let mut probes = 0;
    while it.next_probe() {
        probes += 1;
        it.on_probe(&probe(now), &reply(&probe(now)), at(now));
    }
    it.on_burst_end(Some("HTTP/2".to_owned()), at(now));
    probes
}

fn event(topic: &str, data: &str) -> Envelope {
    Envelope {
        id: None,
        event_type: "message".to_owned(),
        topics: vec![topic.to_owned()],
        data: data.to_owned(),
        at: String::new(),
        private: false,
    }
}

/// The server's time of an instant is pushed, and arrives some time later.
fn tick(it: &mut Timekeeper, now: Mono, late: i64) {
    let tick = Tick::from_micros(EPOCH + now - late);
    it.on_event(&event(TIME, &tick.to_string()), at(now));
}

#[test]
fn the_first_burst_sets_the_clock_and_tells_what_it_found() {
    with(|feed, mut it| {
        assert!(it.is_measuring());
        it.redraw(true, at(0));
        assert_eq!(feed.reading.get_untracked(), None);
        assert_eq!(answered(&mut it, SECOND), FIRST_BURST);
        assert!(!it.is_measuring());
        it.redraw(true, at(SECOND));
        let reading = feed.reading.get_untracked().unwrap();
        assert_eq!((reading.shown, reading.stopped), (EPOCH + SECOND, false));
        assert_eq!(feed.round_trip.get_untracked(), Some(20_000));
        assert_eq!(feed.http_version.get_untracked(), "HTTP/2");
        assert_eq!(feed.synchronised.get_untracked(), Some(true));
        let offsets = feed.offsets.get_untracked();
        assert_eq!((offsets.len(), offsets[0].ahead), (1, AHEAD));
        assert_eq!(offsets[0].error, reading.error + WALL_RESOLUTION);
    });
}

#[test]
fn a_burst_ends_with_a_probe_that_brings_nothing() {
    with(|feed, mut it| {
        assert!(it.next_probe());
        it.on_no_answer();
        assert!(!it.next_probe());
        it.on_burst_end(Some("HTTP/2".to_owned()), at(SECOND));
        assert!(!it.is_measuring());
        assert_eq!(feed.round_trip.get_untracked(), None);
        assert_eq!(feed.http_version.get_untracked(), "HTTP/1.1");
    });
}

#[test]
fn a_page_that_is_seen_probes_every_thirty_seconds() {
    with(|_, mut it| {
        answered(&mut it, 0);
        for (now, visible, probes) in
            [(29, true, 0), (31, false, 0), (32, true, BURST), (61, true, 0), (62, true, BURST)]
        {
            let now = now * SECOND;
            let next = it.redraw(visible, at(now));
            assert_eq!(next.is_some(), visible);
            assert_eq!(answered(&mut it, now), probes, "{now}");
        }
    });
}

#[test]
fn the_digits_change_at_each_tenth_of_the_servers_second() {
    with(|_, mut it| {
        answered(&mut it, 0);
        assert_eq!(it.redraw(true, at(1_234_567)), Some(1_300_000));
        assert_eq!(it.redraw(true, at(1_300_000)), Some(1_400_000));
    });
}

#[test]
fn a_push_that_is_late_is_looked_into_and_one_that_cannot_be_true_measured() {
    with(|feed, mut it| {
        answered(&mut it, 0);
        tick(&mut it, 3 * SECOND, 1_000);
        assert!(!it.is_measuring());
        tick(&mut it, 6 * SECOND, LATE + 2_000);
        assert_eq!(answered(&mut it, 6 * SECOND), 1);
        tick(&mut it, 9 * SECOND, -SECOND);
        assert_eq!(answered(&mut it, 9 * SECOND), BURST);
        let late = |push: &Push| push.late.unwrap() / 1_000;
        let pushes = feed.pushes.get_untracked();
        assert_eq!(pushes.iter().map(late).collect::<Vec<_>>(), [-1_000, LATE / 1_000 + 2, 1]);
        assert_eq!(pushes.iter().map(|push| push.number).collect::<Vec<_>>(), [3, 2, 1]);
    });
}

#[test]
fn only_the_last_pushes_and_comparisons_are_kept() {
    with(|feed, mut it| {
        answered(&mut it, 0);
        for push in 1..=100 {
            tick(&mut it, push * SECOND, 0);
        }
        let pushes = feed.pushes.get_untracked();
        assert_eq!((pushes.len(), pushes[0].number), (PUSHES_KEPT, 100));
        assert_eq!(feed.offsets.get_untracked().len(), OFFSETS_KEPT);
    });
}

#[test]
fn a_machine_that_has_slept_is_measured_again() {
    with(|feed, mut it| {
        answered(&mut it, 0);
        it.redraw(true, at(SECOND));
        let slept = Moment { wall: at(2 * SECOND).wall + SECOND, ..at(2 * SECOND) };
        it.redraw(true, slept);
        assert!(it.is_measuring());
        assert!(feed.reading.get_untracked().unwrap().stopped);
    });
}

#[test]
fn a_clock_that_is_refuted_while_it_is_measured_is_measured_again() {
    with(|_, mut it| {
        answered(&mut it, 0);
        tick(&mut it, SECOND, -SECOND);
        assert!(it.next_probe());
        // It left before the clock was refuted.
        it.on_probe(&probe(SECOND), &reply(&probe(SECOND)), at(SECOND));
        it.on_burst_end(None, at(SECOND));
        assert!(it.is_measuring());
    });
}

#[test]
fn a_clock_that_was_set_says_by_how_much() {
    with(|feed, mut it| {
        answered(&mut it, 0);
        tick(&mut it, SECOND, -SECOND);
        let later = probe(2 * SECOND);
        let set = Probe { received: later.received + SECOND, sent: later.sent + SECOND, ..later };
        it.next_probe();
        it.on_probe(&set, &reply(&set), at(2 * SECOND));
        it.on_burst_end(None, at(2 * SECOND));
        assert_eq!(feed.step.get_untracked().map(|step| step / 100_000), Some(10));
    });
}

#[test]
fn readers_are_counted_and_what_nobody_understands_is_left() {
    with(|feed, mut it| {
        it.on_event(&event(READERS, "7"), at(0));
        for (topic, data) in [(READERS, "many"), (TIME, "noon"), ("status", "{}")] {
            it.on_event(&event(topic, data), at(0));
        }
        it.on_event(&Envelope { topics: Vec::new(), ..event(TIME, "") }, at(0));
        assert_eq!(feed.readers.get_untracked(), 7);
        assert!(feed.pushes.get_untracked().is_empty());
    });
}

#[test]
fn a_stream_that_cannot_be_opened_is_a_reason_to_ask_who_the_visitor_is() {
    with(|feed, mut it| {
        let waiting = Link::Waiting { until: SECOND };
        let silent = Link::Silent { since: 0 };
        for (link, hint) in [
            (Link::Opening, Hint::None),
            (waiting, Hint::Ask),
            (waiting, Hint::None),
            (Link::Opening, Hint::None),
            (Link::Live, Hint::Reached),
            (Link::Live, Hint::None),
            // The end of a stream, as of a server that ends.
            (waiting, Hint::None),
            (silent, Hint::None),
            (waiting, Hint::Ask),
        ] {
            assert_eq!(it.on_connection(link, Some(2), 5), hint, "{link:?}");
            assert_eq!(feed.link.get_untracked(), link);
        }
        assert_eq!((feed.tabs.get_untracked(), feed.now.get_untracked()), (Some(2), 5));
    });
}

proptest! {
    /// Whatever comes: no more probes than a burst has, and the shown time is the server's within its
    /// error while it goes.
    #[test]
    fn what_is_shown_is_true_within_its_error(acts in vec((0..4u8, 0..5 * SECOND), 0..60)) {
        with(|feed, mut it| {
            let mut now = 0;
            for (act, after) in acts {
                now += after;
                match act {
                    0 => tick(&mut it, now, after / 10),
                    1 => drop(it.redraw(true, at(now))),
                    _ => assert!(answered(&mut it, now) <= FIRST_BURST),
                }
                it.redraw(false, at(now));
                if let Some(Reading { shown, error, stopped: false, .. }) = feed.reading.get_untracked() {
                    assert!((shown - EPOCH - now).abs() <= error, "{shown} ± {error} at {now}");
                }
            }
        });
    }
}
