use serde_json::{Value, json, to_value};

use super::*;
use crate::{
    chat::{
        Message, Posted, RoomPresence,
        answer::Unsent,
        page_data::{Listed, NoRoom, Room, Rooms},
    },
    cursor::Span,
    event::Envelope,
    identity::Identity,
    language::Language,
    page_data::{PageAt, PageData, Refusal, Snapshot, Unread},
    probe::ProbeReply,
    status::{Filled, Finding, Host, Own, Status, Trouble},
    topics::History,
    trend::Trend,
};

impl Source for Value {
    fn field(&self, name: &str) -> Self {
        self.get(name).cloned().unwrap_or_default()
    }
    fn is_nothing(&self) -> bool {
        self.is_null()
    }
    fn text(&self) -> Option<String> {
        self.as_str().map(ToOwned::to_owned)
    }
    fn number(&self) -> Option<f64> {
        self.as_f64()
    }
    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }
    fn items(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }
}

fn envelope(id: Option<&str>, private: bool) -> Envelope {
    Envelope {
        id: id.map(ToOwned::to_owned),
        event_type: "greeting".to_owned(),
        topics: vec!["a".to_owned(), "b".to_owned()],
        data: "{\"x\":1}".to_owned(),
        at: "2026-11-22T05:18:03.000Z".to_owned(),
        private,
    }
}

fn trend() -> Trend {
    let host = Host {
        uptime_s: Some(1),
        cpu: Some(12.3),
        cores: vec![1.0, 2.5],
        load: Some([0.5, 0.25, 0.1]),
        memory: Some(Filled { used: 1, total: 1 << 40 }),
        disk: Some(Filled { used: 2, total: 3 }),
        received: Some(4),
        sent: Some(5),
        temperature: Some(41.5),
    };
    let belfry = Own {
        version: "1.2.3".to_owned(),
        node: "tower".to_owned(),
        uptime_s: 6,
        readers: 7,
        published: 1.5,
        delivered: 2.5,
        latency_us: None,
        log_events: 8,
        log_bytes: 9,
        log_keys: 13,
        log_damaged: 14,
        memory: Some(10),
        stalled: 11,
        vanished: 12,
    };
    let mut trend = Trend::default();
    let findings = Trouble::ALL.map(|what| Finding { what, value: 95.5 }).to_vec();
    let first = Status { at: 2000.into(), host, belfry, findings: Vec::new() };
    trend.push(first.clone());
    let Status { host, belfry, .. } = first;
    let (host, belfry) =
        (Host { disk: None, memory: None, ..host }, Own { latency_us: Some(250), ..belfry });
    trend.push(Status { at: 4000.into(), host, belfry, findings });
    trend
}

fn rooms() -> Rooms {
    let Room { presence, messages, .. } = room();
    let last = messages.into_iter().next();
    let listed = Listed { room: "lobby".to_owned(), presence, last, unread: 7 };
    let quiet = Listed { last: None, ..listed.clone() };
    Rooms { rooms: vec![listed, quiet], any: true, refused: false }
}

fn room() -> Room {
    let message = Message { name: "Ada".to_owned(), text: "hello".to_owned() };
    let (id, at) = ("E-1".to_owned(), "2026-11-22T05:18:03.000Z".to_owned());
    Room {
        room: "lobby".to_owned(),
        messages: vec![Posted { id, at, message, mark: "abc".to_owned() }],
        older: Some("E-1".to_owned()),
        newer: true,
        presence: RoomPresence { count: 2, names: vec!["Ada".to_owned()], times: vec![2] },
        me: "Bob".to_owned(),
        mark: "abd".to_owned(),
        key: "k".to_owned(),
        draft: "too much".to_owned(),
        unsent: Some(Unsent::TooFast),
    }
}

