//! A visit to a room: what is heard and what the visitor does go in, the conversation as a signal comes
//! out.

mod draft;
mod reading;

use leptos::{prelude::*, task};

use super::{conversation::Conversation, here::who, outbox::Outgoing};
use crate::{
    changing::{anew, effect},
    chat::{Message, Posted, Room, here_topic, mark_in, topic},
    event::{Envelope, PURGED, Purge},
    feed::Feed,
    follow::{Fetch, Follow, Following, Heard},
    link::Link,
    talk::Talk,
    text::{chat::Words, text},
};

/// The id of what the messages scroll in. It is laid out from its foot.
pub const SCROLLER: &str = "messages";

/// The id of the field of what the visitor writes.
pub const FIELD: &str = "text";

/// The id of the field of the visitor's name.
pub const NAME: &str = "name";

/// A visit to a room. A cheap handle. (Few types of signals: each brings machine code of its own.)
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// The room's name.
    pub room: RwSignal<String>,
    /// What is shown of it.
    pub conversation: RwSignal<Conversation>,
    /// Who is there, in words.
    pub here: RwSignal<String>,
    /// The visitor's name; empty where they have none yet.
    pub me: RwSignal<String>,
    /// The mark of the visitor's browser here; empty where it has none.
    pub mark: RwSignal<String>,
    /// Whether the newest message is in sight.
    pub at_end: RwSignal<bool>,
    /// What a screen reader is told.
    pub spoken: RwSignal<String>,
    /// The words of the page: what is called back has no context to find them in.
    pub words: &'static Words,
    feed: Feed,
    /// There is none on the server.
    pub browser: Option<Browser>,
    /// More of the history is on its way.
    reading: RwSignal<bool>,
    /// A change is being drawn, after which the visitor is brought back to where they read.
    settling: RwSignal<bool>,
}

/// What the browser's half gives a visit.
#[derive(Clone, Copy, Debug)]
pub struct Browser {
    /// How to hear of the room.
    pub follow: Follow,
    /// How to talk there.
    pub talk: Talk,
    /// How to have its page anew.
    pub fetch: Fetch,
}

impl Browser {
    pub(super) fn of_context() -> Option<Self> {
        let (follow, talk, fetch) = (use_context()?, use_context()?, use_context()?);
        Some(Self { follow, talk, fetch })
    }
}

impl Visit {
    /// Enters a room. `after`: the end of the log when the page was made.
    pub fn begin(room: Room, after: String) -> Self {
        let (feed, words) = (expect_context::<Feed>(), text().chat);
        let number = feed.writing.with_untracked(|writing| writing.number);
        let (here, me) = (who(&room.here, usize::MAX, words, number), room.me.clone());
        let visit = Self {
            room: RwSignal::new(room.room.clone()),
            mark: RwSignal::new(room.mark.clone()),
            at_end: RwSignal::new(!room.newer),
            conversation: RwSignal::new(Conversation::new(room)),
            here: RwSignal::new(here),
            me: RwSignal::new(me),
            spoken: RwSignal::default(),
            words,
            feed,
            browser: Browser::of_context(),
            reading: RwSignal::new(false),
            settling: RwSignal::new(false),
        };
        visit.follow(after);
        visit
    }

    /// Hears of the room for as long as the visit lasts, and is seen there.
    fn follow(self, after: String) {
        let Some(Browser { follow: Follow(follow), talk, .. }) = self.browser else { return };
        effect(move || {
            let room = self.room.get_untracked();
            let hear = Callback::new(move |heard| self.hear(heard));
            follow(Following { topic: topic(&room), after: Some(after.clone()), hear });
            let hear = Callback::new(move |heard| self.hear_of_others(heard));
            follow(Following { topic: here_topic(&room), after: None, hear });
            (talk.stay)(room, self.me);
        });
        let Feed { link, visible, unread, .. } = self.feed;
        effect(move || {
            if link.get() == Link::Live {
                self.retry(None);
            }
        });
        effect(move || {
            if visible.get() && self.at_end.get() {
                unread.set(0);
            }
        });
        on_cleanup(move || {
            unread.set(0);
            self.hand_over();
        });
    }

