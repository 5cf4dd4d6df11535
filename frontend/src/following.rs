//! What the stream and the history say of one topic goes in; each event once, in order, comes out.
//!
//! Everything up to a place was called out already. From a stream that begins there or earlier, the
//! next events are taken as they come; where it begins later, or letters were lost, the history is
//! read first, and what comes meanwhile is held back.

use app::{
    chat::HERE_PREFIX,
    cursor::Cursor,
    event::{Envelope, Gap, GapReason, READERS, STATUS, TIME},
    follow::Heard,
};

/// Where one follower of a topic stands.
#[derive(Clone, Debug)]
pub struct Following {
    topic: String,
    /// Everything up to here was called out; `None` where it begins with what comes.
    at: Option<Cursor>,
    state: State,
    /// Counts the readings: what an earlier one brings is too old for a later one.
    readings: u32,
}

#[derive(Clone, Debug)]
enum State {
    /// Nobody has said that the stream holds the topic.
    Uncovered,
    /// The history is being read. What the stream said meanwhile, and how far it was then.
    Reading { held: Vec<Envelope>, reached: Option<Cursor> },
    /// The stream goes on from where this stands.
    Live,
}

/// Whether only a topic's newest value matters: it is not in the log.
#[must_use]
pub fn is_state(topic: &str) -> bool {
    [TIME, READERS, STATUS].contains(&topic) || topic.starts_with(HERE_PREFIX)
}

impl Following {
    /// Follows `topic` from after a place.
    #[must_use]
    pub fn new(topic: String, after: Option<&str>) -> Self {
        let at = after.and_then(Cursor::parse);
        let state = if is_state(&topic) { State::Live } else { State::Uncovered };
        Self { topic, at, state, readings: 0 }
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

    /// The number of the reading of the history after [`Following::at`]; `None` where none is wanted.
    #[must_use]
    pub fn reading(&self) -> Option<u32> {
        matches!(self.state, State::Reading { .. }).then_some(self.readings)
    }

    /// Every event of `topics` after a place comes from here on.
    pub fn cover(&mut self, topics: &[String], after: Option<&Cursor>) {
        if is_state(&self.topic) {
            return;
        }
        if !topics.contains(&self.topic) {
            return self.lose();
        }
        match (&self.state, &self.at, after) {
            (State::Reading { .. }, ..) => {}
            (_, None, _) => (self.at, self.state) = (after.cloned(), State::Live),
            (_, Some(at), Some(after)) if at.reaches(after) => self.state = State::Live,
            _ => self.read(),
        }
    }

    /// Letters are missing, or come from a leader whose stream is unknown.
    pub fn lose(&mut self) {
        if !is_state(&self.topic) {
            self.state = State::Uncovered;
        }
    }

    /// The stream delivered an event, of this topic or another, and has told everything up to
    /// `reached`.
    pub fn hear(&mut self, event: &Envelope, reached: Option<&Cursor>) -> Option<Heard> {
        let ours = event.topics.contains(&self.topic);
        if is_state(&self.topic) {
            return ours.then(|| Heard::Event(event.clone()));
        }
        match &mut self.state {
            State::Uncovered => None,
            State::Reading { held, reached: before } => {
                held.extend(ours.then(|| event.clone()));
                *before = reached.cloned().or(before.take());
                None
            }
            State::Live => {
                let news = self.pass(reached?.clone());
                (news && ours).then(|| Heard::Event(event.clone()))
            }
        }
    }

    /// The stream said that events are missing. Whether any of this topic are, the history tells.
    pub fn doubt(&mut self) {
        if !is_state(&self.topic) && !self.is_uncovered() {
            self.read();
        }
    }

    /// A page of the history after [`Following::at`] came in answer to a reading: `gap` where events
    /// before it are gone, `more` where it is not the last.
    pub fn read_back(
        &mut self,
        reading: u32,
        events: Vec<Envelope>,
        gap: bool,
        more: bool,
    ) -> Vec<Heard> {
        let mut heard = Vec::new();
        if self.reading() != Some(reading) {
            return heard;
        }
        if gap {
            let after = self.at.as_ref().map(ToString::to_string).unwrap_or_default();
            heard.push(Heard::Gap(Gap { reason: GapReason::Expired, after }));
            // What there is comes from the oldest on, in whichever log it is.
            self.at = None;
        }
        self.call_out(events, &mut heard);
        if !more
            && let State::Reading { held, reached } =
                std::mem::replace(&mut self.state, State::Live)
        {
            self.call_out(held, &mut heard);
            if let Some(reached) = reached {
                self.pass(reached);
            }
        }
        heard
    }

    fn call_out(&mut self, events: Vec<Envelope>, heard: &mut Vec<Heard>) {
        for event in events {
            let id = event.id.as_deref().and_then(Cursor::parse);
            if id.is_some_and(|id| self.pass(id)) {
                heard.push(Heard::Event(event));
            }
        }
    }

    /// Moves on to a place, unless it was passed before.
    fn pass(&mut self, id: Cursor) -> bool {
        let passed = self.at.as_ref().is_some_and(|at| at.reaches(&id));
        if !passed {
            self.at = Some(id);
        }
        !passed
    }

    fn read(&mut self) {
        self.readings = self.readings.wrapping_add(1);
        self.state = State::Reading { held: Vec::new(), reached: None };
    }
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
