//! The banner: warns on every page once there has been no stream for a while.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use leptos::prelude::*;

use crate::{
    address::Address,
    erased::{flag, words},
    feed::Feed,
    lengths::{elapsed, wait},
    link::{Link, Mono},
    page::Page,
    text::text,
};

/// Without a stream for so long, in microseconds, the page says so.
const PATIENCE: Mono = 3_000_000;

/// The page was hidden where its clock, which is written every tenth of a second while it can be
/// seen, stood still for so long, in microseconds.
const UNSEEN: Mono = 1_500_000;

/// Says that the page is not connected, in figures for the eye. A screen reader is told once when
/// the connection is lost and once when it is back; on the time page the pill tells it.
#[component]
pub fn Banner(feed: Feed) -> impl IntoView {
    let absence = Mutex::new(Absence::default());
    let shown = flag(move || {
        let mut absence = absence.lock().unwrap_or_else(PoisonError::into_inner);
        *absence = absence.next(feed.link.get(), feed.now.get());
        absence.is_long()
    });
    let figures = words(move || {
        let now = feed.now.get();
        match feed.link.get() {
            Link::Opening | Link::Live => text().opening.to_owned(),
            Link::Waiting { until } => (text().waiting_for)(&wait(until - now)),
            Link::Silent { since } => (text().silent_for)(&elapsed(now - since)),
        }
    });
    let address = expect_context::<RwSignal<Address>>();
    let was_lost = AtomicBool::new(false);
    let spoken = words(move || {
        let spoken = match shown.get() {
            _ if address.read().page() == Page::Time => "",
            true => {
                was_lost.store(true, Ordering::Relaxed);
                text().banner.lost
            }
            false if was_lost.load(Ordering::Relaxed) => text().banner.back,
            false => "",
        };
        spoken.to_owned()
    });
    let (lost, means) = (text().banner.lost, text().banner.means);
    view! {
        <div class="over">
            <p class="banner" translate="no" hidden=flag(move || !shown.get()) aria-hidden="true">
                <b>{lost}</b>" "<span>{figures}</span>" "<span>{means}</span>
            </p>
        </div>
        <p class="visually-hidden" aria-live="polite">{spoken}</p>
    }
}

/// How long there has been no stream, as far as a visitor could see. All in microseconds of the
/// page's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Absence {
    /// Since when; `None` while there is a stream.
    since: Option<Mono>,
    /// When this was looked at; 0 before the page's scripts run.
    at: Mono,
}

impl Absence {
    fn next(self, link: Link, now: Mono) -> Self {
        let seen = self.at > 0 && now - self.at < UNSEEN;
        let since = match link {
            Link::Live => None,
            Link::Silent { since } => Some(since),
            Link::Opening | Link::Waiting { .. } => self.since.filter(|_| seen).or(Some(now)),
        };
        Self { since, at: now }
    }

    fn is_long(self) -> bool {
        self.at > 0 && self.since.is_some_and(|since| self.at - since >= PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Mono = 100_000;

    /// For how many tenths of a second a link was looked at before the banner came.
    fn comes_after(mut absence: Absence, link: Link) -> Option<Mono> {
        (1..100).find(|_| {
            absence = absence.next(link, absence.at + TENTH);
            absence.is_long()
        })
    }

    fn live_at(now: Mono) -> Absence {
        Absence::default().next(Link::Live, now)
    }

    #[test]
    fn it_comes_after_three_seconds_without_a_stream() {
        // The first look is when the absence begins.
        for link in [Link::Opening, Link::Waiting { until: 9_000_000 }] {
            assert_eq!(comes_after(live_at(20_000_000), link), Some(31), "{link:?}");
        }
        assert_eq!(comes_after(live_at(20_000_000), Link::Live), None);
    }

    #[test]
    fn another_attempt_does_not_restart_the_wait() {
        let lost = live_at(20_000_000).next(Link::Waiting { until: 0 }, 21_000_000);
        let trying =
            (1..=20).fold(lost, |lost, n| lost.next(Link::Opening, 21_000_000 + n * TENTH));
        assert_eq!(comes_after(trying, Link::Waiting { until: 0 }), Some(10));
    }

    #[test]
    fn a_silent_stream_was_lost_when_it_fell_silent() {
        let silent = Link::Silent { since: 14_000_000 };
        assert!(live_at(20_000_000).next(silent, 20_000_001).is_long());
    }

    #[test]
    fn it_goes_at_once_when_the_stream_is_back() {
        let lost = Absence { since: Some(1), at: 9_000_000 };
        assert!(lost.is_long());
        assert!(!lost.next(Link::Live, 9_000_001).is_long());
    }

    #[test]
    fn loading_the_scripts_and_being_hidden_do_not_count() {
        let rendered = Absence::default().next(Link::Opening, 0);
        assert!(!rendered.next(Link::Opening, 8_000_000).is_long());
        let hidden = live_at(20_000_000).next(Link::Opening, 20_100_000);
        assert!(!hidden.next(Link::Opening, 90_000_000).is_long());
    }
}
