//! Tests of presence in virtual time.

use std::net::Ipv4Addr;

use tokio::time::{sleep, timeout};

use super::{room::MOST_IN_A_ROOM, *};
use crate::frame::Format;

const SECOND: Duration = Duration::from_secs(1);

/// One that is minded.
fn presence() -> Presence {
    let presence = Presence::new(Clock::starting_at(0));
    let minded = presence.clone();
    tokio::spawn(async move { minded.run(CancellationToken::new()).await });
    presence
}

/// Browsers that are numbers are clients of their own.
fn lease(browser: &str, tab: &str, name: &str) -> Lease {
    let client = Ipv4Addr::from_bits(browser.parse().unwrap_or_default());
    let client = Some(client.into());
    Lease { browser: browser.into(), tab: tab.into(), name: name.into(), client }
}

fn comes(presence: &Presence, browser: &str, name: &str) {
    assert!(presence.renew("lobby", lease(browser, "1", name)));
}

/// An event's data.
fn data(state: &State) -> String {
    let bytes = state.frame(Format::Message).into_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.strip_prefix("data: ").unwrap().trim_end().to_owned()
}

/// The next event and after how many milliseconds it comes; `None` after a minute of silence.
async fn told(followed: &mut Followed) -> Option<(u128, String)> {
    let begun = Instant::now();
    let state = timeout(60 * SECOND, followed.changed()).await.ok()?;
    Some((begun.elapsed().as_millis(), data(&state)))
}

fn said(ms: u128, here: &str) -> Option<(u128, String)> {
    Some((ms, here.to_owned()))
}

const NOBODY: &str = r#"{"count":0,"names":[]}"#;

