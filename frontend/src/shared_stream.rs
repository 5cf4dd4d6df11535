//! Decides what this tab does about the browser's one stream, whichever tab has it. The [`Leader`] decides
//! which tab that is; the [`shell`] carries out what is decided.

mod leading;
mod others;
mod own;
mod passing;
pub mod shell;

use app::{
    link::Mono,
    stream::{Start, StreamEvent},
};
use wire::{event::Envelope, topics::History};

use crate::{
    stream::{
        sources::{Failed, Sources, earlier},
        supervisor,
    },
    tabs::{
        leader::{Leader, Signal},
        members::Members,
        message::TabMessage,
    },
    topics::follower::{Follower, Reading},
};

/// The leader asks who is present once in this time, in microseconds: an interval, within these bounds.
/// (A hidden tab's timers run once a second at most, and a busy machine is late.)
const BEAT: std::ops::RangeInclusive<i64> = 2_000_000..=3_000_000;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The page is shown again, visible again or thawed.
    Awake,
    /// The page can no longer be seen.
    Hidden,
    /// The page is frozen or left, and may come back.
    Asleep,
    /// The network is back.
    Online,
    /// The lock is this tab's.
    Granted,
    /// Another tab has taken the lock away.
    Robbed,
    /// The browser gives no locks, or has no channels.
    Refused,
    /// Another tab has sent a message.
    Message(TabMessage),
    /// A source says something.
    Source(u32, Result<StreamEvent, Failed>),
    /// A page follows a topic, from after a cursor or from what comes.
    Follow {
        /// Tells it from all others of this tab.
        follower: u32,
        /// The topic.
        topic: String,
        /// The cursor.
        after: Option<String>,
    },
    /// It follows it no longer.
    Unfollow(u32),
    /// A reading for a follower has been answered; `None` where the server did not answer with a page.
    History(u32, u32, Option<History>),
    /// The tab belongs to another visitor from here on.
    Identity {
        /// See [`Identity::mark`](wire::identity::Identity::mark).
        mark: String,
        /// Whether the page can be seen.
        visible: bool,
    },
    /// The timer for [`SharedStream::wake_at`] fired: in time, late or early.
    Due,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give up the lock that was asked for before, and wait for this one, or take it away from whoever
    /// has it.
    AskForLock {
        /// Its name.
        name: String,
        /// Whether it is taken away.
        steal: bool,
    },
    /// Give up the lock.
    ReleaseLock,
    /// Open the channel to the other tabs, in the place of the one before.
    OpenChannel(String),
    /// Close it.
    CloseChannel,
    /// Tell the other tabs.
    Post(TabMessage),
    /// Open a source under a number.
    OpenSource(u32, String),
    /// Close it.
    CloseSource(u32),
    /// Read the history for a follower.
    Read(u32, Reading),
    /// Tell the timekeeper: the connection, or a state topic's event.
    Tell(StreamEvent),
    /// Tell a follower's page.
    TellPage(u32, StreamEvent),
}

/// A tab that joins the others.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Its name among them.
    pub name: String,
    /// Whose it is, see [`Identity::mark`](wire::identity::Identity::mark).
    pub identity: String,
    /// Between two ticks of the server, in microseconds.
    pub interval: i64,
    /// Whether the browser has what sharing needs.
    pub shares: bool,
    /// Whether the page can be seen.
    pub visible: bool,
}

/// This tab's part of the browser's one stream.
#[derive(Clone, Debug)]
pub struct SharedStream {
    me: String,
    identity: String,
    interval: i64,
    leader: Leader,
    /// When the leader wants to be asked again.
    lead_at: Option<Mono>,
    /// The stream, while it is this tab's.
    own: Option<Own>,
    /// How many sources this tab has opened, before its stream of now.
    opened: u32,
    /// The channel to the other tabs is open.
    joined: bool,
    members: Members,
    /// The number of this tab's last message.
    sent: u32,
    /// When this tab last said that it is present.
    present_at: Option<Mono>,
    /// Who leads, and the number of its last message.
    heard: Option<(String, u32)>,
    /// How many tabs share the connection, as was told last.
    tabs: Option<u32>,
    followers: Vec<(u32, Follower)>,
    now: Mono,
    random: f64,
    actions: Vec<Action>,
}

