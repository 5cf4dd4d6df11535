//! Merges what the stream and the history say of one topic, so that each event is called out once, in
//! order.
//!
//! Everything up to a place was called out already. From a stream that begins there or earlier, the
//! next events are taken as they come; where it begins later, or messages were lost, or the two places
//! cannot be compared, the history is read first, and what comes meanwhile is held back.

use std::cmp::Ordering;

use app::stream::StreamEvent;
use wire::{
    cursor::{Cursor, Span, Spans},
    event::Envelope,
    topics::{History, is_servers_own},
};

/// Where one follower of a topic stands.
#[derive(Clone, Debug)]
pub struct CatchUp {
    topic: String,
    /// Everything up to here was called out; `None` where it begins with what comes.
    at: Option<Cursor>,
    /// The stream has told everything up to here.
    told: Option<Cursor>,
    /// The log's epochs, as far as they are known.
    spans: Spans,
    /// The page has not been told about them.
    learned: bool,
    state: State,
    /// Counts the readings: what an earlier one brings is too old for a later one.
    readings: u32,
}

#[derive(Clone, Debug)]
enum State {
    /// Nobody has said that the stream holds the topic.
    Uncovered,
    /// The history is being read. What the stream said meanwhile.
    Reading(Vec<Envelope>),
    /// The stream goes on from where this stands, or from behind.
    Live,
}

impl CatchUp {
    /// Follows `topic`, or all topics of a prefix, from after a place. See [`Envelope::is_of`].
    #[must_use]
    pub fn new(topic: String, after: Option<&str>) -> Self {
        let at = after.and_then(Cursor::parse);
        let state = if is_servers_own(&topic) { State::Live } else { State::Uncovered };
        let (told, spans) = (None, Spans::default());
        Self { topic, at, told, spans, learned: false, state, readings: 0 }
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Everything up to here was called out.
    #[must_use]
    pub fn at(&self) -> Option<&Cursor> {
        self.at.as_ref()
    }

    /// Whether nobody has said that the stream holds the topic.
    #[must_use]
    pub fn is_uncovered(&self) -> bool {
        matches!(self.state, State::Uncovered)
    }

    /// The number of the reading of the history after [`CatchUp::at`]; `None` where none is wanted.
    #[must_use]
    pub fn reading(&self) -> Option<u32> {
        matches!(self.state, State::Reading(_)).then_some(self.readings)
    }

    /// Every event of `topics` after a place comes from here on, of a log that has had these epochs.
    pub fn cover(&mut self, topics: &[String], after: Option<&Cursor>, spans: &[Span]) {
        if is_servers_own(&self.topic) {
            return;
        }
        self.learn(spans);
        if !topics.contains(&self.topic) {
            return self.lose();
        }
        self.told = after.cloned();
        match (&self.state, &self.at, after) {
            (State::Reading(_), ..) => {}
            (_, None, _) => (self.at, self.state) = (after.cloned(), State::Live),
            (_, Some(at), Some(after)) if self.spans.reaches(at, after) => self.go_on(),
            _ => self.read(),
        }
    }

    /// Messages are missing, or come from a leader whose stream is unknown.
    pub fn lose(&mut self) {
        if !is_servers_own(&self.topic) {
            self.state = State::Uncovered;
        }
    }

    /// The stream delivered an event, of this topic or another, and has told everything up to
    /// `reached`.
    pub fn hear(&mut self, event: &Envelope, reached: Option<&Cursor>) -> Option<StreamEvent> {
        let ours = event.is_of(&self.topic).then(|| event.clone());
        if is_servers_own(&self.topic) {
            return ours.map(|envelope| StreamEvent::Event { envelope, reached: None });
        }
        // In the one row of a stream what comes next follows, of whichever epoch it is.
        let follows = self.at == self.told;
        self.told = reached.cloned().or(self.told.take());
        match &mut self.state {
            State::Uncovered => {}
            State::Reading(held) => held.extend(ours),
            State::Live => {
                let reached = reached?;
                match self.comes_after(reached).or(follows.then_some(true)) {
                    Some(true) => {
                        self.at = Some(reached.clone());
                        return ours.map(|envelope| said(envelope, reached.clone()));
                    }
                    Some(false) => {}
                    None => {
                        self.read();
                        self.state = State::Reading(ours.into_iter().collect());
                    }
                }
            }
        }
        None
    }

    /// The stream said that events are missing, and goes on after a place. Whether any of this topic
    /// are, the history tells.
    pub fn doubt(&mut self, reached: Option<&Cursor>) {
        if !is_servers_own(&self.topic) && !self.is_uncovered() {
            self.told = reached.cloned().or(self.told.take());
            self.read();
        }
    }

    /// A page of the history after [`CatchUp::at`] came in answer to a reading.
    pub fn read_back(&mut self, reading: u32, page: History) -> Vec<StreamEvent> {
        let mut heard = Vec::new();
        if self.reading() != Some(reading) {
            return heard;
        }
        let History { events, next, gap, at, spans } = page;
        self.learn(&spans);
        if gap {
            self.at = at.as_deref().and_then(Cursor::parse);
            heard.push(StreamEvent::Gap { reached: self.at.clone() });
        }
        for event in events {
            let id = event.id.as_deref().and_then(Cursor::parse);
            // The server has compared it: it knows more epochs.
            if let Some(id) = id.filter(|id| self.comes_after(id) != Some(false)) {
                self.at = Some(id.clone());
                heard.push(said(event, id));
            }
        }
        if next.is_none() {
            self.catch_up(&mut heard);
        }
        heard
    }

    /// The log's epochs, if more is known of them than the page was told.
    pub fn news_of_spans(&mut self) -> Option<Spans> {
        std::mem::take(&mut self.learned).then(|| self.spans.clone())
    }

    /// The history has come to its end: what was held back follows.
    fn catch_up(&mut self, heard: &mut Vec<StreamEvent>) {
        let State::Reading(held) = std::mem::replace(&mut self.state, State::Live) else { return };
        for event in held {
            let Some(id) = event.id.as_deref().and_then(Cursor::parse) else { continue };
            match self.comes_after(&id) {
                Some(true) => {
                    self.at = Some(id.clone());
                    heard.push(said(event, id));
                }
                Some(false) => {}
                // It may have been called out, and may not.
                None => return self.read(),
            }
        }
        if let Some(told) = self.told.clone().filter(|told| self.comes_after(told) == Some(true)) {
            self.at = Some(told);
        }
        self.go_on();
    }

    /// Goes on with the stream, unless the log, which was restored, ends before this place.
    fn go_on(&mut self) {
        let ended = self.at.as_ref().is_some_and(|at| self.spans.holds(at) == Some(false));
        if ended { self.read() } else { self.state = State::Live }
    }

    fn learn(&mut self, spans: &[Span]) {
        let before = self.spans.clone();
        self.spans.learn(spans);
        self.learned |= self.spans != before;
    }

    /// Whether a place was not passed; `None` where that is not known.
    fn comes_after(&self, place: &Cursor) -> Option<bool> {
        let Some(at) = &self.at else { return Some(true) };
        self.spans.compare(at, place).map(Ordering::is_lt)
    }

    fn read(&mut self) {
        self.readings = self.readings.wrapping_add(1);
        self.state = State::Reading(Vec::new());
    }
}

fn said(envelope: Envelope, reached: Cursor) -> StreamEvent {
    StreamEvent::Event { envelope, reached: Some(reached) }
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
