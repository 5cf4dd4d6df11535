//! A model of the tabs of one browser, of its locks and channels, and of the server.

use std::collections::VecDeque;

use wire::cursor::Span;

use super::*;

/// The topics of the log.
pub(super) const TOPICS: [&str; 3] = ["a", "b", "c"];

const INTERVAL: i64 = 3 * SECOND;

pub(super) struct Browser {
    now: Mono,
    /// Who the visitor is to the server.
    cookie: String,
    tabs: Vec<Page>,
    /// Who holds a lock, by its name.
    holders: Vec<(String, usize)>,
    /// Who waits for one, in order.
    queue: VecDeque<(String, usize)>,
    sources: Vec<Source>,
    /// The topic of each event.
    log: Vec<&'static str>,
    followers: u32,
    random: u32,
}

struct Page {
    it: SharedStream,
    mark: String,
    crashed: bool,
    /// It runs nothing, and keeps what it has.
    stuck: bool,
    asleep: bool,
    channel: Option<String>,
    /// Counts the locks that were asked for, and the channels that were opened: what is under way from an
    /// earlier one does not arrive.
    locks: u32,
    channels: u32,
    inbox: VecDeque<Mail>,
    readings: VecDeque<(u32, Reading, String)>,
    followers: Vec<Told>,
}

enum Mail {
    Lock(u32, Input),
    Channel(u32, TabMessage),
    Source(u32, Result<StreamEvent, Failed>),
    Other(Input),
}

/// A follower and the sequence of the last event that it was told.
struct Told {
    number: u32,
    topic: &'static str,
    last: usize,
}

struct Source {
    tab: usize,
    number: u32,
    topics: Vec<String>,
    identity: String,
    /// It was told so far.
    at: usize,
    begun: bool,
    mute: bool,
}

impl Browser {
    pub(super) fn new(tabs: usize) -> Self {
        let mut browser = Self {
            now: 0,
            cookie: "ada".to_owned(),
            tabs: Vec::new(),
            holders: Vec::new(),
            queue: VecDeque::new(),
            sources: Vec::new(),
            log: vec!["a", "b"],
            followers: 0,
            random: 1,
        };
        for index in 0..tabs {
            let tab = Tab {
                name: index.to_string(),
                identity: browser.cookie.clone(),
                interval: INTERVAL,
                shares: true,
                visible: true,
            };
            let (it, actions) = SharedStream::start(tab, 0, index as f64 / tabs as f64);
            browser.tabs.push(Page {
                it,
                mark: browser.cookie.clone(),
                crashed: false,
                stuck: false,
                asleep: false,
                channel: None,
                locks: 0,
                channels: 0,
                inbox: VecDeque::new(),
                readings: VecDeque::new(),
                followers: Vec::new(),
            });
            browser.obey(index, actions);
            browser.follow(index, TOPICS[index % TOPICS.len()], 2);
        }
        browser
    }

    pub(super) fn publish(&mut self, topic: &'static str) {
        self.log.push(topic);
    }

    pub(super) fn act(&mut self, act: u8, index: usize) {
        let tab = index % self.tabs.len();
        match act {
            0..=3 => self.publish(TOPICS[index % TOPICS.len()]),
            4..=6 => self.speak(index),
            7..=10 => self.deliver(tab),
            11 => self.answer(tab, index < 6),
            12 | 13 => self.pass(),
            14 => self.fail(index),
            15 => {
                if let Some(source) = self.sources.get_mut(index) {
                    source.mute = true;
                }
            }
            16 if index == 0 => self.crash(self.tabs.len() - 1),
            17 => self.tabs[tab].stuck = true,
            18 => self.tabs[tab].stuck = false,
            19 if index < 3 => self.sleep(tab),
            20 => self.wake(tab),
            21 => self.follow(tab, TOPICS[index % TOPICS.len()], index),
            22 => self.unfollow(tab),
            23 if index < 2 => self.cookie = ["bob", "ada"][index].to_owned(),
            _ => self.notice(tab),
        }
    }

