//! The stream: topics go in, what the server says of them comes out, whatever happens to the sources.
//! When to open one is decided by the [`Supervisor`].

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use app::{
    event::{Begin, STREAM_PATH},
    link::Link,
};

use crate::{
    alarm::Alarm,
    following::is_state,
    history::encoded,
    json::parse,
    letter::Covering,
    page_clock::now,
    source::{Said, Source},
    supervisor::{Order, Plan, Signal, Supervisor},
};

/// The longest address that is asked for, in bytes: the server takes heads of up to 16 KiB.
const LONGEST_URL: usize = 8 * 1024;

/// The most topics that the server takes in one stream.
const MOST_TOPICS: usize = 100;

/// What a stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamSays {
    /// What is said from here on.
    Covering(Covering),
    /// See [`Said::Event`].
    Event {
        /// The JSON of an [`Envelope`](app::event::Envelope).
        json: String,
        /// Everything up to here was said.
        reached: Option<String>,
    },
    /// See [`Said::Gap`].
    Gap(Option<String>),
    /// The state of the connection has changed.
    Link(Link),
}

/// A stream, made of one source after the other. Dropping it closes it.
pub struct Stream {
    itself: Weak<Self>,
    /// Whose it is, see [`Begin::identity`].
    identity: String,
    say: Box<dyn Fn(StreamSays)>,
    supervisor: RefCell<Supervisor>,
    /// The supervisor's plan.
    alarm: Alarm,
    /// What was said of the connection last.
    link: Cell<Option<Link>>,
    wanted: RefCell<Wanted>,
    /// The last id that a source has given.
    reached: RefCell<Option<String>>,
    current: RefCell<Option<Open>>,
    /// Opened because other topics are wanted: it replaces the current one when it speaks.
    next: RefCell<Option<Open>>,
    opened: Cell<u32>,
}

/// What a stream is to bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The topics, each once.
    pub topics: Vec<String>,
    /// Where to begin while the stream has no place of its own.
    pub after: Option<String>,
}

/// A source, and what it was opened with.
struct Open {
    number: u32,
    /// What was wanted.
    topics: Vec<String>,
    /// What of it the request could carry.
    carried: Vec<String>,
    after: Option<String>,
    spoke: bool,
    _source: Option<Source>,
}

impl Stream {
    /// Opens a stream for one visitor. `interval`: microseconds between two ticks of the server.
    pub fn open(
        identity: String,
        wanted: Wanted,
        interval: i64,
        say: impl Fn(StreamSays) + 'static,
    ) -> Rc<Self> {
        let (supervisor, plan) = Supervisor::start(now(), interval);
        let stream = Rc::new_cyclic(|itself| Self {
            itself: itself.clone(),
            say: Box::new(say),
            supervisor: RefCell::new(supervisor),
            alarm: Alarm::default(),
            link: Cell::default(),
            wanted: RefCell::new(wanted),
            reached: RefCell::default(),
            current: RefCell::default(),
            next: RefCell::default(),
            opened: Cell::default(),
        });
        stream.follow(&plan);
        stream
    }

    /// Other topics are wanted. The stream brings them without missing any of the others; those that
    /// are wanted no longer it may keep, unless `exactly`.
    pub fn want(&self, wanted: Wanted, exactly: bool) {
        self.wanted.replace(wanted);
        let wanted = self.wanted.borrow().topics.clone();
        let brings = |open: &Open| {
            wanted.iter().all(|topic| open.topics.contains(topic))
                && (!exactly || open.topics.len() == wanted.len())
        };
        let newest = self.next.borrow().as_ref().or(self.current.borrow().as_ref()).map(brings);
        if newest != Some(false) {
            return;
        }
        let spoke = self.current.borrow().as_ref().is_some_and(|open| open.spoke);
        let open = self.source();
        if spoke {
            self.next.replace(Some(open))
        } else {
            self.current.replace(Some(open))
        };
    }

    /// Takes in what happened to the page.
    pub fn tell(&self, signal: Signal) {
        let plan = self.supervisor.borrow_mut().on(signal, now(), js_sys::Math::random());
        self.follow(&plan);
    }

    /// The state of the connection.
    #[must_use]
    pub fn link(&self) -> Link {
        self.supervisor.borrow().link()
    }