    /// Sends what waits as it is: nobody will be here for its turn, nor for an answer.
    fn hand_over(self) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        let room = self.room.read_untracked();
        for Outgoing { key, message, .. } in self.conversation.read_untracked().outbox.waiting() {
            (talk.say)(&room, key, message, Box::new(|_| ()));
        }
    }

    fn hear(self, heard: Heard) {
        let back = !self.at_end.get_untracked();
        let said = match heard {
            Heard::Gap(_) => return self.keep_place(|conversation| conversation.gap(back)),
            Heard::Spans(spans) => return self.conversation.update(|it| it.know(spans)),
            Heard::Event(event) if event.event_type == PURGED => return self.hear_of_purge(&event),
            Heard::Event(event) => self.posted(event),
        };
        let Message { name, text } = &said.message;
        let words = (self.words.says)(if name.is_empty() { self.words.nobody } else { name }, text);
        let words = anew(words, &self.spoken.read_untracked());
        let mut others = false;
        self.keep_place(|conversation| others = conversation.hear(said, back));
        if others {
            self.spoken.set(words);
            if back || !self.feed.visible.get_untracked() {
                self.feed.unread.update(|unread| *unread += 1);
            }
        }
        // What was waited for may have been this.
        self.send();
    }

    fn hear_of_purge(self, notice: &Envelope) {
        match notice.purge() {
            Some(Purge::Earlier) => {
                let place = notice.id.as_deref().unwrap_or_default();
                self.conversation.update(|conversation| conversation.purge(place));
                self.feed.unread.set(0);
                self.at_end.set(true);
                self.catch_up();
            }
            Some(Purge::One(id)) => self.conversation.update(|it| it.remove(id)),
            None => {}
        }
    }

    fn hear_of_others(self, heard: Heard) {
        if let (Heard::Event(Envelope { data, .. }), Some(Browser { talk, .. })) =
            (heard, self.browser)
            && let Some(here) = (talk.here)(&data)
        {
            let number = self.feed.writing.with_untracked(|writing| writing.number);
            self.here.set(who(&here, usize::MAX, self.words, number));
        }
    }

    fn posted(self, event: Envelope) -> Posted {
        let Envelope { id, at, data, topics, .. } = event;
        let mark = mark_in(topics.iter().map(|topic| &**topic), &self.room.read_untracked());
        let read = self.browser.and_then(|browser| (browser.talk.message)(&data));
        Posted { id: id.unwrap_or_default(), at, message: Message::of(&data, read), mark }
    }

    /// Whether the visitor has left: nothing of the visit is there any more.
    fn is_over(self) -> bool {
        self.conversation.is_disposed()
    }

    /// Changes the newer end of what is shown; what the visitor reads stays where it is.
    fn keep_place(self, change: impl FnOnce(&mut Conversation)) {
        let talk = self.browser.map(|browser| browser.talk);
        let talk = talk.filter(|_| !self.at_end.get_untracked());
        // Of several changes at once the first has seen what was drawn before them.
        let talk = talk.filter(|_| !self.settling.get_untracked());
        let before = talk.map(|talk| ((talk.place)(SCROLLER), talk));
        self.conversation.update(change);
        let Some((before, talk)) = before else { return };
        self.settling.set(true);
        task::spawn_local(async move {
            // The change is drawn by then.
            task::tick().await;
            if self.is_over() {
                return;
            }
            self.settling.set(false);
            let now = (talk.place)(SCROLLER);
            // From where it was: near an end the browser has moved it meanwhile.
            (talk.scroll)(SCROLLER, before.top - (now.whole - before.whole));
            self.on_scroll();
        });
    }

    /// Says something.
    pub fn say(self, message: Message) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        self.conversation.update(|conversation| conversation.outbox.say((talk.key)(), message));
        self.send();
        self.to_end();
    }

    /// Sends again what has failed: one message, whose button goes and leaves the keyboard to the field,
    /// or all that did not reach the server.
    pub fn retry(self, key: Option<&str>) {
        if let Some((_, Browser { talk, .. })) = key.zip(self.browser) {
            (talk.focus)(FIELD);
        }
        self.conversation.update(|conversation| conversation.outbox.retry(key));
        self.send();
    }

    /// Gives back what has failed, to be written anew.
    pub fn take_back(self, key: &str) {
        let mut message = None;
        self.conversation.update(|conversation| message = conversation.outbox.take_back(key));
        if let Some((message, Browser { talk, .. })) = message.zip(self.browser) {
            let text = message.text + "\n" + &(talk.field)(FIELD);
            self.fill(text.trim_end());
        }
        self.send();
    }

    /// Sends what waits, one message after the other.
    fn send(self) {
        let Some(Browser { talk, .. }) = self.browser else { return };
        let mut next = None;
        self.conversation.maybe_update(|conversation| {
            next = conversation.outbox.next();
            next.is_some()
        });
        let Some(Outgoing { key, message, .. }) = next else { return };
        let ours = key.clone();
        let answered = move |answer| {
            if self.is_over() {
                return;
            }
            if let Err(why) = answer {
                self.spoken.set((self.words.unsent)(why).to_owned());
            }
            self.conversation.update(|conversation| conversation.answered(&ours, answer));
            self.send();
        };
        (talk.say)(&self.room.read_untracked(), &key, &message, Box::new(answered));
    }
}