fn snapshot(page: PageData) -> Snapshot {
    Snapshot {
        now: 1_795_324_683_123.into(),
        interval_ms: 3000,
        readers: 2,
        http_version: "HTTP/1.1".to_owned(),
        synchronised: Some(false),
        base: String::new(),
        url: "http://here".to_owned(),
        token_maker: Some("belfry token".to_owned()),
        language: Language::Chinese,
        identity: Identity {
            mark: "0123456789abcdef".to_owned(),
            subject: Some("Ada".to_owned()),
            until: Some(1_795_324_683_123.into()),
            cookie: true,
        },
        chat: true,
        address: "/console?topic=a".to_owned(),
        cursor: "E-7".to_owned(),
        page,
    }
}

#[test]
fn a_page_reads_what_the_server_wrote() {
    let events = vec![envelope(Some("E-7"), true), envelope(None, false)];
    let console = |events| PageData::Console { topic: "a".to_owned(), events };
    for page in [
        PageData::Plain,
        PageData::Status(Ok(trend())),
        PageData::Status(Ok(Trend::default())),
        PageData::Status(Err(Refusal::Off)),
        PageData::Status(Err(Refusal::Refused)),
        PageData::Status(Err(Refusal::Failed)),
        console(Ok(events)),
        console(Err(Unread::NotATopic)),
        console(Err(Unread::Unavailable)),
        PageData::Rooms(Ok(rooms())),
        PageData::Rooms(Err(NoRoom::Off)),
        PageData::Room(Ok(room())),
        PageData::Room(Err(NoRoom::NotARoom)),
        PageData::Room(Err(NoRoom::NotOpen)),
        PageData::Room(Err(NoRoom::Unavailable)),
    ] {
        let snapshot = snapshot(page);
        assert_eq!(Snapshot::from_json(&to_value(&snapshot).unwrap()), Some(snapshot));
    }
}

#[test]
fn every_reason_is_read() {
    use Unsent::*;
    let reasons = [
        NoName,
        BadName,
        NoText,
        LongText,
        BadText,
        OtherText,
        TooFast,
        Elsewhere,
        Closed,
        Unavailable,
        Refused,
        Unreached,
    ];
    for reason in reasons {
        assert_eq!(Unsent::from_json(&to_value(reason).unwrap()), Some(reason));
    }
}

#[test]
fn what_else_the_browser_asks_for_is_read_as_it_was_written() {
    let spans =
        vec![Span { epoch: "E".to_owned(), after: 0 }, Span { epoch: "F".to_owned(), after: 7 }];
    let events = vec![envelope(Some("E-1"), false)];
    let history = History { events, next: None, gap: true, at: Some("E-0".to_owned()), spans };
    assert_eq!(History::from_json(&to_value(&history).unwrap()), Some(history.clone()));
    let plain = History { gap: false, at: None, spans: Vec::new(), ..history };
    assert_eq!(History::from_json(&to_value(&plain).unwrap()), Some(plain));
    let page_at = PageAt { cursor: "E-9".to_owned(), page: PageData::Plain };
    assert_eq!(PageAt::from_json(&to_value(&page_at).unwrap()), Some(page_at));
    let reply = ProbeReply {
        received: 1_795_324_683_123_456,
        sent: i64::MAX,
        synchronised: None,
        identity: "0123456789abcdef".into(),
    };
    assert_eq!(ProbeReply::from_json(&to_value(&reply).unwrap()), Some(reply));
}

#[test]
fn what_is_of_another_type_is_not_read() {
    for value in [json!(null), json!({}), json!([]), json!("Plain"), json!({ "id": 7 })] {
        assert_eq!(Envelope::from_json(&value), None, "{value}");
        assert_eq!(Snapshot::from_json(&value), None, "{value}");
    }
    assert_eq!(Language::from_json(&json!("Klingon")), None);
    let ends = [json!(-1), json!(1e300)].map(|number| u32::from_json(&number));
    assert_eq!(ends, [Some(0), Some(u32::MAX)]);
}
