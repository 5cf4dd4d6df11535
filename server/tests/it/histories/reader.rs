//! A reader, and what a log with a line has to tell it after a position.

use std::collections::BTreeMap;

use wire::{
    event::{Envelope, Gap},
    session::Session,
};

use super::line::{Entry, Fate, Line, sequence};

/// What somebody follows, and whose private events they may read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) selectors: Vec<&'static str>,
    /// A pattern.
    pub(crate) reads: Option<&'static str>,
}

/// What a reader is told.
#[derive(Debug)]
pub(crate) enum Told {
    Event(Envelope),
    Gap { id: String },
    Position(String),
    Session(Session),
}

/// Reads what a stream of envelopes says.
pub(crate) fn told(text: &str) -> Vec<Told> {
    let mut said = Vec::new();
    for event in text.split_terminator("\n\n") {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        let id = field("id: ").map(str::to_owned);
        said.push(match (field("event: "), field("data: "), id) {
            (Some("session"), Some(data), None) => {
                Told::Session(serde_json::from_str(data).unwrap())
            }
            (Some("gap"), Some(data), Some(id)) => {
                serde_json::from_str::<Gap>(data).unwrap();
                Told::Gap { id }
            }
            (None, Some(data), id) => {
                let envelope: Envelope = serde_json::from_str(data).unwrap();
                assert_eq!(envelope.id, id, "one id within and without");
                Told::Event(envelope)
            }
            (None, None, Some(id)) => Told::Position(id),
            // The time to wait before one comes back, or a comment.
            (None, None, None) => continue,
            other => panic!("nobody said {other:?}"),
        });
    }
    said
}

fn selects(selector: &str, topic: &str) -> bool {
    match selector.strip_suffix('*') {
        Some(prefix) => topic.starts_with(prefix),
        None => selector == topic,
    }
}

impl Reader {
    /// The query of a stream.
    pub(crate) fn query(&self) -> String {
        let topics = self.selectors.iter().map(|selector| format!("topic={selector}&"));
        topics.collect::<String>() + "session=1&format=json"
    }

    /// The selectors that show an event: for each, whether it still does.
    fn lanes(&self, entry: &Entry) -> Vec<bool> {
        let shows = |selector: &&&str| {
            let private = self.reads.is_some_and(|pattern| match selector.strip_suffix('*') {
                Some(prefix) => pattern.ends_with('*') && selects(pattern, prefix),
                None => selects(pattern, selector),
            });
            private || !entry.private
        };
        let of = |selector: &&str| {
            let found = entry.topics.iter().any(|topic| selects(selector, topic));
            found.then(|| entry.left.iter().any(|topic| selects(selector, topic)))
        };
        self.selectors.iter().filter(shows).filter_map(of).collect()
    }

    /// Whether an event is for this reader.
    fn follows(&self, entry: &Entry) -> bool {
        !self.lanes(entry).is_empty()
    }

    /// Whether the log has an event for this reader.
    fn has(&self, entry: &Entry) -> bool {
        entry.fate == Fate::There && self.lanes(entry).contains(&true)
    }

    /// Whether the reader is to miss nothing where the log cannot show an event.
    fn forgives(&self, entry: &Entry) -> bool {
        !self.follows(entry) || matches!(entry.fate, Fate::Removed | Fate::Forgotten)
    }

    /// The highest sequence whose loss the log tells of: an event that was dropped from one of the
    /// reader's topics, even if another still has it.
    pub(crate) fn losses(&self, line: &Line) -> u64 {
        let lost = |entry: &Entry| self.lanes(entry).contains(&false);
        line.entries.iter().rposition(lost).map_or(0, |place| place as u64 + 1)
    }

    /// The events after a sequence that the log has for this reader.
    pub(crate) fn there<'l>(&self, line: &'l Line, after: u64) -> Vec<&'l str> {
        let later = line.entries.iter().skip(after as usize);
        later.filter(|entry| self.has(entry)).map(|entry| &*entry.id).collect()
    }
}

/// A reader of a log from a position on, which checks what it is told against the line.
#[derive(Debug)]
pub(crate) struct Reading<'l> {
    pub(crate) reader: &'l Reader,
    pub(crate) line: &'l Line,
    /// How far it has come.
    pub(crate) at: u64,
    /// A loss up to here was announced.
    pub(crate) forgiven: u64,
    /// It came from a position that is not one of this line, and has to be told so first.
    pub(crate) elsewhere: bool,
    /// Gaps that were told, and the last place that was named.
    pub(crate) gaps: Vec<String>,
    pub(crate) last_id: String,
    pub(crate) events: Vec<String>,
}

