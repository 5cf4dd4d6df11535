//! One stream out of several sources: decides which to open, with which topics and from where, and which to
//! close. When to open one is decided by the [`Supervisor`].

use app::{
    link::{Link, Mono},
    stream::{Start, StreamEvent},
};
use percent_encoding::utf8_percent_encode;
use wire::{
    cursor::Cursor,
    limits::MOST_TOPICS_OF_A_STREAM,
    parameters::{FORMAT, JSON, LAST_EVENT_ID, SESSION, TOPIC},
    paths::STREAM_PATH,
    percent::UNRESERVED,
    topics::is_servers_own,
};

use super::supervisor::{Order, PATIENCE, Plan, Signal, Supervisor};

/// The longest address that is asked for, in bytes: the server takes targets of up to 16 KiB.
const LONGEST_URL: usize = 8 * 1024;

/// The source is of no more use: the browser has reported an error, or it says what nobody understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// What to do next, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open a source.
    Open {
        /// Tells it from all others of this tab.
        number: u32,
        /// Where the stream of its topics is.
        url: String,
    },
    /// Close a source.
    Close(u32),
    /// Pass on what the stream says.
    Say(StreamEvent),
}

/// What a stream is to bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The topics, each once.
    pub topics: Vec<String>,
    /// Where to begin while the stream has no position of its own.
    pub after: Option<Cursor>,
}

/// A source, and what it was opened with.
#[derive(Clone, Debug)]
struct Open {
    number: u32,
    /// What was wanted.
    topics: Vec<String>,
    /// What of it the request could carry.
    carried: Vec<String>,
    after: Option<Cursor>,
    spoke: bool,
}

/// A stream of topics that outlives its sources.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Whose it is, see [`Start::identity`].
    identity: String,
    supervisor: Supervisor,
    /// When the supervisor wants to be asked again.
    wake_at: Option<Mono>,
    /// What was said of the connection last.
    link: Option<Link>,
    wanted: Wanted,
    /// The last id that a source has given.
    reached: Option<Cursor>,
    current: Option<Open>,
    /// Opened because other topics are wanted: it replaces the current one when it speaks.
    next: Option<Open>,
    /// When it is tried again to replace the current one, unless that has happened.
    retry_at: Option<Mono>,
    /// The number of the last one that was opened.
    opened: u32,
    steps: Vec<Step>,
}

impl Sources {
    /// Opens the first source. `interval`: microseconds between two ticks of the server. `opened`: how many
    /// sources this tab has opened before.
    #[must_use]
    pub fn start(identity: String, wanted: Wanted, interval: i64, opened: u32, now: Mono) -> Self {
        let (supervisor, plan) = Supervisor::start(now, interval);
        let mut sources = Self {
            identity,
            supervisor,
            wake_at: None,
            link: None,
            wanted,
            reached: None,
            current: None,
            next: None,
            retry_at: None,
            opened,
            steps: Vec::new(),
        };
        sources.obey(plan);
        sources
    }

    /// Other topics are wanted. The stream brings them without missing any of the others; those that
    /// are wanted no longer it may keep, unless `exactly`.
    pub fn want(&mut self, wanted: Wanted, exactly: bool, now: Mono) {
        self.wanted = wanted;
        let topics = &self.wanted.topics;
        let brings = |open: &Open| {
            topics.iter().all(|topic| open.topics.contains(topic))
                && (!exactly || open.topics.len() == topics.len())
        };
        if self.next.as_ref().or(self.current.as_ref()).map(brings) != Some(false) {
            return;
        }
        let spoke = self.current.as_ref().is_some_and(|open| open.spoke);
        let open = self.open();
        let replaced = if spoke {
            self.retry_at = Some(now.saturating_add(PATIENCE));
            self.next.replace(open)
        } else {
            self.current.replace(open)
        };
        self.close(replaced);
    }

