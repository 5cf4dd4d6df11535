//! The line: what this tab follows goes in, what the browser's one stream says of it comes out,
//! whichever tab holds the stream. Which one does is decided by the [`Leader`].

mod letters;
mod passing;

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use app::{
    event::{Envelope, READERS, TIME},
    follow,
    link::Link,
};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use leptos::prelude::StoredValue;

use crate::{
    alarm::Alarm,
    channel::Channel,
    crew::Crew,
    follower::Follower,
    leader::{Leader, Order, Plan, Signal},
    letter::{Covering, Says},
    lock::{self, Lock, LockSays},
    page_clock::now,
    page_events::{PageEvent, listen, visible},
    stream::{Stream, Wanted},
    supervisor,
};

/// The name of the lock and of the channel, before the mark of whose they are: tabs of different versions
/// do not share, nor do those of different people.
const NAME: &str = concat!("belfry ", env!("CARGO_PKG_VERSION"));

/// The leader asks who is there once in this time, in microseconds: an interval, within these bounds.
/// (A hidden tab's timers run once a second at most, and a busy machine is late.)
const BEAT: std::ops::RangeInclusive<i64> = 2_000_000..=3_000_000;

/// So many beats after a topic is wanted no longer the stream is opened without it.
const BEATS_KEPT: u32 = 3;

thread_local! {
    static LINE: RefCell<Weak<Line>> = const { RefCell::new(Weak::new()) };
}

/// What the line says to the page.
#[derive(Clone, Debug)]
pub enum News {
    /// An event of a state topic came: the time, or the number of readers.
    Event(Envelope),
    /// The state of the connection, whichever tab has it.
    Link(Link),
    /// How many tabs share the connection; `None` where it is not shared.
    Tabs(Option<u32>),
}

/// This tab's part of the browser's one stream.
pub struct Line {
    itself: Weak<Self>,
    /// This tab's name among the tabs.
    me: String,
    /// Whose the stream is, see [`Identity::mark`](app::Identity::mark).
    identity: RefCell<String>,
    /// Between two ticks of the server, in microseconds.
    interval: i64,
    tell: Box<dyn Fn(News)>,
    leader: RefCell<Leader>,
    /// The leader's plan.
    alarm: Alarm,
    /// Runs in the tab that leads.
    beat: RefCell<Option<Interval>>,
    /// Beats since the stream was found to bring more than is wanted.
    excess: Cell<u32>,
    stream: RefCell<Option<Rc<Stream>>>,
    lock: RefCell<Option<Lock>>,
    channel: RefCell<Option<Channel>>,
    crew: RefCell<Crew>,
    followers: RefCell<Vec<Rc<Follower>>>,
    /// What the stream brings from where it is now, in the tab that leads.
    covered: RefCell<Covering>,
    /// Who leads, and the number of its last letter.
    heard: RefCell<(String, u32)>,
    /// The number of this tab's last letter.
    written: Cell<u32>,
    /// The newest event of each state topic that changes seldom: a tab that joins gets it.
    newest: RefCell<Vec<(String, String)>>,
    listeners: RefCell<Vec<EventListener>>,
}

/// Follows a topic for as long as the current owner lives. See [`follow::Follow`].
pub fn follow(wanted: follow::Following) {
    let Some(line) = LINE.with_borrow(Weak::upgrade) else { return };
    let follower = Follower::new(wanted);
    line.followers.borrow_mut().push(follower.clone());
    line.announce();
    let leaving = Leaving { line: line.itself.clone(), follower };
    StoredValue::new_local(leaving);
}

/// Dropped with the owner of a follower.
struct Leaving {
    line: Weak<Line>,
    follower: Rc<Follower>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(line) = self.line.upgrade() {
            line.followers.borrow_mut().retain(|follower| !Rc::ptr_eq(follower, &self.follower));
            line.announce();
        }
    }
}

impl Line {
    /// Joins the other tabs of the same visitor. `interval`: microseconds between two ticks of the
    /// server.
    pub fn join(identity: String, interval: i64, tell: impl Fn(News) + 'static) -> Rc<Self> {
        let shares = lock::exists();
        let beat = interval.clamp(*BEAT.start(), *BEAT.end());
        let spread = js_sys::Math::random();
        let (leader, plan) = Leader::start(now(), beat, spread, shares, visible());
        let line = Rc::new_cyclic(|itself: &Weak<Self>| Self {
            itself: itself.clone(),
            me: format!("{:x}", js_sys::Math::random().to_bits()),
            identity: RefCell::new(identity),
            interval,
            tell: Box::new(tell),
            leader: RefCell::new(leader),
            alarm: Alarm::default(),
            beat: RefCell::default(),
            excess: Cell::default(),
            stream: RefCell::default(),
            lock: RefCell::default(),
            channel: RefCell::default(),
            crew: RefCell::default(),
            followers: RefCell::default(),
            covered: RefCell::default(),
            heard: RefCell::default(),
            written: Cell::default(),
            newest: RefCell::default(),
            listeners: RefCell::default(),
        });
        let on_page_event = line.callback(Self::on_page_event);
        line.listeners.replace(listen(on_page_event));
        LINE.replace(line.itself.clone());
        line.obey(&plan);
        line
    }

