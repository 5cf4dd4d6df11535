//! Does in the browser what the [`SharedStream`] decides, and tells it what happens there.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use app::{seams::follow::Following, stream::StreamEvent};
use gloo_events::EventListener;
use js_sys::{Array, JsString, Math};
use leptos::prelude::{Callable, Callback, StoredValue};
use wasm_bindgen::{JsCast, JsValue};

use super::{Action, Input, SharedStream, Tab};
use crate::{
    browser::{
        alarm::Alarm,
        page_events::{PageEvent, listen, visible},
        task::begin,
    },
    clock::page_clock::now,
    stream::source::Source,
    tabs::{
        channel::Channel,
        lock::{self, Lock, LockEvent},
        message::TabMessage,
    },
    topics::{follower::Reading, history},
};

thread_local! {
    static SHELL: RefCell<Weak<Shell>> = const { RefCell::new(Weak::new()) };
}

/// What the shared stream holds open in this tab. Dropping it closes it all.
pub struct Shell {
    itself: Weak<Self>,
    stream: RefCell<SharedStream>,
    /// What has happened and was not taken in yet: to do something may make something else happen.
    inputs: RefCell<Vec<Input>>,
    /// Inputs are being taken in.
    busy: Cell<bool>,
    tell: Box<dyn Fn(StreamEvent)>,
    alarm: Alarm,
    lock: RefCell<Option<Lock>>,
    channel: RefCell<Option<Channel>>,
    sources: RefCell<Vec<(u32, Source)>>,
    pages: RefCell<Vec<(u32, Callback<StreamEvent>)>>,
    /// The number of the last follower.
    followers: Cell<u32>,
    listeners: RefCell<Vec<EventListener>>,
}

/// Follows a topic for as long as the current owner lives. See [`app::seams::follow::Follow`].
pub fn follow(wanted: Following) {
    let Some(shell) = SHELL.with_borrow(Weak::upgrade) else { return };
    let Following { topic, after, hear } = wanted;
    let follower = shell.followers.get().wrapping_add(1);
    shell.followers.set(follower);
    shell.pages.borrow_mut().push((follower, hear));
    shell.take(Input::Follow { follower, topic, after });
    StoredValue::new_local(Leaving { shell: shell.itself.clone(), follower });
}

/// Dropped with the owner of a follower.
struct Leaving {
    shell: Weak<Shell>,
    follower: u32,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(shell) = self.shell.upgrade() {
            shell.pages.borrow_mut().retain(|(number, _)| *number != self.follower);
            shell.take(Input::Unfollow(self.follower));
        }
    }
}

impl Shell {
    /// Joins the other tabs of the same visitor. `interval`: microseconds between two ticks of the
    /// server. `tell` is called with what the timekeeper is to hear.
    pub fn join(identity: String, interval: i64, tell: impl Fn(StreamEvent) + 'static) -> Rc<Self> {
        let name = format!("{:x}", Math::random().to_bits());
        let (shares, visible) = (lock::exists(), visible());
        let tab = Tab { name, identity, interval, shares, visible };
        let (stream, actions) = SharedStream::start(tab, now(), Math::random());
        let shell = Rc::new_cyclic(|itself| Self {
            itself: itself.clone(),
            stream: RefCell::new(stream),
            inputs: RefCell::default(),
            busy: Cell::default(),
            tell: Box::new(tell),
            alarm: Alarm::default(),
            lock: RefCell::default(),
            channel: RefCell::default(),
            sources: RefCell::default(),
            pages: RefCell::default(),
            followers: Cell::default(),
            listeners: RefCell::default(),
        });
        let on_page_event = shell.callback(|event| match event {
            PageEvent::Awake => Input::Awake,
            PageEvent::Hidden => Input::Hidden,
            PageEvent::Asleep => Input::Asleep,
            PageEvent::Online => Input::Online,
        });
        shell.listeners.replace(listen(on_page_event));
        SHELL.replace(shell.itself.clone());
        shell.busy.set(true);
        for action in actions {
            shell.act(action);
        }
        shell.take_all();
        shell
    }

    /// Leaves the tabs of one visitor, and joins those of another.
    pub fn belong_to(&self, mark: &str) {
        self.take(Input::Identity { mark: mark.to_owned(), visible: visible() });
    }

