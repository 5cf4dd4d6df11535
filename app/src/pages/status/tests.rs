//! The status page as the server renders it.

use leptos::prelude::*;

use crate::{
    App, Language, Snapshot,
    feed::Born,
    follow::Refusal,
    status::{DISK_FULL, Filled, Finding, Host, Own, Status, Trend, Trouble},
    tick::Tick,
};

/// The main part of the page at an address, as the server renders it.
fn rendered(path: &str, page: Born) -> String {
    let snapshot = Snapshot {
        now: Tick::from(0),
        interval_ms: 3000,
        readers: 1,
        http_version: String::new(),
        synchronised: None,
        origin: "http://here".to_owned(),
        token_maker: Some("/srv/belfry token".to_owned()),
        language: Language::English,
        chat: true,
        address: path.to_owned(),
        cursor: String::new(),
        page,
    };
    let html = Owner::new().with(|| {
        provide_context(snapshot);
        view! { <App/> }.to_html()
    });
    html[html.find("<main").unwrap()..].replace("<!>", "")
}

fn measured(at: i64, disk: Option<Filled>) -> Status {
    let host = Host {
        uptime_s: Some(90_000),
        cpu: Some(34.4),
        cores: vec![30.0, 38.8],
        load: Some([0.5, 0.25, 0.125]),
        memory: Some(Filled { used: 1 << 30, total: 4 << 30 }),
        disk,
        received: Some(2048),
        sent: Some(0),
        temperature: None,
    };
    let belfry = Own {
        version: "9.8.7".to_owned(),
        node: "tower-7".to_owned(),
        uptime_s: 61,
        readers: 7,
        published: 1.5,
        delivered: 10.5,
        latency_us: (at > 60_000).then_some(840),
        log_events: 1_234_567,
        log_bytes: 5 << 20,
        log_keys: 0,
        log_damaged: 0,
        memory: Some(40 << 20),
        stalled: 3,
        vanished: 12,
    };
    Status { at: Tick::from(at), host, belfry, findings: Vec::new() }
}

fn born(disk: Option<Filled>) -> String {
    let mut trend = Trend::default();
    for index in 0..100 {
        trend.push(measured(index * 2000, disk));
    }
    rendered("/status", Born::Status(Ok(trend)))
}

#[test]
fn the_last_minutes_are_there_before_any_script_runs() {
    let main = born(Some(Filled { used: 1, total: 4 }));
    for said in [
        "As of 00:03:18 UTC",
        r#"aria-label="Processor: 34&nbsp;%; in ten minutes lowest 34&nbsp;%, highest 34&nbsp;%""#,
        "2 cores, busiest 39\u{a0}%",
        "of 4\u{a0}GiB",
        "in 1,234,567 events",
        "3 stalled · 12 vanished",
        r#"<th scope="row">00:00:58"#,
        r#"<rect width="25""#,
        "All is well",
        " 9.8.7 · tower-7",
        "free of 4\u{a0}B",
        r#"<path class="limit" d="M0 10H600""#,
        &format!(r#"<path class="limit" d="M{DISK_FULL} 0v1""#),
    ] {
        let main = main.replace("\u{a0}", "&nbsp;");
        assert!(main.contains(&said.replace('\u{a0}', "&nbsp;")), "{said} in {main}");
    }
    assert_eq!(main.matches("<table").count(), 7, "{main}");
    assert!(!main.contains("NaN") && !main.contains(" style="), "{main}");
}

#[test]
fn what_a_machine_does_not_have_is_not_shown() {
    let hidden = |name: &str| format!("<article hidden class=\"card panel\"><h3>{name}</h3>");
    let main = born(None);
    assert!(main.contains(&hidden("Disk with the log")), "{main}");
    assert!(main.contains(&hidden("Temperature")), "{main}");
    let main = born(Some(Filled { used: 1, total: 4 }));
    assert!(!main.contains(&hidden("Disk with the log")), "{main}");
}

#[test]
fn what_cannot_be_seen_is_said_to_be_so_and_is_no_zero() {
    let mut status = measured(2000, None);
    let Own { memory, .. } = &mut status.belfry;
    *memory = None;
    status.host = Host {
        uptime_s: None,
        cpu: None,
        cores: Vec::new(),
        load: None,
        memory: None,
        disk: None,
        received: None,
        sent: None,
        temperature: None,
    };
    let mut trend = Trend::default();
    trend.push(status);
    let main = rendered("/status", Born::Status(Ok(trend)));
    // Processor, memory, load, received, sent, uptime, and the memory of the process.
    assert_eq!(main.matches(">not visible<").count(), 7, "{main}");
}

#[test]
fn what_is_not_well_is_said_in_one_line() {
    let mut status = measured(2000, None);
    status.findings = [
        (Trouble::Log, 0.0),
        (Trouble::Disk, 95.4),
        (Trouble::Processor, 124.0),
        (Trouble::Heat, 97.0),
        (Trouble::Damage, 2.0),
    ]
    .map(|(what, value)| Finding { what, value })
    .to_vec();
    let mut trend = Trend::default();
    trend.push(status);
    let main = rendered("/status", Born::Status(Ok(trend))).replace("&nbsp;", "\u{a0}");
    let said = "The log cannot be written, so nothing can be published. \
                The disk with the log is 95\u{a0}% full. \
                The processor has been saturated for 2 min 4 s. \
                The hottest sensor is at 97\u{a0}°C. \
                Damage was found in the log: 2<";
    assert!(main.contains(said) && !main.contains("All is well"), "{main}");
}

#[test]
fn nothing_measured_yet_is_no_zero() {
    let main = rendered("/status", Born::Status(Ok(Trend::default())));
    assert!(main.contains(">–<") && !main.contains(">0<"), "{main}");
}

#[test]
fn who_is_refused_can_show_a_token() {
    let refused = || Born::Status(Err(Refusal::Refused));
    let main = rendered("/status", refused());
    assert!(main.contains("<code>/srv/belfry token --read status</code>"), "{main}");
    assert!(main.contains(r#"method="post" action="/login""#), "{main}");
    assert!(!main.contains("role=\"alert\""), "{main}");
    let again = rendered("/status?login=failed", refused());
    assert!(again.contains("role=\"alert\"") && again.contains("not accepted"), "{again}");
}

#[test]
fn why_there_is_nothing_is_said() {
    for (page, said) in [
        (Born::Status(Err(Refusal::Off)), "keeps its health to itself"),
        (Born::Status(Err(Refusal::Failed)), r#"<form action="/status">"#),
        (Born::Plain, "Loading"),
    ] {
        let main = rendered("/status", page);
        assert!(main.contains(said), "{main}");
    }
}