    /// All that holds whatever happens.
    pub(super) fn check(&self) {
        for (index, tab) in self.tabs.iter().enumerate() {
            let open = self.sources.iter().filter(|source| source.tab == index).count();
            let holds = self.holders.iter().any(|(_, holder)| *holder == index);
            let robbed = tab
                .inbox
                .iter()
                .any(|mail| matches!(mail, Mail::Lock(lock, Input::Robbed) if *lock == tab.locks));
            assert!(open == 0 || holds || robbed, "a source without the lock: {:?}", tab.it);
            assert!(open <= 2, "one, and one that is to replace it: {:?}", tab.it);
        }
    }

    /// Ends all trouble, and waits.
    pub(super) fn settle(&mut self) {
        for tab in 0..self.tabs.len() {
            self.tabs[tab].stuck = false;
            self.notice(tab);
        }
        self.run(160);
    }

    pub(super) fn check_settled(&self) {
        self.check();
        let able: Vec<_> = self.tabs.iter().filter(|tab| !tab.crashed && !tab.asleep).collect();
        assert_eq!(self.sources.len(), usize::from(!able.is_empty()));
        for (tab, told) in able.iter().flat_map(|tab| tab.followers.iter().map(move |it| (tab, it)))
        {
            let topics = &self.sources[0].topics;
            assert!(topics.iter().any(|it| it == told.topic), "{} in {topics:?}", told.topic);
            assert_eq!(self.next(told.topic, told.last), None, "{:?}", tab.it);
        }
        let wanted = able.iter().flat_map(|tab| &tab.followers).map(|told| told.topic);
        let wanted: std::collections::HashSet<_> = wanted.chain(["time", "readers"]).collect();
        assert!(self.sources.iter().all(|source| source.topics.len() == wanted.len()));
    }

    /// Half seconds in which everything arrives.
    pub(super) fn run(&mut self, times: usize) {
        for _ in 0..times {
            self.pass();
            for source in 0..self.sources.len() {
                self.speak(source);
            }
            for tab in 0..self.tabs.len() {
                while !self.tabs[tab].inbox.is_empty() && self.is_running(tab) {
                    self.deliver(tab);
                }
                while !self.tabs[tab].readings.is_empty() && self.is_running(tab) {
                    self.answer(tab, true);
                }
            }
            self.check();
        }
    }

    fn is_running(&self, tab: usize) -> bool {
        let tab = &self.tabs[tab];
        !tab.crashed && !tab.stuck && !tab.asleep
    }

    /// The sequence of the next event of a topic.
    fn next(&self, topic: &str, after: usize) -> Option<usize> {
        (after + 1..=self.log.len()).find(|sequence| self.log[sequence - 1] == topic)
    }

    fn envelope(&self, sequence: usize, identity: &str) -> Envelope {
        Envelope {
            id: Some(format!("E-{sequence}")),
            event_type: "message".to_owned(),
            topics: vec![self.log[sequence - 1].to_owned()],
            data: identity.to_owned(),
            at: String::new(),
            private: false,
        }
    }

    fn input(&mut self, tab: usize, input: Input) {
        self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = f64::from(self.random >> 16) / 65_536.0;
        let actions = self.tabs[tab].it.on(input, self.now, random);
        self.obey(tab, actions);
    }