    /// Does what the supervisor has decided.
    fn follow(&self, plan: &Plan) {
        if plan.order != Order::Keep {
            drop(self.next.take());
            drop(self.current.take());
        }
        if plan.order == Order::Open {
            let open = self.source();
            self.current.replace(Some(open));
        }
        let itself = self.itself.clone();
        let due = move || {
            if let Some(stream) = itself.upgrade() {
                stream.tell(Signal::Due);
            }
        };
        self.alarm.set(plan.wake_at, Box::new(due));
        let link = self.link();
        if self.link.replace(Some(link)) != Some(link) {
            (self.say)(StreamSays::Link(link));
        }
    }

    /// Opens a source for what is wanted. Where none can be made nothing will be heard from it, and
    /// it is replaced.
    fn source(&self) -> Open {
        let Wanted { topics, after } = self.wanted.borrow().clone();
        let number = self.opened.get().wrapping_add(1);
        self.opened.set(number);
        let after = self.reached.borrow().clone().or(after);
        let itself = self.itself.clone();
        let (url, carried) = request(&topics, after.as_deref());
        let source = Source::open(&url, move |said| {
            if let Some(stream) = itself.upgrade() {
                stream.on_said(number, said);
            }
        });
        Open { number, topics, carried, after, spoke: false, _source: source.ok() }
    }

    fn on_said(self: &Rc<Self>, number: u32, said: Said) {
        // Somebody has signed in or out: nothing that comes may be shown here. It is not tried at once
        // again, and whoever hears that it failed looks who it is.
        if let Said::Session(json) = &said
            && parse::<Begin>(json).is_none_or(|begin| begin.identity != self.identity)
        {
            return self.tell(Signal::Failed);
        }
        if self.is(&self.next, number) {
            // The current one goes on; the next beat tries again.
            let next = self.next.take();
            if said == Said::Failed {
                return;
            }
            self.current.replace(next);
        }
        if !self.is(&self.current, number) {
            return;
        }
        match said {
            Said::Session(json) => self.on_speaking(parse(&json)),
            Said::Event { json, reached } => {
                self.on_speaking(None);
                self.reach(reached.as_ref());
                (self.say)(StreamSays::Event { json, reached });
                self.tell(Signal::Heard);
            }
            Said::Gap(reached) => {
                self.on_speaking(None);
                self.reach(reached.as_ref());
                (self.say)(StreamSays::Gap(reached));
            }
            Said::Failed => self.tell(Signal::Failed),
        }
    }

    fn reach(&self, reached: Option<&String>) {
        if let Some(reached) = reached {
            self.reached.replace(Some(reached.clone()));
        }
    }

    /// The current source speaks: says where it began, if that is the first time. What the server says
    /// of it counts for more than what it was asked for.
    fn on_speaking(&self, said: Option<Begin>) {
        let mut current = self.current.borrow_mut();
        let Some(open) = current.as_mut().filter(|open| !open.spoke) else { return };
        open.spoke = true;
        if open.topics.iter().all(|topic| is_state(topic)) {
            // A place that does not move on is none.
            self.reached.take();
        }
        let (topics, after) = (open.carried.clone(), open.after.clone());
        drop(current);
        let (after, spans) = said.map_or((after, Vec::new()), |it| (Some(it.cursor), it.spans));
        (self.say)(StreamSays::Covering(Covering { topics, after, spans }));
    }

    fn is(&self, open: &RefCell<Option<Open>>, number: u32) -> bool {
        open.borrow().as_ref().is_some_and(|open| open.number == number)
    }
}

/// Where the stream of these topics is, and which of them a request can carry.
fn request(topics: &[String], after: Option<&str>) -> (String, Vec<String>) {
    let mut url = format!("{STREAM_PATH}?format=json&session=1");
    if let Some(after) = after {
        url = format!("{url}&last_event_id={}", encoded(after));
    }
    let mut carried = Vec::new();
    for topic in topics.iter().take(MOST_TOPICS) {
        let part = format!("&topic={}", encoded(topic));
        if url.len() + part.len() < LONGEST_URL {
            url.push_str(&part);
            carried.push(topic.clone());
        }
    }
    (url, carried)
}