#[tokio::test(start_paused = true)]
async fn the_newest_comes_first_and_a_change_at_once() {
    let presence = presence();
    let (newest, mut followed) = presence.follow("lobby");
    assert_eq!(data(&newest), NOBODY);
    comes(&presence, "a", "Ada");
    assert_eq!(told(&mut followed).await, said(0, r#"{"count":1,"names":["Ada"]}"#));
    assert_eq!(data(&presence.follow("lobby").0), r#"{"count":1,"names":["Ada"]}"#);
    assert_eq!(data(&presence.follow("cellar").0), NOBODY);
    assert_eq!((presence.count("lobby"), presence.count("cellar")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_changes_within_a_second_is_told_together_when_it_is_over() {
    let presence = presence();
    let (_, mut followed) = presence.follow("lobby");
    comes(&presence, "a", "Ada");
    assert!(told(&mut followed).await.is_some());
    for browser in ["b", "c", "d"] {
        sleep(SECOND / 10).await;
        comes(&presence, browser, "Bob");
    }
    presence.leave("lobby", "d", "1");
    assert_eq!(presence.count("lobby"), 3);
    assert_eq!(
        told(&mut followed).await,
        said(700, r#"{"count":3,"names":["Ada","Bob"],"times":[1,2]}"#)
    );
    sleep(5 * SECOND).await;
    presence.leave("lobby", "b", "1");
    assert_eq!(told(&mut followed).await, said(0, r#"{"count":2,"names":["Ada","Bob"]}"#));
    // A browser that comes and leaves within the second was not there.
    comes(&presence, "e", "Eve");
    presence.leave("lobby", "e", "1");
    assert!(timeout(10 * SECOND, followed.changed()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn each_room_has_a_second_of_its_own() {
    let presence = presence();
    let rooms = ["one", "two"];
    let mut followed = rooms.map(|room| presence.follow(room).1);
    for browser in ["a", "b"] {
        for room in rooms {
            assert!(presence.renew(room, lease(browser, "1", "")));
            sleep(SECOND / 4).await;
        }
    }
    // Changed at 0 and 500 ms, and at 250 and 750 ms. It is 1000 ms.
    sleep(SECOND / 8).await;
    let [one, two] = &mut followed;
    assert_eq!(told(one).await, said(0, r#"{"count":2,"names":[]}"#));
    assert_eq!(told(two).await, said(0, r#"{"count":1,"names":[]}"#));
    assert_eq!(told(two).await, said(125, r#"{"count":2,"names":[]}"#));
}

#[tokio::test(start_paused = true)]
async fn a_browsers_tabs_count_once_by_the_name_given_last() {
    let presence = presence();
    let names = || presence.here("lobby").names;
    let renew = |tab: &str, name: &str| assert!(presence.renew("lobby", lease("a", tab, name)));
    renew("1", "Ada");
    let (_, mut followed) = presence.follow("lobby");
    renew("2", "");
    assert_eq!((presence.count("lobby"), names()), (1, vec!["Ada".to_owned()]));
    assert!(timeout(10 * SECOND, followed.changed()).await.is_err(), "nothing has changed");
    // So the first change after that is told at once.
    renew("3", "");
    renew("2", "Grace");
    assert_eq!(told(&mut followed).await, said(0, r#"{"count":1,"names":["Grace"]}"#));
    // The name that a tab has had all the time is not given again.
    renew("1", "Ada");
    assert_eq!(names(), ["Grace"]);
    presence.leave("lobby", "a", "2");
    presence.leave("lobby", "a", "none such");
    assert_eq!((presence.count("lobby"), names()), (1, vec!["Ada".to_owned()]));
    renew("1", "");
    assert_eq!((presence.count("lobby"), names()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_has_dropped_its_cookies_leaves_by_its_tab() {
    let presence = presence();
    for (browser, tab) in [("a", "of a"), ("b", "of b")] {
        assert!(presence.renew("lobby", lease(browser, tab, "Ada")));
    }
    presence.leave("lobby", "of a", "of a");
    assert_eq!(presence.count("lobby"), 1);
    presence.leave("lobby", "of c", "of c");
    assert_eq!(presence.count("lobby"), 1);
    presence.leave("lobby", "b", "of b");
    assert_eq!(presence.count("lobby"), 0);
}

#[tokio::test(start_paused = true)]
async fn names_are_sorted_once_each_and_a_hundred_at_most() {
    let presence = presence();
    for (number, name) in ["b", "a", "b", ""].into_iter().enumerate() {
        comes(&presence, &number.to_string(), name);
    }
    let here = presence.here("lobby");
    assert_eq!((here.count, here.names), (4, vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(here.times, [1, 2]);
    for number in 0..150 {
        comes(&presence, &format!("1000{number}"), &format!("n{number:03}"));
    }
    let here = presence.here("lobby");
    assert_eq!((here.count, here.names.len(), &*here.names[99]), (154, 100, "n097"));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_not_renewed_ends_after_45_s() {
    let presence = presence();
    let (_, mut followed) = presence.follow("lobby");
    comes(&presence, "a", "");
    sleep(2 * SECOND).await;
    comes(&presence, "b", "");
    for _ in 0..4 {
        sleep(12 * SECOND).await;
        comes(&presence, "b", "");
    }
    // It is 50 s, and a's lease has ended after 45.
    assert_eq!(presence.count("lobby"), 1);
    assert_eq!(told(&mut followed).await, said(0, r#"{"count":1,"names":[]}"#));
    let (after, here) = told(&mut followed).await.unwrap();
    assert_eq!(here, NOBODY);
    assert!((45_000..=50_000).contains(&after), "{after}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_every_lease_is_noticed_within_5_s() {
    let presence = presence();
    let mut ends = Vec::new();
    for number in 0..40_u32 {
        comes(&presence, &number.to_string(), "");
        ends.push(Instant::now() + LEASE);
        sleep(Duration::from_millis(730)).await;
    }
    while presence.count("lobby") > 0 {
        let now = Instant::now();
        let over = ends.iter().filter(|end| **end + 5 * SECOND < now).count();
        let still = ends.iter().filter(|end| **end > now).count();
        let count = presence.count("lobby") as usize;
        assert!(count <= 40 - over && count >= still, "{count}: {over} are over, {still} are not");
        sleep(SECOND / 10).await;
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_so_many_leases_at_most() {
    let presence = presence();
    let renew = |room: usize, tab: usize| {
        presence.renew(&room.to_string(), lease(&(tab / 2).to_string(), &tab.to_string(), ""))
    };
    assert!((0..MOST_IN_A_ROOM).all(|tab| renew(0, tab)));
    assert!(!renew(0, MOST_IN_A_ROOM));
    assert_eq!(presence.count("0"), 500);
    assert!(renew(0, 7), "one that there is");
    for room in 1..10 {
        assert!((0..MOST_IN_A_ROOM).all(|tab| renew(room, tab)));
    }
    assert!(!renew(10, 0));
    assert_eq!(presence.held().rooms.len(), 10, "a refused lease makes no room");
    presence.leave("3", "0", "1");
    assert!(renew(10, 0));
    sleep(LEASE + LOOK).await;
    assert_eq!(presence.held().leases, 0);
    assert!(renew(10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_client_has_a_tenth_of_a_room_and_of_all_places() {
    let presence = presence();
    let renew = |room: usize, client: u8, tab: usize| {
        let client = IpAddr::from([192, 0, 2, client]);
        let lease = Lease { client: Some(client), ..lease(&format!("{client} {tab}"), "1", "") };
        presence.renew(&room.to_string(), lease)
    };
    for room in 0..10 {
        assert!((0..100).all(|tab| renew(room, 1, tab)));
        assert!(!renew(room, 1, 100));
        assert!(renew(room, 1, 99), "one that there is");
        assert!(renew(room, 2, 0), "another's place is not taken");
    }
    assert!(!renew(10, 1, 0) && renew(10, 2, 0));
    presence.leave("0", "192.0.2.1 7", "1");
    assert!(renew(10, 1, 0) && !renew(0, 1, 7));
    assert_eq!(presence.held().clients.len(), 2);
    sleep(LEASE + LOOK).await;
    assert!(presence.held().clients.is_empty());
    assert!(renew(10, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_room_without_leases_and_followers_is_forgotten() {
    let presence = presence();
    let rooms = || presence.held().rooms.len();
    let (first, second) = (presence.follow("lobby"), presence.follow("lobby"));
    drop(first);
    assert_eq!(rooms(), 1);
    comes(&presence, "a", "");
    drop(second);
    assert_eq!(rooms(), 1);
    presence.leave("lobby", "a", "1");
    assert_eq!(rooms(), 0);
    comes(&presence, "a", "");
    let followed = presence.follow("lobby");
    sleep(LEASE + LOOK).await;
    assert_eq!((rooms(), presence.count("lobby")), (1, 0));
    drop(followed);
    let held = presence.held();
    assert!(held.rooms.is_empty() && held.due.is_empty() && held.next().is_none(), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_while_nobody_is_there_and_a_shutdown_ends_it() {
    let (presence, shutdown) = (Presence::new(Clock::starting_at(0)), CancellationToken::new());
    let running = presence.run(shutdown.clone());
    tokio::pin!(running);
    let _followed = presence.follow("lobby");
    assert!(timeout(3600 * SECOND, &mut running).await.is_err());
    assert_eq!(presence.held().next(), None);
    shutdown.cancel();
    running.await;
}