    fn obey(&mut self, tab: usize, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::AskForLock { name, steal } => self.ask_for_lock(tab, name, steal),
                Action::ReleaseLock => self.release(tab),
                Action::OpenChannel(name) => {
                    self.tabs[tab].channels += 1;
                    self.tabs[tab].channel = Some(name);
                }
                Action::CloseChannel => {
                    self.tabs[tab].channels += 1;
                    self.tabs[tab].channel = None;
                }
                Action::Post(message) => self.post(tab, message),
                Action::OpenSource(number, url) => self.open(tab, number, &url),
                Action::CloseSource(number) => {
                    self.sources.retain(|it| (it.tab, it.number) != (tab, number));
                }
                Action::Read(follower, reading) => {
                    let mark = self.tabs[tab].mark.clone();
                    self.tabs[tab].readings.push_back((follower, reading, mark));
                }
                Action::Tell(StreamEvent::Event { envelope, .. }) => {
                    assert_eq!(envelope.data, self.tabs[tab].mark, "another's event is told");
                }
                Action::Tell(_) => {}
                Action::TellPage(follower, event) => self.told(tab, follower, &event),
            }
        }
    }

    fn ask_for_lock(&mut self, tab: usize, name: String, steal: bool) {
        self.release(tab);
        if !steal {
            self.queue.push_back((name, tab));
            return self.grant();
        }
        let holder = self.holders.iter().position(|(held, _)| *held == name);
        if let Some(holder) = holder {
            let (_, robbed) = self.holders.remove(holder);
            let lock = self.tabs[robbed].locks;
            self.tabs[robbed].inbox.push_back(Mail::Lock(lock, Input::Robbed));
        }
        self.queue.push_front((name, tab));
        self.grant();
    }

    fn grant(&mut self) {
        let free = |(name, _): &(String, usize)| self.holders.iter().all(|(held, _)| held != name);
        while let Some(next) = self.queue.iter().position(free) {
            let (name, tab) = self.queue.remove(next).unwrap();
            self.holders.push((name, tab));
            let lock = self.tabs[tab].locks;
            self.tabs[tab].inbox.push_back(Mail::Lock(lock, Input::Granted));
            return self.grant();
        }
    }

    fn release(&mut self, tab: usize) {
        self.tabs[tab].locks += 1;
        self.holders.retain(|(_, holder)| *holder != tab);
        self.queue.retain(|(_, waits)| *waits != tab);
        self.grant();
    }

    fn post(&mut self, from: usize, message: TabMessage) {
        let channel = self.tabs[from].channel.clone();
        assert!(channel.is_some(), "{message:?} is posted nowhere");
        for (index, tab) in self.tabs.iter_mut().enumerate() {
            if index != from && tab.channel == channel {
                let arrives = TabMessage::read(message.clone().write()).unwrap();
                tab.inbox.push_back(Mail::Channel(tab.channels, arrives));
            }
        }
    }

    fn open(&mut self, tab: usize, number: u32, url: &str) {
        let (mut topics, mut at, mut begun) = (Vec::new(), self.log.len(), false);
        for (name, value) in url.split('&').filter_map(|part| part.split_once('=')) {
            match name {
                "topic" => topics.push(value.to_owned()),
                "last_event_id" => at = value.strip_prefix("E-").unwrap().parse().unwrap(),
                _ => begun = false,
            }
        }
        let identity = self.cookie.clone();
        self.sources.push(Source { tab, number, topics, identity, at, begun, mute: false });
    }

    /// A source says the next that it has to say.
    fn speak(&mut self, source: usize) {
        let Some(Source { tab, number, topics, identity, at, begun, mute }) =
            self.sources.get(source)
        else {
            return;
        };
        let (tab, number, identity, mut at) = (*tab, *number, identity.clone(), *at);
        if *mute {
            return;
        }
        let cursor = |at| Cursor::parse(&format!("E-{at}"));
        let next = topics.iter().filter_map(|topic| self.next(topic, at)).min();
        let said = if !begun {
            let spans = vec![Span { epoch: "E".to_owned(), after: 0 }];
            StreamEvent::Start(Start { identity, topics: Vec::new(), after: cursor(at), spans })
        } else if let Some(next) = next {
            at = next;
            StreamEvent::Event { envelope: self.envelope(next, &identity), reached: cursor(at) }
        } else {
            // Now and then a line with an id moves a reader of quiet topics on.
            if self.now % (3 * SECOND) == 0 {
                at = self.log.len();
            }
            let tick = Envelope {
                id: None,
                event_type: "message".to_owned(),
                topics: vec!["time".to_owned()],
                data: identity,
                at: String::new(),
                private: false,
            };
            StreamEvent::Event { envelope: tick, reached: cursor(at) }
        };
        let source = &mut self.sources[source];
        (source.at, source.begun) = (at, true);
        self.tabs[tab].inbox.push_back(Mail::Source(number, Ok(said)));
    }

    fn fail(&mut self, source: usize) {
        if let Some(source) = self.sources.get_mut(source) {
            source.mute = true;
            let failed = Mail::Source(source.number, Err(Failed));
            self.tabs[source.tab].inbox.push_back(failed);
        }
    }

    fn deliver(&mut self, tab: usize) {
        if !self.is_running(tab) {
            return;
        }
        let Some(mail) = self.tabs[tab].inbox.pop_front() else { return };
        let input = match mail {
            Mail::Lock(lock, input) => (lock == self.tabs[tab].locks).then_some(input),
            Mail::Channel(channel, message) => {
                (channel == self.tabs[tab].channels).then_some(Input::Message(message))
            }
            Mail::Source(number, said) => {
                let open = self.sources.iter().any(|it| (it.tab, it.number) == (tab, number));
                open.then_some(Input::Source(number, said))
            }
            Mail::Other(input) => Some(input),
        };
        if let Some(input) = input {
            self.input(tab, input);
        }
    }

    /// The server answers the first reading of a tab, or does not.
    fn answer(&mut self, tab: usize, answers: bool) {
        if !self.is_running(tab) {
            return;
        }
        let Some((follower, reading, mark)) = self.tabs[tab].readings.pop_front() else { return };
        let after = reading.after.map(|after| after.to_string()[2..].parse().unwrap());
        let mut at: usize = after.unwrap_or_default();
        let mut events = Vec::new();
        while let Some(next) = self.next(&reading.topic, at).filter(|_| events.len() < 2) {
            events.push(self.envelope(next, &mark));
            at = next;
        }
        let more = self.next(&reading.topic, at).is_some();
        let next = events.last().and_then(|event| event.id.clone()).filter(|_| more);
        let spans = vec![Span { epoch: "E".to_owned(), after: 0 }];
        let page = answers.then_some(History { events, next, gap: false, at: None, spans });
        self.input(tab, Input::History(follower, reading.number, page));
    }

    /// Half a second passes, and timers fire.
    fn pass(&mut self) {
        self.now += SECOND / 2;
        for tab in 0..self.tabs.len() {
            if self.is_running(tab) && self.tabs[tab].it.wake_at().is_some_and(|at| at <= self.now)
            {
                self.input(tab, Input::Due);
            }
        }
    }

    fn crash(&mut self, tab: usize) {
        self.tabs[tab].crashed = true;
        self.tabs[tab].channel = None;
        self.sources.retain(|source| source.tab != tab);
        self.release(tab);
    }

    fn sleep(&mut self, tab: usize) {
        if self.is_running(tab) {
            self.input(tab, Input::Asleep);
            self.tabs[tab].asleep = true;
        }
    }

    fn wake(&mut self, tab: usize) {
        if self.tabs[tab].asleep && !self.tabs[tab].crashed && !self.tabs[tab].stuck {
            self.tabs[tab].asleep = false;
            self.input(tab, Input::Awake);
        }
    }

    fn follow(&mut self, tab: usize, topic: &'static str, behind: usize) {
        if !self.is_running(tab) || self.tabs[tab].followers.len() > 4 {
            return;
        }
        self.followers += 1;
        let (follower, last) = (self.followers, self.log.len().saturating_sub(behind));
        self.tabs[tab].followers.push(Told { number: follower, topic, last });
        let after = Some(format!("E-{last}"));
        self.input(tab, Input::Follow { follower, topic: topic.to_owned(), after });
    }

    fn unfollow(&mut self, tab: usize) {
        if self.is_running(tab) && !self.tabs[tab].followers.is_empty() {
            let gone = self.tabs[tab].followers.remove(0);
            self.input(tab, Input::Unfollow(gone.number));
        }
    }

    /// The tab finds that the visitor is another.
    fn notice(&mut self, tab: usize) {
        if self.is_running(tab) && self.tabs[tab].mark != self.cookie {
            let mark = self.cookie.clone();
            self.tabs[tab].mark.clone_from(&mark);
            self.tabs[tab].inbox.push_front(Mail::Other(Input::Identity { mark, visible: true }));
            self.deliver(tab);
        }
    }

    fn told(&mut self, tab: usize, follower: u32, event: &StreamEvent) {
        let StreamEvent::Event { envelope, .. } = event else {
            return assert!(
                matches!(event, StreamEvent::Start(_)),
                "nothing is missing: {event:?}"
            );
        };
        assert_eq!(envelope.data, self.tabs[tab].mark, "another's event is shown");
        let sequence = envelope.id.as_deref().map(|id| id[2..].parse().unwrap());
        let at = self.tabs[tab].followers.iter().position(|told| told.number == follower);
        // Whoever has stopped following is told nothing.
        let Told { topic, last, .. } = self.tabs[tab].followers[at.unwrap()];
        assert_eq!(sequence, self.next(topic, last), "of {topic} after {last}");
        self.tabs[tab].followers[at.unwrap()].last = sequence.unwrap();
    }
}