impl<'l> Reading<'l> {
    pub(crate) fn begin(reader: &'l Reader, line: &'l Line, at: u64, from: &str) -> Self {
        Self {
            reader,
            line,
            at,
            forgiven: 0,
            elsewhere: !line.knows(from),
            gaps: Vec::new(),
            last_id: from.to_owned(),
            events: Vec::new(),
        }
    }

    /// What lies between here and a sequence.
    fn passed(&self, to: u64) -> impl Iterator<Item = &Entry> {
        let from = (self.at as usize).min(to as usize);
        self.line.entries[from..to as usize].iter()
    }

    pub(crate) fn hear(&mut self, said: Vec<Told>) {
        for one in said {
            match one {
                Told::Session(_) => {}
                Told::Event(event) => self.event(event),
                Told::Gap { id } => self.gap(id),
                Told::Position(id) => self.place(&id),
            }
        }
    }

    fn event(&mut self, event: Envelope) {
        let id = event.id.unwrap();
        assert!(self.line.knows(&id), "{id} is none of this log's: {self:?}");
        assert!(!self.elsewhere, "{id} came before the gap: {self:?}");
        let sequence = sequence(&id);
        assert!(sequence > self.at, "{id} came after {}: {self:?}", self.at);
        let entry = &self.line.entries[sequence as usize - 1];
        assert_eq!((&event.data, event.private), (&entry.data, entry.private), "{id}");
        assert_eq!(event.topics, entry.topics, "{id}");
        assert!(self.reader.follows(entry), "{id} is not for this reader: {self:?}");
        let gone = matches!(entry.fate, Fate::Purged | Fate::Removed | Fate::Forgotten);
        assert!(!gone, "{id} was shown after it was removed: {self:?}");
        self.pass(sequence - 1);
        self.at = sequence;
        self.last_id.clone_from(&id);
        self.events.push(id);
    }

    /// Nothing that the reader is to be told lies between here and a sequence.
    fn pass(&self, to: u64) {
        for entry in self.passed(to).filter(|entry| !self.reader.forgives(entry)) {
            let told = sequence(&entry.id) <= self.forgiven && !self.reader.has(entry);
            assert!(told, "{} was left out: {self:?}", entry.id);
        }
    }

    fn gap(&mut self, id: String) {
        assert!(self.line.knows(&id), "the gap's {id} is none of this log's: {self:?}");
        let (to, losses) = (sequence(&id), self.reader.losses(self.line));
        assert!(self.elsewhere || losses > self.at, "a gap, but nothing is lost: {self:?}");
        assert!(self.elsewhere || to >= self.at, "the gap goes back to {id}: {self:?}");
        let jumped: Vec<_> = self.passed(to).filter(|entry| self.reader.has(entry)).collect();
        assert!(jumped.is_empty(), "the gap jumps over {jumped:?}: {self:?}");
        (self.at, self.forgiven, self.elsewhere) = (to, losses, false);
        self.last_id.clone_from(&id);
        self.gaps.push(id);
    }

    fn place(&mut self, id: &str) {
        assert!(!self.elsewhere && self.line.knows(id), "a place {id}: {self:?}");
        if sequence(id) > self.at {
            self.pass(sequence(id));
        }
        self.at = self.at.max(sequence(id));
        id.clone_into(&mut self.last_id);
    }

    /// All that there is was told.
    pub(crate) fn end(&self) {
        assert!(!self.elsewhere, "no gap: {self:?}");
        assert_eq!(self.reader.there(self.line, self.at), [""; 0], "{self:?}");
        self.pass(self.line.last());
    }

    /// Whether a greeting says of the reader's position what is true.
    pub(crate) fn session(&self, session: &Session, first: Option<&str>) {
        assert_eq!(session.lost, first.is_some(), "{self:?}");
        assert_eq!(session.cursor, first.unwrap_or(&self.last_id), "{self:?}");
        let there = self.reader.there(self.line, sequence(&session.cursor)).len();
        assert_eq!(session.replayed, there as u64, "{self:?}");
        let spans: BTreeMap<_, _> = self.line.spans().into_iter().collect();
        // An opening that nothing was written in yet has ended the epoch before all the same.
        let begins = session.spans.last().filter(|span| !spans.contains_key(&span.epoch));
        assert!(begins.is_none_or(|span| span.after == self.line.last()), "{self:?}");
        let written = &session.spans[..session.spans.len() - begins.iter().count()];
        for span in written {
            assert_eq!(spans.get(&span.epoch), Some(&span.after), "{self:?}");
        }
        let newest = written.last().map(|span| &*span.epoch);
        assert_eq!(newest, self.line.spans().last().map(|(epoch, _)| &**epoch));
    }
}
