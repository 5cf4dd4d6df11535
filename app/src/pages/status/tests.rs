//! The status page as the server renders it.

use leptos::prelude::*;
use wire::{
    language::Language,
    page_data::{PageData, Refusal, Snapshot},
    status::{DISK_FULL, Filled, Finding, Host, Own, Status, Trouble},
    tick::Tick,
    trend::Trend,
};

use crate::App;

/// The main part of the page at an address, as the server renders it.
fn rendered(path: &str, page: PageData) -> String {
    let snapshot = Snapshot {
        now: Tick::from(0),
        interval_ms: 3000,
        readers: 1,
        http_version: String::new(),
        synchronised: None,
        base: String::new(),
        url: "http://here".to_owned(),
        token_maker: Some("/srv/belfry token".to_owned()),
        language: Language::English,
        identity: wire::identity::Identity::default(),
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

fn page_data(disk: Option<Filled>) -> String {
    let mut trend = Trend::default();
    for index in 0..100 {
        trend.push(measured(index * 2000, disk));
    }
    rendered("/status", PageData::Status(Ok(trend)))
}

#[test]
fn the_last_minutes_are_there_before_any_script_runs() {
    let main = page_data(Some(Filled { used: 1, total: 4 }));
    for said in [
        "As of 00:03:18 UTC",
        r#"aria-label="CPU: 34&nbsp;%; 10-minute low 34&nbsp;%, high 34&nbsp;%""#,
        "2 cores, busiest 39\u{a0}%",
        "of 4\u{a0}GiB",
        "in 1,234,567 events",
        "3 stalled · 12 vanished",
        r#"<th scope="row">00:00:58"#,
        r#"<rect width="25""#,
        "All is well",
        " 9.8.7 · tower-7",
        "free of 4\u{a0}B",
        r#"<path d="M0 10H600" class="limit""#,
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
    let main = page_data(None);
    assert!(main.contains(&hidden("Log disk")), "{main}");
    assert!(main.contains(&hidden("Temperature")), "{main}");
    let main = page_data(Some(Filled { used: 1, total: 4 }));
    assert!(!main.contains(&hidden("Log disk")), "{main}");
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
    let main = rendered("/status", PageData::Status(Ok(trend)));
    // CPU, memory, load, received, sent, uptime, and the memory of the process.
    assert_eq!(main.matches(">Not available<").count(), 7, "{main}");
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
    let main = rendered("/status", PageData::Status(Ok(trend))).replace("&nbsp;", "\u{a0}");
    let said = "The log can’t be written to, so nothing can be published. \
                The log disk is 95\u{a0}% full. \
                The CPU has been saturated for 2 min 4 s. \
                The hottest sensor reads 97\u{a0}°C. \
                Damaged log records found: 2<";
    assert!(main.contains(said) && !main.contains("All is well"), "{main}");
}

#[test]
fn nothing_measured_yet_is_no_zero() {
    let main = rendered("/status", PageData::Status(Ok(Trend::default())));
    assert!(main.contains(">–<") && !main.contains(">0<"), "{main}");
}

#[test]
fn who_is_refused_can_show_a_token() {
    let refused = || PageData::Status(Err(Refusal::Refused));
    let main = rendered("/status", refused());
    assert!(main.contains("<code>/srv/belfry token --read status</code>"), "{main}");
    assert!(main.contains(r#"method="post" action="/login""#), "{main}");
    assert!(!main.contains("role=\"alert\""), "{main}");
    let again = rendered("/status?login=failed", refused());
    assert!(
        again.contains("role=\"alert\"") && again.contains("That token wasn’t accepted."),
        "{again}"
    );
}

#[test]
fn why_there_is_nothing_is_said() {
    for (page, said) in [
        (PageData::Status(Err(Refusal::Off)), "This server doesn’t share its status."),
        (PageData::Status(Err(Refusal::Failed)), r#"<form action="/status">"#),
        (PageData::Plain, "Loading"),
    ] {
        let main = rendered("/status", page);
        assert!(main.contains(said), "{main}");
    }
}
