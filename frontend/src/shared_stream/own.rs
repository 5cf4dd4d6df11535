//! The stream while it is this tab's: opens it, keeps it to what all tabs want, and passes on what it says.

use app::{
    link::Mono,
    stream::{Start, StreamEvent},
};
use wire::{
    cursor::Cursor,
    event::Envelope,
    topics::{READERS, TIME},
};

use super::{Action, Own, SharedStream, beat};
use crate::{
    stream::{
        sources::{Sources, Step, Wanted},
        supervisor,
    },
    tabs::message::Body,
};

/// This many beats after a topic is wanted no longer, the stream is opened without it.
const BEATS_KEPT: u32 = 3;

impl SharedStream {
    pub(super) fn open(&mut self, beat_at: Option<Mono>) {
        self.stop();
        self.lose();
        let (identity, wanted) = (self.identity.clone(), self.wanted());
        let sources = Sources::start(identity, wanted, self.interval, self.opened, self.now);
        let (start, newest) = (Start::default(), Vec::new());
        self.own = Some(Own { sources, start, newest, beat_at, excess: 0 });
        self.carry_out();
    }

    pub(super) fn stop(&mut self) {
        let mut opened = self.opened;
        self.with_sources(|sources| opened = sources.end());
        (self.opened, self.own) = (opened, None);
    }

    pub(super) fn tell_sources(&mut self, signal: supervisor::Signal) {
        let (now, random) = (self.now, self.random);
        self.with_sources(|sources| sources.tell(signal, now, random));
    }

    /// Does something with the sources, and then what they ask for.
    pub(super) fn with_sources(&mut self, act: impl FnOnce(&mut Sources)) {
        if let Some(own) = &mut self.own {
            act(&mut own.sources);
        }
        self.carry_out();
    }

    fn carry_out(&mut self) {
        let Some(own) = &mut self.own else { return };
        for step in own.sources.take_steps() {
            match step {
                Step::Open { number, url } => self.actions.push(Action::OpenSource(number, url)),
                Step::Close(number) => self.actions.push(Action::CloseSource(number)),
                Step::Say(event) => self.on_stream(event),
            }
        }
    }

    /// This tab's own stream says something.
    pub(super) fn on_stream(&mut self, event: StreamEvent) {
        let Some(own) = &mut self.own else { return };
        match event {
            StreamEvent::Connection { link, .. } => self.pass_connection(link),
            StreamEvent::Start(start) => {
                own.start = start;
                self.cover();
            }
            event => {
                if let StreamEvent::Event { reached, .. } | StreamEvent::Gap { reached } = &event {
                    own.start.after = reached.clone().or(own.start.after.take());
                }
                if let StreamEvent::Event { envelope, .. } = &event {
                    own.remember(envelope);
                }
                // To nobody, too: a tab that was stuck for so long that it was counted out has to find
                // that its messages are all there.
                self.post(Body::Stream(event.clone()));
                self.pass_on(event);
            }
        }
    }

    /// Tells the followers in every tab where the stream stands.
    pub(super) fn cover(&mut self) {
        let Some(own) = &self.own else { return };
        let start = StreamEvent::Start(own.start.clone());
        self.post(Body::Stream(start.clone()));
        self.pass_on(start);
    }

    /// The leader's own regular work.
    pub(super) fn beat(&mut self) {
        self.members.beat();
        let (wanted, now) = (self.wanted(), self.now);
        let Some(own) = &mut self.own else { return };
        own.beat_at = Some(now + beat(self.interval));
        let more = own.start.topics.len() > wanted.topics.len();
        own.excess = if more { own.excess + 1 } else { 0 };
        let exactly = own.excess >= BEATS_KEPT;
        self.with_sources(|sources| sources.want(wanted, exactly, now));
        self.pass_link();
    }

    pub(super) fn want(&mut self) {
        let (wanted, now) = (self.wanted(), self.now);
        self.with_sources(|sources| sources.want(wanted, false, now));
    }

    /// What all tabs want together; this tab alone where the stream is not shared.
    pub(super) fn wanted(&self) -> Wanted {
        let mut topics = vec![TIME.to_owned(), READERS.to_owned()];
        let ours = self.followers.iter().map(|(_, follower)| follower.topic());
        for topic in ours.chain(self.members.topics().map(String::as_str)) {
            if !topics.iter().any(|it| it == topic) {
                topics.push(topic.to_owned());
            }
        }
        let after = self.after().or_else(|| self.members.after()).cloned();
        Wanted { topics, after }
    }

    /// A position up to which one of the followers here has everything.
    pub(super) fn after(&self) -> Option<&Cursor> {
        self.followers.iter().find_map(|(_, follower)| follower.at())
    }

    /// Something else is followed here than before.
    pub(super) fn announce(&mut self) {
        if self.leader.has_stream() {
            self.want();
            self.cover();
        } else {
            self.say_present();
        }
    }
}

impl Own {
    fn remember(&mut self, envelope: &Envelope) {
        let Envelope { id: None, topics, .. } = envelope else { return };
        if topics.first().is_some_and(|topic| topic != TIME) {
            self.newest.retain(|other| other.topics.first() != topics.first());
            self.newest.push(envelope.clone());
        }
    }
}
