//! A page's interest in a topic: what of the stream to tell the page, and when to read the history. What is
//! new to the page is decided by its [`CatchUp`].

use app::{
    link::Mono,
    stream::{Start, StreamEvent},
};
use wire::{cursor::Cursor, topics::History};

use super::catch_up::CatchUp;

/// Between two attempts to read the history, in microseconds: doubled each time, up to the second.
const WAITS: (i64, i64) = (1_000_000, 12_000_000);

/// A follower of a topic.
#[derive(Clone, Debug)]
pub struct Follower {
    catch_up: CatchUp,
    /// The number of the reading that is under way.
    asked: Option<u32>,
    /// The history is not read before this.
    retry_at: Option<Mono>,
    /// How long to wait after the next failure.
    wait: i64,
}

/// Events of a topic to be read from the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Goes with the answer.
    pub number: u32,
    /// The topic.
    pub topic: String,
    /// The position after which to read.
    pub after: Option<Cursor>,
}

impl Follower {
    /// Follows a topic from after a cursor; without one, from what comes.
    #[must_use]
    pub fn new(topic: String, after: Option<&str>) -> Self {
        let catch_up = CatchUp::new(topic, after);
        Self { catch_up, asked: None, retry_at: None, wait: WAITS.0 }
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.catch_up.topic()
    }

    /// Everything up to here was told.
    #[must_use]
    pub fn at(&self) -> Option<&Cursor> {
        self.catch_up.at()
    }

    /// See [`CatchUp::is_uncovered`].
    #[must_use]
    pub fn is_uncovered(&self) -> bool {
        self.catch_up.is_uncovered()
    }

    /// See [`CatchUp::lose`].
    pub fn lose(&mut self) {
        self.catch_up.lose();
    }

    /// The stream says something. Returns what to tell the page.
    pub fn hear(&mut self, event: &StreamEvent) -> Vec<StreamEvent> {
        let mut heard = None;
        match event {
            StreamEvent::Start(Start { topics, after, spans, .. }) => {
                self.catch_up.cover(topics, after.as_ref(), spans);
            }
            StreamEvent::Event { envelope, reached } => {
                heard = self.catch_up.hear(envelope, reached.as_ref());
            }
            StreamEvent::Gap { reached } => self.catch_up.doubt(reached.as_ref()),
            StreamEvent::Connection { .. } => {}
        }
        let mut told = self.news();
        told.extend(heard);
        told
    }

    /// What to read of the history now, if anything. It is under way from here on.
    pub fn next_reading(&mut self, now: Mono) -> Option<Reading> {
        if self.asked.is_some() || self.retry_at.is_some_and(|at| now < at) {
            return None;
        }
        self.retry_at = None;
        let Some(number) = self.catch_up.reading() else {
            self.wait = WAITS.0;
            return None;
        };
        self.asked = Some(number);
        Some(Reading { number, topic: self.topic().to_owned(), after: self.at().cloned() })
    }

    /// When to look again whether something is to be read.
    #[must_use]
    pub fn wake_at(&self) -> Option<Mono> {
        self.retry_at
    }

    /// A page of the history has come; `None` where the server did not answer with one. Returns what to tell
    /// the page.
    pub fn read(&mut self, number: u32, page: Option<History>, now: Mono) -> Vec<StreamEvent> {
        if self.asked.take_if(|asked| *asked == number).is_none() {
            return Vec::new();
        }
        let (mut heard, mut again) = (Vec::new(), true);
        if let Some(page) = page {
            let late = self.catch_up.reading() != Some(number);
            heard = self.catch_up.read_back(number, page);
            // What came may have made it necessary to read once more, which may be so again.
            again = !late && self.catch_up.reading().is_some_and(|next| next != number);
        }
        if again {
            self.retry_at = Some(now + self.wait);
            self.wait = (self.wait * 2).min(WAITS.1);
        } else {
            self.wait = WAITS.0;
        }
        let mut told = self.news();
        told.append(&mut heard);
        told
    }

    /// What was learned of the log's epochs, as the page is told.
    fn news(&mut self) -> Vec<StreamEvent> {
        let mut news = Vec::new();
        if let Some(spans) = self.catch_up.news_of_spans() {
            news.push(StreamEvent::Start(Start {
                topics: vec![self.topic().to_owned()],
                after: self.at().cloned(),
                spans: spans.as_slice().to_vec(),
                ..Start::default()
            }));
        }
        news
    }
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
