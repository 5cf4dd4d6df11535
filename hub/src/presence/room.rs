//! The leases of one room, and the event that says who is there when that has changed.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use wire::chat::{RoomPresence, room::presence_topic};

use super::lease::Lease;
use crate::state_topics::State;

/// The most leases in one room.
pub(super) const MOST_IN_A_ROOM: usize = 1000;

/// The most of one client in one room: a tenth.
const MOST_OF_A_CLIENT_IN_A_ROOM: usize = 100;

/// How many names are told.
const NAMES: usize = 100;

/// A room that has people or followers.
#[derive(Debug)]
pub(super) struct Room {
    browsers: HashMap<String, Browser>,
    leases: usize,
    followers: usize,
    /// What was told last.
    told: RoomPresence,
    /// When something was told, or would have been had it been news.
    told_at: Option<Instant>,
    /// Who came, left, or has another name since then may make a difference.
    changed: bool,
    newest: watch::Sender<State>,
}

/// The tabs of one browser.
#[derive(Debug, Default)]
struct Browser {
    tabs: HashMap<String, Tab>,
    /// Counts the names that its tabs have given.
    given: u64,
}

#[derive(Debug)]
struct Tab {
    until: Instant,
    client: Option<IpAddr>,
    name: String,
    /// The number of its name: the highest is the one given last.
    given: u64,
}

impl Browser {
    /// The name that a tab gave last; empty where none has given one.
    fn name(&self) -> &str {
        let named = self.tabs.values().filter(|tab| !tab.name.is_empty());
        named.max_by_key(|tab| tab.given).map_or("", |tab| &tab.name)
    }

    /// Renews a tab's lease. The name that it had before it does not give again, and whose place it has
    /// taken stays as well.
    fn renew(&mut self, Lease { tab, name, client, .. }: Lease, until: Instant) {
        let given = self.given + 1;
        let new = || Tab { until, client, name: String::new(), given };
        let tab = self.tabs.entry(tab).or_insert_with(new);
        tab.until = until;
        if tab.name != name {
            (tab.name, tab.given, self.given) = (name, given, given);
        }
    }
}

impl Room {
    /// One where nobody is.
    pub(super) fn new(name: &str, at: i64) -> Self {
        let told = RoomPresence::default();
        Self {
            browsers: HashMap::new(),
            leases: 0,
            followers: 0,
            newest: watch::Sender::new(state(name, &told, at)),
            told,
            told_at: None,
            changed: false,
        }
    }

    /// Whether nobody is here or looks in.
    pub(super) fn is_forsaken(&self) -> bool {
        self.leases == 0 && self.followers == 0
    }

    /// Whether there is no place left for another lease of a client.
    pub(super) fn is_full_for(&self, client: Option<IpAddr>) -> bool {
        let tabs = self.browsers.values().flat_map(|browser| browser.tabs.values());
        let of_client = || tabs.filter(|tab| tab.client == client).count();
        self.leases >= MOST_IN_A_ROOM
            || (client.is_some() && of_client() >= MOST_OF_A_CLIENT_IN_A_ROOM)
    }

    pub(super) fn has(&self, browser: &str, tab: &str) -> bool {
        self.browsers.get(browser).is_some_and(|browser| browser.tabs.contains_key(tab))
    }

    /// Makes a lease, or has it last until later.
    pub(super) fn renew(&mut self, lease: Lease, until: Instant) {
        self.leases += usize::from(!self.has(&lease.browser, &lease.tab));
        let browser = self.browsers.entry(lease.browser.clone()).or_default();
        let is_new = browser.tabs.is_empty();
        let before = browser.name().to_owned();
        browser.renew(lease, until);
        self.changed |= is_new || browser.name() != before;
    }

    /// Ends a lease, and returns whose it was; `None` where there is none such. A browser that closes may
    /// have dropped its cookies before it says so: then its tab, whose word nobody else knows, tells which
    /// it was.
    pub(super) fn leave(&mut self, name: &str, tab: &str) -> Option<Option<IpAddr>> {
        let has = |browser: &Browser| browser.tabs.contains_key(tab);
        let name = match self.browsers.get(name) {
            Some(browser) if has(browser) => name.to_owned(),
            _ => self.browsers.iter().find(|(_, browser)| has(browser))?.0.clone(),
        };
        let browser = self.browsers.get_mut(&name)?;
        let before = browser.name().to_owned();
        let client = browser.tabs.remove(tab)?.client;
        self.leases -= 1;
        self.changed |= browser.tabs.is_empty() || browser.name() != before;
        if browser.tabs.is_empty() {
            self.browsers.remove(&name);
        }
        Some(client)
    }

    /// Ends the leases whose time is over, and returns whose those were.
    pub(super) fn end(&mut self, now: Instant) -> Vec<Option<IpAddr>> {
        let (mut ended, mut changed) = (Vec::new(), false);
        self.browsers.retain(|_, browser| {
            let over = browser.tabs.values().filter(|tab| tab.until <= now);
            let before = (ended.len(), browser.name().to_owned());
            ended.extend(over.map(|tab| tab.client));
            if ended.len() > before.0 {
                browser.tabs.retain(|_, tab| tab.until > now);
                changed |= browser.tabs.is_empty() || browser.name() != before.1;
            }
            !browser.tabs.is_empty()
        });
        self.leases -= ended.len();
        self.changed |= changed;
        ended
    }

    /// When the first lease ends that is not renewed.
    pub(super) fn earliest_end(&self) -> Option<Instant> {
        self.browsers.values().flat_map(|browser| browser.tabs.values()).map(|tab| tab.until).min()
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.browsers.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn here(&self) -> RoomPresence {
        let mut times = BTreeMap::<&str, u32>::new();
        for name in self.browsers.values().map(Browser::name).filter(|name| !name.is_empty()) {
            *times.entry(name).or_default() += 1;
        }
        let (names, mut times): (Vec<_>, Vec<_>) =
            times.into_iter().take(NAMES).map(|(name, times)| (name.to_owned(), times)).unzip();
        if times.iter().all(|times| *times == 1) {
            times.clear();
        }
        RoomPresence { count: self.count(), names, times }
    }

    /// When it may say what has changed: now or later; `None` where nothing has.
    pub(super) fn due(&self, now: Instant, pace: Duration) -> Option<Instant> {
        self.changed.then(|| self.told_at.map_or(now, |at| now.max(at + pace)))
    }

    /// Says who is here, where that is news.
    pub(super) fn tell(&mut self, name: &str, now: Instant, at: i64) {
        (self.changed, self.told_at) = (false, Some(now));
        let here = self.here();
        if here != self.told {
            self.newest.send_replace(state(name, &here, at));
            self.told = here;
        }
    }

    pub(super) fn follow(&mut self) -> watch::Receiver<State> {
        self.followers += 1;
        self.newest.subscribe()
    }

    pub(super) fn unfollow(&mut self) {
        self.followers -= 1;
    }
}

fn state(name: &str, here: &RoomPresence, at: i64) -> State {
    let json = serde_json::to_string(here).expect("names and a number are JSON");
    State::new(&presence_topic(name), at, &json)
}