    /// A callback that does nothing once the shell is gone.
    fn callback<T: 'static>(
        &self,
        input: impl Fn(T) -> Input + Clone + 'static,
    ) -> impl Fn(T) + Clone + 'static {
        let itself = self.itself.clone();
        move |happened| {
            if let Some(shell) = itself.upgrade() {
                shell.take(input(happened));
            }
        }
    }

    /// Takes an input in, after those before it.
    fn take(&self, input: Input) {
        self.inputs.borrow_mut().push(input);
        if !self.busy.replace(true) {
            self.take_all();
        }
    }

    fn take_all(&self) {
        while let Some(input) = self.next_input() {
            let actions = self.stream.borrow_mut().on(input, now(), Math::random());
            for action in actions {
                self.act(action);
            }
        }
        self.busy.set(false);
        let due = self.callback(|()| Input::Due);
        self.alarm.set(self.stream.borrow().wake_at(), Box::new(move || due(())));
    }

    fn next_input(&self) -> Option<Input> {
        let mut inputs = self.inputs.borrow_mut();
        (!inputs.is_empty()).then(|| inputs.remove(0))
    }

    fn act(&self, action: Action) {
        match action {
            Action::AskForLock { name, steal } => self.ask_for_lock(&name, steal),
            Action::ReleaseLock => drop(self.lock.take()),
            Action::OpenChannel(name) => self.open_channel(&name),
            Action::CloseChannel => drop(self.channel.take()),
            Action::Post(message) => self.post(message),
            Action::OpenSource(number, url) => {
                let hear = self.callback(move |said| Input::Source(number, said));
                // From one that cannot be opened nothing is heard, and it is replaced.
                let source = Source::open(&url, hear).map(|source| (number, source));
                self.sources.borrow_mut().extend(source);
            }
            Action::CloseSource(number) => {
                self.sources.borrow_mut().retain(|(open, _)| *open != number);
            }
            Action::Read(follower, reading) => self.read(follower, reading),
            Action::Tell(event) => (self.tell)(event),
            Action::TellPage(follower, event) => {
                let found = |(number, hear): &(u32, Callback<StreamEvent>)| {
                    (*number == follower).then_some(*hear)
                };
                let hear = self.pages.borrow().iter().find_map(found);
                // The page may be gone by now.
                hear.and_then(|hear| hear.try_run(event));
            }
        }
    }

    fn ask_for_lock(&self, name: &str, steal: bool) {
        let say = self.callback(|event| match event {
            LockEvent::Granted => Input::Granted,
            LockEvent::Robbed => Input::Robbed,
            LockEvent::Refused => Input::Refused,
        });
        // The one that was asked for before is given up first.
        drop(self.lock.take());
        match Lock::ask(name, steal, say) {
            Ok(lock) => drop(self.lock.replace(Some(lock))),
            Err(_) => self.take(Input::Refused),
        }
    }

    fn open_channel(&self, name: &str) {
        let itself = self.itself.clone();
        let hear = move |posted: JsValue| {
            let message = row(&posted).and_then(TabMessage::read);
            if let Some((shell, message)) = itself.upgrade().zip(message) {
                shell.take(Input::Message(message));
            }
        };
        match Channel::open(name, hear) {
            Ok(channel) => drop(self.channel.replace(Some(channel))),
            Err(_) => self.take(Input::Refused),
        }
    }

    fn post(&self, message: TabMessage) {
        if let Some(channel) = &*self.channel.borrow() {
            let row: Array = message.write().iter().map(|text| JsValue::from_str(text)).collect();
            channel.post(&row);
        }
    }

    fn read(&self, follower: u32, reading: Reading) {
        let answer = self.callback(move |(number, page)| Input::History(follower, number, page));
        begin(async move {
            let after = reading.after.map(|after| after.to_string());
            answer((reading.number, history::read(&reading.topic, after.as_deref()).await));
        });
    }
}

/// The strings of a message; `None` where another version of this program has posted something else.
fn row(value: &JsValue) -> Option<Vec<String>> {
    let row: &Array = value.dyn_ref()?;
    let text = |text: JsValue| text.dyn_into::<JsString>().ok().map(String::from);
    row.iter().map(text).collect()
}
