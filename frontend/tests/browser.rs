//! The browser's half in a real browser: a real `EventSource`, the browser's own timers and `Intl`.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{cell::RefCell, rc::Rc, time::Duration};

use app::{
    Feed, Link,
    stream::{Start, StreamEvent},
    writing::Writing,
};
use frontend::{
    browser::{base, json, tab_storage},
    chat,
    clock::{page_clock, timekeeper},
    stream::{source::Source, sources::Failed},
    visitor::{tab_owner, writing},
};
use gloo_events::EventListener;
use gloo_timers::future::sleep;
use leptos::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use wire::{
    cursor::Cursor,
    event::Envelope,
    identity::Identity,
    language::Language,
    page_data::{PageData, Snapshot},
    tick::Tick,
};

wasm_bindgen_test_configure!(run_in_browser);

const BOUND: Duration = Duration::from_secs(10);

/// Waits until `done`, and fails where that takes longer than 10 s.
async fn until(what: &str, done: impl Fn() -> bool) {
    let begun = page_clock::now();
    while !done() {
        let waited = u128::from((page_clock::now() - begun).unsigned_abs());
        assert!(waited < BOUND.as_micros(), "{what}: not within {BOUND:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// What was heard of a source.
type Heard = Rc<RefCell<Vec<Result<StreamEvent, Failed>>>>;

/// Opens a stream that says `events` and ends, and collects what is heard of it.
fn listening(events: &str) -> (Source, Heard) {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let hearing = heard.clone();
    let url = format!("data:text/event-stream,{}", js_sys::encode_uri_component(events));
    let source = Source::open(&url, move |said| hearing.borrow_mut().push(said)).unwrap();
    (source, heard)
}

fn snapshot() -> Snapshot {
    Snapshot {
        now: Tick::from_micros(0),
        interval_ms: 1000,
        readers: 0,
        http_version: String::new(),
        synchronised: None,
        base: String::new(),
        url: String::new(),
        token_maker: None,
        language: Language::English,
        identity: wire::identity::Identity::default(),
        chat: true,
        address: "/".to_owned(),
        cursor: String::new(),
        page: PageData::Plain,
    }
}

#[wasm_bindgen_test]
async fn a_source_hears_events_and_how_far_they_reach_and_failures() {
    let envelope = |data: &str| Envelope {
        id: None,
        event_type: "message".to_owned(),
        topics: vec!["a".to_owned()],
        data: data.to_owned(),
        at: "2026-11-22T05:18:03.000Z".to_owned(),
        private: false,
    };
    let json = |data| serde_json::to_string(&envelope(data)).unwrap();
    let [first, second, third] = ["1", "2", "3"].map(json);
    let (_source, heard) = listening(&format!(
        "retry: 3000\n\nevent: session\ndata: {{\"identity\":\"ada\",\"cursor\":\"E-0\",\"spans\":[]}}\n\n\
         event: session\ndata: 6\n\ndata: {first}\n\n:\n\nevent: readers\ndata: {second}\nid: E-1\n\n\
         id: E-2\n\ndata: {third}\n\ndata: {{}}\n\nevent: other\ndata: x\n\nevent: gap\ndata: 9\nid: F-3\n\n\
         event: expired\ndata: 10\n\n",
    ));
    let failures = || heard.borrow().iter().filter(|said| said.is_err()).count();
    until("the end of the stream", || failures() == 2).await;
    let event = |data, reached: Option<&str>| {
        Ok(StreamEvent::Event {
            envelope: envelope(data),
            reached: reached.and_then(Cursor::parse),
        })
    };
    let start = Start {
        identity: "ada".to_owned(),
        topics: Vec::new(),
        after: Cursor::parse("E-0"),
        spans: Vec::new(),
    };
    // It is of no topic, and says how far the stream is.
    let unreadable = Envelope {
        event_type: String::new(),
        topics: Vec::new(),
        at: String::new(),
        ..envelope("")
    };
    let expected = [
        Ok(StreamEvent::Start(start)),
        Err(Failed),
        event("1", None),
        event("2", Some("E-1")),
        event("3", Some("E-2")),
        Ok(StreamEvent::Event { envelope: unreadable, reached: Cursor::parse("E-2") }),
        Ok(StreamEvent::Gap { reached: Cursor::parse("F-3") }),
        Err(Failed),
    ];
    assert_eq!(*heard.borrow(), expected);
}

#[wasm_bindgen_test]
async fn a_source_that_was_dropped_is_heard_no_more() {
    let (source, heard) = listening("retry: 1\n\ndata: again\n\n");
    drop(source);
    let (_other, later) = listening("data: later\n\n");
    until("another stream's end", || later.borrow().contains(&Err(Failed))).await;
    assert_eq!(*heard.borrow(), []);
}

#[wasm_bindgen_test]
async fn without_a_server_the_link_says_that_it_waits_and_when_it_tries_again() {
    let owner = Owner::new();
    let feed = owner.with(|| {
        let feed = Feed::new(&snapshot());
        writing();
        timekeeper::shell::subscribe(feed);
        feed
    });
    assert_eq!(feed.link.get_untracked(), Link::Opening);
    // The origin of this test serves no stream: the answer is 404.
    let next_attempt = || match feed.link.get_untracked() {
        Link::Waiting { until } => Some(until),
        _ => None,
    };
    until("the first failure", || next_attempt().is_some()).await;
    let first = next_attempt().unwrap();
    let wait = first - page_clock::now();
    assert!(wait <= 1_500_000, "{wait} µs");
    // An attempt lasts a few milliseconds, too short to be seen; what follows it can be.
    until("the second failure", || next_attempt().is_some_and(|next| next > first)).await;
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn nothing_goes_on_once_the_owner_is_gone() {
    // What could still be written outlives what would write it.
    let (outlives, owner) = (Owner::new(), Owner::new());
    let feed = outlives.with(|| Feed::new(&snapshot()));
    writing();
    owner.with(|| timekeeper::shell::subscribe(feed));
    until("the first failure", || matches!(feed.link.get_untracked(), Link::Waiting { .. })).await;
    owner.cleanup();
    let left = || (feed.now.get_untracked(), feed.link.get_untracked());
    let before = left();
    let Link::Waiting { until: next_attempt } = before.1 else { unreachable!("it was waited for") };
    // By then the clock would have moved, and another attempt begun.
    until("its time", || page_clock::now() > next_attempt).await;
    let (_other, later) = listening("data: later\n\n");
    until("another stream's end", || later.borrow().contains(&Err(Failed))).await;
    assert_eq!(left(), before);
    outlives.cleanup();
}

/// The visitor's way to write, once the page's first script has run.
fn writing() -> Writing {
    js_sys::eval(app::first::SCRIPT).unwrap();
    writing::writing()
}

#[wasm_bindgen_test]
fn the_visitor_writes_time_in_their_own_zone() {
    let tick: Tick = "2026-11-22T05:18:03.000Z".parse().unwrap();
    let writing = writing();
    assert!(!(writing.zone)(tick).is_empty());
    let face = (writing.face)(tick);
    // The seconds are the same in every zone of today.
    assert!(face.digits.ends_with(":03"), "{face:?}");
    assert!((writing.date)(tick).contains("2026"), "{}", (writing.date)(tick));
    let title = (writing.minute)(tick);
    assert!(title.contains(':') && !title.contains(":03"), "{title}");
}

#[wasm_bindgen_test]
fn numbers_are_grouped_and_keep_their_decimals() {
    let number = writing().number;
    let written =
        [(12_345, 0), (12_345, 1), (-5, 2)].map(|(value, decimals)| number(value, decimals));
    assert_eq!(written, ["12,345", "1,234.5", "-0.05"]);
}

#[wasm_bindgen_test]
fn what_the_server_writes_is_read_by_the_browsers_own_parser() {
    let snapshot = Snapshot { synchronised: Some(true), ..snapshot() };
    let written = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(json::parse(&written), Some(snapshot));
    for wrong in ["", "{", "null", "7", "[]", "{\"now\":\"x\"}"] {
        assert_eq!(json::parse::<Snapshot>(wrong), None, "{wrong}");
    }
}

#[wasm_bindgen_test]
fn the_timers_resolution_is_measured() {
    let resolution = page_clock::resolution();
    assert!((1..=100_001).contains(&resolution), "{resolution} µs");
}

#[wasm_bindgen_test]
fn signing_out_clears_what_the_tab_keeps_and_tells_open_rooms() {
    let storage = window().session_storage().unwrap().unwrap();
    for room in ["/chat/lobby", "/chat/lobby%2Foutbox"] {
        storage.set_item(room, "kept").unwrap();
    }
    let told = Rc::new(RefCell::new(0));
    let telling = told.clone();
    let _listener = EventListener::new(&window(), app::seams::store::FORGOTTEN, move |_| {
        *telling.borrow_mut() += 1;
    });
    let kept = || storage.get_item("/chat/lobby%2Foutbox").unwrap().is_some();
    let who = chat::who;
    let until = Some(Tick::from_micros(60_000_000));
    let ada = Identity { mark: "ada".into(), until, ..Identity::default() };
    // What was begun before signing in stays, and what waits is offered.
    tab_owner::belong_to(&ada, 0);
    assert_eq!((who().as_str(), kept(), *told.borrow()), ("ada", true, 0));
    // So does what stood there when the token ended.
    tab_owner::belong_to(&Identity::default(), 60_000_000);
    assert_eq!((who().as_str(), kept(), *told.borrow()), ("", true, 0));
    tab_owner::belong_to(&Identity::default(), 1);
    assert_eq!((who().as_str(), kept(), *told.borrow()), ("", false, 1));
    assert_eq!(storage.get_item("/chat/lobby").unwrap(), None);
}

#[wasm_bindgen_test]
fn what_another_server_on_this_origin_keeps_is_left() {
    let storage = window().session_storage().unwrap().unwrap();
    let kept = |name| storage.get_item(name).unwrap();
    for name in ["/chat/lobby", "/other /chat/lobby", "/belfry/two /chat/lobby"] {
        storage.set_item(name, "theirs").unwrap();
    }
    base::set("/belfry".to_owned());
    tab_storage::keep("/chat/lobby", "ours");
    assert_eq!(kept("/belfry /chat/lobby").as_deref(), Some("ours"));
    assert_eq!(tab_storage::kept("/chat/lobby").as_deref(), Some("ours"));
    tab_storage::clear();
    assert_eq!(tab_storage::kept("/chat/lobby"), None);
    assert_eq!(kept("/chat/lobby").as_deref(), Some("theirs"));
    base::set(String::new());
    tab_storage::clear();
    let all = ["/chat/lobby", "/other /chat/lobby", "/belfry/two /chat/lobby"].map(kept);
    assert_eq!(all.map(|it| it.is_some()), [false, true, true]);
}
