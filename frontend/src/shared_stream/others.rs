//! What the tabs say to each other: who is present, and what the leader's stream says.

use app::stream::StreamEvent;

use super::{Action, SharedStream, passing::moved};
use crate::{
    tabs::{
        leader::Signal,
        message::{Body, TabMessage},
    },
    topics::follower::Follower,
};

/// A tab does not say again that it is present before this, in microseconds, where nothing has changed:
/// half of the shortest beat.
const ANSWERED: i64 = 1_000_000;

impl SharedStream {
    pub(super) fn join(&mut self) {
        self.actions.push(Action::OpenChannel(self.name()));
        self.joined = true;
        self.heard = None;
        self.lose();
        self.say_present();
    }

    pub(super) fn post(&mut self, body: Body) {
        if self.joined {
            self.sent = self.sent.wrapping_add(1);
            let message = TabMessage { from: self.me.clone(), number: self.sent, body };
            self.actions.push(Action::Post(message));
        }
    }

    /// Says which topics are followed here, and asks where the stream stands if that is not known.
    pub(super) fn say_present(&mut self) {
        let followers = self.followers.iter().map(|(_, follower)| follower);
        let topics = followers.clone().map(|follower| follower.topic().to_owned()).collect();
        let asks = self.heard.is_none() || followers.clone().any(Follower::is_uncovered);
        let after = self.after().cloned();
        self.present_at = Some(self.now);
        self.post(Body::Present { topics, after, asks });
    }

    pub(super) fn on_message(&mut self, message: TabMessage) {
        let TabMessage { from, number, body } = message;
        match body {
            Body::Present { topics, after, asks } => {
                self.members.present(&from, topics, after);
                if self.leader.leads() {
                    self.on_present(asks);
                }
            }
            Body::Gone => self.members.gone(&from),
            // From one that was robbed, and does not know it yet.
            Body::Stream(_) if self.leader.has_stream() => {}
            Body::Stream(event) => {
                self.tell_leader(Signal::Heard);
                let before = self.heard.replace((from.clone(), number));
                let follows = before
                    .is_some_and(|(leader, last)| leader == from && number == last.wrapping_add(1));
                if !follows {
                    self.lose();
                }
                let beats = matches!(event, StreamEvent::Connection { .. });
                self.on_leader(event);
                // An answer to this tab's own question is not answered again: that would go on without end
                // while the stream has nothing to say.
                let recent =
                    self.present_at.is_some_and(|at| self.now.saturating_sub(at) < ANSWERED);
                if !follows || beats && !recent {
                    self.say_present();
                }
            }
        }
    }

    /// Another tab is present.
    pub(super) fn on_present(&mut self, asks: bool) {
        self.want();
        if !asks {
            return;
        }
        self.cover();
        let newest = self.own.as_ref().map(|own| own.newest.clone());
        for envelope in newest.into_iter().flatten() {
            self.post(Body::Stream(StreamEvent::Event { envelope, reached: None }));
        }
        self.pass_link();
    }

    /// The tab that leads passes on what its stream says.
    pub(super) fn on_leader(&mut self, event: StreamEvent) {
        if let StreamEvent::Connection { link, tabs } = event {
            self.members.beat();
            self.tabs = tabs;
            self.tell_connection(moved(link, self.now));
        } else {
            self.pass_on(event);
        }
    }
}