    /// Leaves the stream of one visitor, and joins that of another.
    pub fn belong_to(&self, identity: &str) {
        self.tell_leader(Signal::Asleep);
        self.identity.replace(identity.to_owned());
        // Of the others, and of what they were told, nothing holds any longer.
        self.crew.take();
        self.newest.take();
        self.tell_leader(Signal::Awake);
        if !visible() {
            self.tell_leader(Signal::Hidden);
        }
    }

    /// The name of the lock and of the channel.
    fn name(&self) -> String {
        format!("{NAME} {}", self.identity.borrow())
    }

    /// A callback that does nothing once the line is gone.
    fn callback<T>(&self, act: fn(&Self, T)) -> impl Fn(T) + Clone + use<T> {
        let itself = self.itself.clone();
        move |input| {
            if let Some(line) = itself.upgrade() {
                act(&line, input);
            }
        }
    }

    fn on_page_event(&self, event: PageEvent) {
        let signal = match event {
            PageEvent::Awake => Some(Signal::Awake),
            PageEvent::Hidden => Some(Signal::Hidden),
            PageEvent::Asleep => Some(Signal::Asleep),
            PageEvent::Online => None,
        };
        if let Some(signal) = signal {
            self.tell_leader(signal);
        }
        if matches!(event, PageEvent::Awake | PageEvent::Online) {
            self.with_stream(|stream| stream.tell(supervisor::Signal::Awake));
        }
    }

    fn tell_leader(&self, signal: Signal) {
        let heard = self.leader.borrow().heard_at();
        let plan = self.leader.borrow_mut().on(signal, now());
        if let (Order::Steal, Some(since)) = (plan.order, heard) {
            (self.tell)(News::Link(Link::Silent { since }));
        }
        self.obey(&plan);
    }

    /// Does what the leader's decisions ask of this tab.
    fn obey(&self, plan: &Plan) {
        let due = self.callback(Self::tell_leader);
        self.alarm.set(plan.wake_at, Box::new(move || due(Signal::Due)));
        match plan.order {
            Order::Keep => {}
            Order::Queue => {
                self.stop_leading();
                self.ask_for_lock(false);
                self.join_channel();
            }
            Order::Steal => self.ask_for_lock(true),
            Order::Lead => self.lead(),
            Order::OpenAlone => {
                self.leave();
                (self.tell)(News::Tabs(None));
                self.open_stream();
            }
            Order::Leave => self.leave(),
        }
    }

    fn ask_for_lock(&self, steal: bool) {
        let says = self.callback(|line, says| {
            line.tell_leader(match says {
                LockSays::Granted => Signal::Granted,
                LockSays::Robbed => Signal::Robbed,
                LockSays::Refused => Signal::Refused,
            });
        });
        // The one that was asked for before is given up first.
        drop(self.lock.take());
        match Lock::ask(&self.name(), steal, says) {
            Ok(lock) => drop(self.lock.replace(Some(lock))),
            Err(_) => self.tell_leader(Signal::Refused),
        }
    }

    fn lead(&self) {
        let beat = self.callback(|line, ()| line.on_beat());
        let every = self.interval.clamp(*BEAT.start(), *BEAT.end()) / 1000;
        let every = u32::try_from(every).unwrap_or(u32::MAX);
        self.beat.replace(Some(Interval::new(every, move || beat(()))));
        self.open_stream();
        self.on_beat();
    }

    fn open_stream(&self) {
        // What an earlier stream of this tab has covered says nothing of this one.
        self.covered.take();
        self.lose();
        let says = self.callback(Self::on_stream);
        self.stream.replace(Some(Stream::open(
            self.identity.borrow().clone(),
            self.wanted(),
            self.interval,
            says,
        )));
    }

    fn stop_leading(&self) {
        drop(self.beat.take());
        drop(self.stream.take());
    }

    fn leave(&self) {
        self.stop_leading();
        self.post(Says::Gone);
        drop(self.channel.take());
        drop(self.lock.take());
    }

    /// What all tabs want together; this tab alone where the stream is not shared.
    fn wanted(&self) -> Wanted {
        let (crew, followers) = (self.crew.borrow(), self.followers.borrow());
        let mut topics = vec![TIME.to_owned(), READERS.to_owned()];
        let ours = followers.iter().map(|follower| follower.topic());
        for topic in ours.chain(crew.topics().cloned()) {
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        let ours = followers.iter().find_map(|follower| follower.at());
        Wanted { topics, after: ours.or_else(|| crew.after().cloned()) }
    }

    /// Something else is followed here than before.
    fn announce(&self) {
        if self.leader.borrow().has_stream() {
            self.with_stream(|stream| stream.want(self.wanted(), false));
            self.cover();
        } else {
            self.say_here();
        }
    }

    fn with_stream(&self, act: impl FnOnce(&Stream)) {
        // Taken out of the cell: what it does may replace it.
        let stream = self.stream.borrow().clone();
        if let Some(stream) = stream {
            act(&stream);
        }
    }
}
