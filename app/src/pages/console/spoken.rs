//! What a screen reader is told of a topic: what was heard goes in, a few words come out, now and then.

use std::sync::{Mutex, PoisonError};

use leptos::prelude::*;

use super::Rows;
use crate::{changing::words, feed::Feed, link::Mono, text::text, writing::number};

/// Between two announcements, in microseconds: who is still being read one does not want the next.
const PACE: Mono = 5_000_000;

/// Announces an event by its data, and several that came together by their number.
pub fn spoken(rows: RwSignal<Rows>) -> Signal<String> {
    let now = expect_context::<Feed>().now;
    let heard = rows.with_untracked(|rows| rows.heard);
    let spoken = Mutex::new(Spoken { heard, ..Spoken::default() });
    words(move || {
        let mut spoken = spoken.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = rows.read();
        spoken.next(rows.heard, now.get(), |new| match rows.rows.first() {
            Some(newest) if new == 1 => newest.spoken(),
            _ => (text().console.came)(&number(new.into(), 0)),
        });
        spoken.words.clone()
    })
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
        let mut words = say(new);
        // What stays the same is not spoken again.
        if words == self.words {
            words.push('\u{a0}');
        }
        *self = Self { heard, at: Some(now), words };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_come_together_are_told_together() {
        let mut spoken = Spoken { heard: 7, ..Spoken::default() };
        let mut told = |heard, now| {
            spoken.next(heard, now, |new| new.to_string());
            spoken.words.clone()
        };
        assert_eq!(told(7, 1), "", "what the page was born with");
        assert_eq!(told(8, 2), "1");
        assert_eq!(told(9, PACE), "1");
        assert_eq!(told(12, PACE + 1), "1");
        assert_eq!(told(12, PACE + 2), "4");
        assert_eq!(told(16, 2 * PACE + 2), "4\u{a0}");
        assert_eq!(told(16, 9 * PACE), "4\u{a0}");
    }
}
