//! What the stream says goes in; this tab's page and the other tabs are told.

use app::{
    cursor::Cursor,
    event::{Envelope, TIME},
};

use super::{Line, News};
use crate::{
    json,
    letter::{Covering, Says},
    stream::StreamSays,
};

impl Line {
    pub(super) fn on_stream(&self, says: StreamSays) {
        match says {
            StreamSays::Covering(covering) => {
                self.covered.replace(covering);
                self.cover();
            }
            StreamSays::Event { json, reached } => {
                self.reach(reached.as_ref());
                // To nobody, too: a tab that was stuck for so long that it was counted out has to find
                // that its letters are all there.
                self.post(Says::Event { json: json.clone(), reached: reached.clone() });
                self.pass_on(&json, reached.as_deref(), true);
            }
            StreamSays::Gap(reached) => {
                self.reach(reached.as_ref());
                self.post(Says::Gap(reached.clone()));
                self.doubt(reached.as_deref());
            }
            StreamSays::Link(link) => {
                (self.tell)(News::Link(link));
                self.post_beat(link);
            }
        }
    }

    /// The stream has told everything up to a place.
    fn reach(&self, reached: Option<&String>) {
        if let Some(reached) = reached {
            self.covered.borrow_mut().after = Some(reached.clone());
        }
    }

    /// Passes an event on to this tab's page.
    pub(super) fn pass_on(&self, json: &str, reached: Option<&str>, remember: bool) {
        // One that cannot be read is of a newer server, and of no use here.
        let Some(event) = json::parse::<Envelope>(json) else { return };
        if remember && event.id.is_none() && event.topics.first().is_some_and(|it| it != TIME) {
            let mut newest = self.newest.borrow_mut();
            newest.retain(|(topic, _)| *topic != event.topics[0]);
            newest.push((event.topics[0].clone(), json.to_owned()));
        }
        let reached = reached.and_then(Cursor::parse);
        let followers = self.followers.borrow().clone();
        for follower in followers {
            follower.hear(&event, reached.as_ref());
        }
        if event.id.is_none() {
            (self.tell)(News::Event(event));
        }
    }

    /// Tells the followers of every tab where the stream stands.
    pub(super) fn cover(&self) {
        let covering = self.covered.borrow().clone();
        self.post(Says::Covering(covering.clone()));
        self.cover_ours(&covering);
    }

    pub(super) fn cover_ours(&self, covering: &Covering) {
        let after = covering.after.as_deref().and_then(Cursor::parse);
        let followers = self.followers.borrow().clone();
        for follower in followers {
            follower.cover(&covering.topics, after.as_ref(), &covering.spans);
        }
    }

    pub(super) fn doubt(&self, reached: Option<&str>) {
        let reached = reached.and_then(Cursor::parse);
        let followers = self.followers.borrow().clone();
        for follower in followers {
            follower.doubt(reached.as_ref());
        }
    }
}
