//! Does what the leader decides: waits for the lock, takes it, opens the stream, or leaves.

use app::link::Link;

use super::{Action, SharedStream};
use crate::{
    stream::supervisor,
    tabs::{
        leader::{Order, Plan, Signal},
        members::Members,
        message::Body,
    },
};

/// The name of the lock and of the channel, before the mark of the identity: tabs of different versions do
/// not share, nor do those of different people.
const NAME: &str = concat!("belfry ", env!("CARGO_PKG_VERSION"));

impl SharedStream {
    pub(super) fn awake(&mut self) {
        self.tell_leader(Signal::Awake);
        self.tell_sources(supervisor::Signal::Awake);
    }

    /// Leaves the tabs of one visitor, and joins those of another.
    pub(super) fn belong_to(&mut self, mark: String, visible: bool) {
        self.tell_leader(Signal::Asleep);
        self.identity = mark;
        // Neither the other tabs nor what was asked for the visitor of before counts any longer.
        self.members = Members::default();
        self.lose();
        self.tell_leader(Signal::Awake);
        if !visible {
            self.tell_leader(Signal::Hidden);
        }
    }

    pub(super) fn tell_leader(&mut self, signal: Signal) {
        let heard = self.leader.heard_at();
        let plan = self.leader.on(signal, self.now);
        if let (Order::Steal, Some(since)) = (plan.order, heard) {
            self.tell_connection(Link::Silent { since });
        }
        self.obey(plan);
    }

    /// Does what the leader's decisions ask of this tab.
    pub(super) fn obey(&mut self, plan: Plan) {
        self.lead_at = plan.wake_at;
        match plan.order {
            Order::Keep => {}
            Order::Queue => {
                self.stop();
                self.ask_for_lock(false);
                self.join();
            }
            Order::Steal => self.ask_for_lock(true),
            Order::Lead => {
                self.open(Some(self.now));
                self.beat();
            }
            Order::OpenAlone => {
                self.leave();
                self.tabs = None;
                self.open(None);
            }
            Order::Leave => self.leave(),
        }
    }

    pub(super) fn ask_for_lock(&mut self, steal: bool) {
        let name = self.name();
        self.actions.push(Action::AskForLock { name, steal });
    }

    pub(super) fn leave(&mut self) {
        self.stop();
        self.post(Body::Gone);
        if std::mem::take(&mut self.joined) {
            self.actions.push(Action::CloseChannel);
        }
        self.actions.push(Action::ReleaseLock);
    }

    /// The name of the lock and of the channel.
    pub(super) fn name(&self) -> String {
        format!("{NAME} {}", self.identity)
    }
}
