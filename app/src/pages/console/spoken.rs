//! Announces a topic's news to screen readers, in a few words and not too often.

use std::sync::{Mutex, PoisonError};

use leptos::prelude::*;

use super::{row::Event, rows::Rows};
use crate::{
    erased::{spoken_after, words},
    feed::Feed,
    link::Mono,
    number::number,
    text::text,
};

/// Between two announcements, in microseconds: who is still being read one does not want the next.
const PACE: Mono = 5_000_000;

/// Announces an event by its data, several that came together by their number, and first what is missing
/// or was removed.
pub fn spoken(rows: RwSignal<Rows>) -> Signal<String> {
    let now = expect_context::<Feed>().now;
    let heard = rows.with_untracked(|rows| rows.heard);
    let spoken = Mutex::new(Spoken { heard, ..Spoken::default() });
    words(move || {
        let mut spoken = spoken.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = rows.read();
        spoken.next(rows.heard, now.get(), |new| told(&rows, new));
        spoken.words.clone()
    })
}

/// What is announced of `new` events, of which the newest `rows` are listed.
fn told(rows: &Rows, new: u32) -> String {
    let is_new = |row: &&Event| rows.heard.wrapping_sub(row.number) < new;
    let (rows, listed) = (&rows.rows, rows.rows.iter().take_while(is_new));
    let notices = listed.clone().filter_map(Event::notice);
    let notice = notices.clone().next();
    let mut events = listed.filter(|row| row.notice().is_none());
    let came = match (events.next(), events.next()) {
        (None, _) => String::new(),
        (Some(one), None) => one.beginning(),
        // Those that have left the list already are counted too, but for those that were removed.
        (Some(_), Some(_)) => {
            let others = u32::try_from(notices.count()).unwrap_or(u32::MAX);
            let purged = rows.last().is_some_and(|row| row.notice().is_some());
            let listed = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let new = if purged { new.min(listed) } else { new };
            (text().console.came)(&number(new.saturating_sub(others).into(), 0))
        }
    };
    notice.map_or(came.clone(), |notice| format!("{notice} {came}").trim_end().to_owned())
}

/// What was told last.
#[derive(Debug, Default)]
struct Spoken {
    /// How much had been heard by then.
    heard: u32,
    /// When, on the page's clock; `None` before anything was told.
    at: Option<Mono>,
    words: String,
}

impl Spoken {
    fn next(&mut self, heard: u32, now: Mono, say: impl FnOnce(u32) -> String) {
        let new = heard.wrapping_sub(self.heard);
        if new == 0 || self.at.is_some_and(|at| now - at < PACE) {
            return;
        }
        let words = spoken_after(say(new), &self.words);
        *self = Self { heard, at: Some(now), words };
    }
}

#[cfg(test)]
mod tests {
    use wire::{
        event::{Envelope, PURGED},
        language::Language,
    };

    use super::*;
    use crate::stream::StreamEvent;

    #[test]
    fn events_that_come_together_are_told_together() {
        let mut spoken = Spoken { heard: 7, ..Spoken::default() };
        let mut told = |heard, now| {
            spoken.next(heard, now, |new| new.to_string());
            spoken.words.clone()
        };
        assert_eq!(told(7, 1), "", "what the page was rendered with");
        assert_eq!(told(8, 2), "1");
        assert_eq!(told(9, PACE), "1");
        assert_eq!(told(12, PACE + 1), "1");
        assert_eq!(told(12, PACE + 2), "4");
        assert_eq!(told(16, 2 * PACE + 2), "4\u{a0}");
        assert_eq!(told(16, 9 * PACE), "4\u{a0}");
    }

    /// What is announced of all that is heard: `!` is a gap, `x` a purge, all else an event.
    fn heard(all: &str) -> String {
        let mut rows = Rows::new(Vec::new());
        for one in all.chars() {
            let event_type = if one == 'x' { PURGED } else { "message" };
            rows.hear(match one {
                '!' => StreamEvent::Gap { reached: None },
                _ => StreamEvent::from(Envelope {
                    id: None,
                    event_type: event_type.to_owned(),
                    topics: Vec::new(),
                    data: if one == 'x' { String::new() } else { one.to_string() },
                    at: String::new(),
                    private: false,
                }),
            });
        }
        told(&rows, rows.heard)
    }

    #[test]
    fn what_is_missing_or_was_removed_is_told_first() {
        Owner::new().with(|| {
            provide_context(Language::English);
            assert_eq!(heard("a"), "a");
            assert_eq!(heard("ab"), "2 new events");
            assert_eq!(heard(&"a".repeat(500)), "500 new events");
            assert_eq!(heard("!"), "Some events are missing here.");
            assert_eq!(heard("!a"), "Some events are missing here. a");
            assert_eq!(heard("a!bc"), "Some events are missing here. 3 new events");
            assert_eq!(heard("abx"), "Earlier events were removed.");
            assert_eq!(heard("abxc"), "Earlier events were removed. c");
            assert_eq!(heard("abxcd"), "Earlier events were removed. 2 new events");
            // One that was removed is not told, and nor is what came before it.
            let mut rows = Rows::new(Vec::new());
            rows.heard = 1;
            rows.rows.push(Event::new(0, StreamEvent::Gap { reached: None }));
            assert_eq!(told(&rows, 1), "");
        });
    }
}
