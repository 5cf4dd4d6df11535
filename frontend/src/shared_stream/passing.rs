//! Passes on what the stream says, to the timekeeper, to this tab's pages and to the other tabs.

use app::{
    link::{Link, Mono},
    stream::StreamEvent,
};
use wire::{event::Envelope, topics::History};

use super::{Action, SharedStream};
use crate::tabs::message::Body;

impl SharedStream {
    /// Tells the other tabs that this one leads, and the timekeeper how it does.
    pub(super) fn pass_connection(&mut self, link: Link) {
        if self.leader.leads() {
            let others = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
            self.tabs = Some(others.saturating_add(1));
            let link = moved(link, -self.now);
            self.post(Body::Stream(StreamEvent::Connection { link, tabs: self.tabs }));
        }
        self.tell_connection(link);
    }

    pub(super) fn tell_connection(&mut self, link: Link) {
        self.actions.push(Action::Tell(StreamEvent::Connection { link, tabs: self.tabs }));
    }

    /// Passes on to this tab's pages what the stream says.
    pub(super) fn pass_on(&mut self, event: StreamEvent) {
        for (number, follower) in &mut self.followers {
            tell_page(&mut self.actions, *number, follower.hear(&event));
        }
        if let StreamEvent::Event { envelope: Envelope { id: None, .. }, .. } = event {
            self.actions.push(Action::Tell(event));
        }
    }

    pub(super) fn pass_link(&mut self) {
        if let Some(link) = self.own.as_ref().map(|own| own.sources.link()) {
            self.pass_connection(link);
        }
    }

    pub(super) fn lose(&mut self) {
        for (_, follower) in &mut self.followers {
            follower.lose();
        }
    }

    pub(super) fn on_history(&mut self, follower: u32, reading: u32, page: Option<History>) {
        let found = self.followers.iter_mut().find(|(number, _)| *number == follower);
        let Some((number, follower)) = found else { return };
        let told = follower.read(reading, page, self.now);
        tell_page(&mut self.actions, *number, told);
    }
}

fn tell_page(actions: &mut Vec<Action>, follower: u32, told: Vec<StreamEvent>) {
    for event in told {
        actions.push(Action::TellPage(follower, event));
    }
}

/// A link whose instants count from elsewhere: the tabs' clocks began at different times.
pub(super) fn moved(link: Link, by: Mono) -> Link {
    match link {
        Link::Waiting { until } => Link::Waiting { until: until.saturating_add(by) },
        Link::Silent { since } => Link::Silent { since: since.saturating_add(by) },
        Link::Opening | Link::Live => link,
    }
}