    /// Takes in what happened to the page, or that its time has come. `jitter`: see [`Supervisor::on`].
    pub fn tell(&mut self, signal: Signal, now: Mono, jitter: f64) {
        let plan = self.supervisor.on(signal, now, jitter);
        self.obey(plan);
        // One that is to replace the current one may say nothing, or have failed, while that goes on.
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            let next = self.next.take();
            self.close(next);
            self.want(self.wanted.clone(), false, now);
        }
    }

    /// Takes in what a source says.
    pub fn hear(&mut self, number: u32, said: Result<StreamEvent, Failed>, now: Mono, jitter: f64) {
        if self.next.as_ref().is_some_and(|open| open.number == number) {
            let next = self.next.take();
            if said.is_err() {
                // The current one goes on.
                return self.close(next);
            }
            self.retry_at = None;
            let replaced = std::mem::replace(&mut self.current, next);
            self.close(replaced);
        }
        if self.current.as_ref().is_none_or(|open| open.number != number) {
            return;
        }
        match said {
            // Somebody has signed in or out, and nothing of this stream may be shown here. It counts as
            // failed, so that it is not opened again at once, and the timekeeper asks whose the page is.
            Ok(StreamEvent::Start(start)) if start.identity != self.identity => {
                self.tell(Signal::Failed, now, jitter);
            }
            Ok(StreamEvent::Start(start)) => self.speak(Some(start)),
            Ok(event) => {
                self.speak(None);
                let (StreamEvent::Event { reached, .. } | StreamEvent::Gap { reached }) = &event
                else {
                    return;
                };
                self.reached = reached.clone().or(self.reached.take());
                let heard = matches!(event, StreamEvent::Event { .. });
                self.steps.push(Step::Say(event));
                if heard {
                    self.tell(Signal::Heard, now, jitter);
                }
            }
            Err(Failed) => self.tell(Signal::Failed, now, jitter),
        }
    }

    /// What to do next, in order.
    pub fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    /// Closes all that is open, and returns how many sources this tab has opened.
    pub fn end(&mut self) -> u32 {
        let (current, next) = (self.current.take(), self.next.take());
        self.retry_at = None;
        self.close(current);
        self.close(next);
        self.opened
    }

    /// The state of the connection.
    #[must_use]
    pub fn link(&self) -> Link {
        self.supervisor.link()
    }

    /// When to tell it [`Signal::Due`].
    #[must_use]
    pub fn wake_at(&self) -> Option<Mono> {
        earlier(self.wake_at, self.retry_at)
    }

    /// Does what the supervisor has decided.
    fn obey(&mut self, plan: Plan) {
        if plan.order != Order::Keep {
            self.end();
        }
        if plan.order == Order::Open {
            self.current = Some(self.open());
        }
        self.wake_at = plan.wake_at;
        let link = self.link();
        if self.link.replace(link) != Some(link) {
            self.steps.push(Step::Say(StreamEvent::Connection { link, tabs: None }));
        }
    }

    /// Opens a source for what is wanted. Where none can be made nothing will be heard from it, and
    /// it is replaced.
    fn open(&mut self) -> Open {
        self.opened = self.opened.wrapping_add(1);
        let (number, Wanted { topics, after }) = (self.opened, self.wanted.clone());
        let after = self.reached.clone().or(after);
        let (url, carried) = request(&topics, after.as_ref());
        self.steps.push(Step::Open { number, url });
        Open { number, topics, carried, after, spoke: false }
    }

    fn close(&mut self, open: Option<Open>) {
        if let Some(open) = open {
            self.steps.push(Step::Close(open.number));
        }
    }

    /// The current source speaks: says where it began, if that is the first time. What the server says
    /// of it counts for more than what it was asked for.
    fn speak(&mut self, said: Option<Start>) {
        let Some(open) = self.current.as_mut().filter(|open| !open.spoke) else { return };
        open.spoke = true;
        if open.topics.iter().all(|topic| is_servers_own(topic)) {
            // A position that does not move on is not one.
            self.reached = None;
        }
        let topics = open.carried.clone();
        let start = said.unwrap_or_else(|| Start {
            identity: self.identity.clone(),
            after: open.after.clone(),
            ..Start::default()
        });
        self.steps.push(Step::Say(StreamEvent::Start(Start { topics, ..start })));
    }
}

/// The earlier of two instants that there may be.
pub fn earlier(one: Option<Mono>, other: Option<Mono>) -> Option<Mono> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

/// Where the stream of these topics is, and which of them a request can carry.
fn request(topics: &[String], after: Option<&Cursor>) -> (String, Vec<String>) {
    let mut url = STREAM_PATH.to_owned();
    add(&mut url, "?", FORMAT, JSON);
    add(&mut url, "&", SESSION, "1");
    if let Some(after) = after {
        add(&mut url, "&", LAST_EVENT_ID, &after.to_string());
    }
    let mut carried = Vec::new();
    for topic in topics.iter().take(MOST_TOPICS_OF_A_STREAM) {
        let length = url.len();
        add(&mut url, "&", TOPIC, topic);
        if url.len() < LONGEST_URL {
            carried.push(topic.clone());
        } else {
            url.truncate(length);
        }
    }
    (url, carried)
}

/// Adds a parameter to an address.
fn add(url: &mut String, separator: &str, name: &str, value: &str) {
    url.extend([separator, name, "="]);
    url.extend(utf8_percent_encode(value, UNRESERVED));
}