/// The stream, in the tab that has it.
#[derive(Clone, Debug)]
struct Own {
    sources: Sources,
    /// What the stream brings from where it is now.
    start: Start,
    /// The newest event of each state topic that changes seldom: a tab that joins gets it.
    newest: Vec<Envelope>,
    /// When the other tabs are asked next who is present; `None` where there are none.
    beat_at: Option<Mono>,
    /// Beats since the stream was found to bring more than is wanted.
    excess: u32,
}

impl SharedStream {
    /// Joins the other tabs of the same visitor. `spread`: a random number from 0 to 1.
    #[must_use]
    pub fn start(tab: Tab, now: Mono, spread: f64) -> (Self, Vec<Action>) {
        let Tab { name, identity, interval, shares, visible } = tab;
        let (leader, plan) = Leader::start(now, beat(interval), spread, shares, visible);
        let mut shared = Self {
            me: name,
            identity,
            interval,
            leader,
            lead_at: None,
            own: None,
            opened: 0,
            joined: false,
            members: Members::default(),
            sent: 0,
            present_at: None,
            heard: None,
            tabs: None,
            followers: Vec::new(),
            now,
            random: spread,
            actions: Vec::new(),
        };
        shared.obey(plan);
        let actions = std::mem::take(&mut shared.actions);
        (shared, actions)
    }

    /// Takes one input in. `random` is a new random number for each call, from 0 to 1.
    pub fn on(&mut self, input: Input, now: Mono, random: f64) -> Vec<Action> {
        (self.now, self.random) = (now, random);
        match input {
            Input::Awake => self.awake(),
            Input::Hidden => self.tell_leader(Signal::Hidden),
            Input::Asleep => self.tell_leader(Signal::Asleep),
            Input::Online => self.tell_sources(supervisor::Signal::Awake),
            Input::Granted => self.tell_leader(Signal::Granted),
            Input::Robbed => self.tell_leader(Signal::Robbed),
            Input::Refused => self.tell_leader(Signal::Refused),
            Input::Message(message) => self.on_message(message),
            Input::Source(number, said) => {
                self.with_sources(|sources| sources.hear(number, said, now, random));
            }
            Input::Follow { follower, topic, after } => {
                self.followers.push((follower, Follower::new(topic, after.as_deref())));
                self.announce();
            }
            Input::Unfollow(follower) => {
                self.followers.retain(|(number, _)| *number != follower);
                self.announce();
            }
            Input::History(follower, reading, page) => self.on_history(follower, reading, page),
            Input::Identity { mark, visible } => self.belong_to(mark, visible),
            Input::Due => {
                self.tell_leader(Signal::Due);
                self.tell_sources(supervisor::Signal::Due);
            }
        }
        if self.own.as_ref().and_then(|own| own.beat_at).is_some_and(|at| at <= now) {
            self.beat();
        }
        self.read_histories();
        std::mem::take(&mut self.actions)
    }

    /// When to send [`Input::Due`]; replaces the earlier time.
    #[must_use]
    pub fn wake_at(&self) -> Option<Mono> {
        let mut next = self.lead_at;
        if let Some(own) = &self.own {
            next = earlier(next, earlier(own.beat_at, own.sources.wake_at()));
        }
        for (_, follower) in &self.followers {
            next = earlier(next, follower.wake_at());
        }
        next
    }

    fn read_histories(&mut self) {
        for (number, follower) in &mut self.followers {
            if let Some(reading) = follower.next_reading(self.now) {
                self.actions.push(Action::Read(*number, reading));
            }
        }
    }
}

/// Between two beats of a leader, in microseconds.
fn beat(interval: i64) -> i64 {
    interval.clamp(*BEAT.start(), *BEAT.end())
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
