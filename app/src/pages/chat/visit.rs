//! A visit to a room: applies what is heard and what the visitor does to the conversation, as signals.

mod draft;
mod reading;
mod sending;

use leptos::{prelude::*, task};
use wire::{
    chat::{
        Message, Posted,
        page_data::Room,
        room::{mark_in, presence_topic, topic},
    },
    event::{Envelope, PURGED, Purge},
};

use super::{conversation::Conversation, presence::who};
use crate::{
    erased::{effect, spoken_after},
    feed::Feed,
    seams::{Browser, elements::ElementRef, follow::Following},
    stream::{Start, StreamEvent},
    text::{chat::Words, text},
};

/// The id of the field of what the visitor writes.
pub const FIELD: &str = "text";

/// A visit to a room. A cheap handle. (Few types of signals: each brings machine code of its own.)
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// The room's name.
    pub room: RwSignal<String>,
    /// What is shown of it.
    pub conversation: RwSignal<Conversation>,
    /// Who is there, in words.
    pub presence: RwSignal<String>,
    /// The visitor's name; empty where they have none yet.
    pub me: RwSignal<String>,
    /// The mark of the visitor's browser here; empty where it has none.
    pub mark: RwSignal<String>,
    /// Whether the newest message is in sight.
    pub at_end: RwSignal<bool>,
    /// How much more the field has room for, in words; empty where its end is far.
    pub room_left: RwSignal<String>,
    /// What a screen reader is told.
    pub spoken: RwSignal<String>,
    /// The words of the page: what is called back has no context to find them in.
    pub words: &'static Words,
    feed: Feed,
    /// There is none on the server.
    pub browser: Option<Browser>,
    /// The elements of its page.
    pub parts: Parts,
    /// More of the history is on its way.
    reading: RwSignal<bool>,
    /// A change is being drawn, after which the visitor is brought back to where they read.
    settling: RwSignal<bool>,
}

/// The elements of the page that a visit handles.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// What the messages scroll in. It is laid out from its foot.
    pub scroller: ElementRef,
    /// The field of what the visitor writes.
    pub field: ElementRef,
    /// The field of the visitor's name.
    pub name: ElementRef,
    /// What that field folds into.
    pub naming: ElementRef,
}

impl Visit {
    /// Enters a room. `after`: the end of the log when the page was made.
    pub fn begin(room: Room, after: String) -> Self {
        let (feed, words) = (expect_context::<Feed>(), text().chat);
        let number = feed.writing.with_untracked(|writing| writing.number);
        let (presence, me) = (who(&room.presence, usize::MAX, words, number), room.me.clone());
        let browser = use_context::<Browser>();
        let part = || ElementRef::new(browser.is_some());
        let visit = Self {
            room: RwSignal::new(room.room.clone()),
            mark: RwSignal::new(room.mark.clone()),
            at_end: RwSignal::new(!room.newer),
            conversation: RwSignal::new(Conversation::new(room)),
            presence: RwSignal::new(presence),
            me: RwSignal::new(me),
            room_left: RwSignal::default(),
            spoken: RwSignal::default(),
            words,
            feed,
            browser,
            parts: Parts { scroller: part(), field: part(), name: part(), naming: part() },
            reading: RwSignal::new(false),
            settling: RwSignal::new(false),
        };
        visit.follow(after);
        visit
    }

    /// Hears of the room for as long as the visit lasts, and is seen there.
    fn follow(self, after: String) {
        let Some(browser) = self.browser else { return };
        effect(move || {
            let room = self.room.get_untracked();
            let hear = Callback::new(move |heard| self.hear(heard));
            (browser.follow)(Following { topic: topic(&room), after: Some(after.clone()), hear });
            let hear = Callback::new(move |heard| self.hear_of_others(heard));
            (browser.follow)(Following { topic: presence_topic(&room), after: None, hear });
            (browser.post.stay)(room, self.me);
        });
        self.begin_sending();
        let Feed { visible, unread, .. } = self.feed;
        effect(move || {
            if visible.get() && self.at_end.get() {
                unread.set(0);
            }
        });
        on_cleanup(move || unread.set(0));
    }

    fn hear(self, heard: StreamEvent) {
        let back = !self.at_end.get_untracked();
        let said = match heard {
            StreamEvent::Gap { .. } => return self.keep_place(&mut |it| it.gap(back)),
            StreamEvent::Start(Start { spans, .. }) => {
                return self.conversation.update(|it| it.learn(&spans));
            }
            StreamEvent::Event { envelope, .. } if envelope.event_type == PURGED => {
                return self.hear_of_purge(&envelope);
            }
            StreamEvent::Event { envelope, .. } => self.posted(envelope),
            StreamEvent::Connection { .. } => return,
        };
        let Message { name, text } = &said.message;
        let words = (self.words.says)(if name.is_empty() { self.words.nobody } else { name }, text);
        let words = spoken_after(words, &self.spoken.read_untracked());
        let away = back || !self.feed.visible.get_untracked();
        let first = away && self.feed.unread.get_untracked() == 0;
        let mut others = false;
        self.keep_place(&mut |it| {
            others = it.hear(said.clone(), back);
            if others && first {
                it.unread.clone_from(&said.id);
            }
        });
        if others {
            self.spoken.set(words);
            if away {
                self.feed.unread.update(|unread| *unread += 1);
            }
        }
        // What was waited for may have been this.
        self.hurry();
    }

    fn hear_of_purge(self, notice: &Envelope) {
        match notice.purge() {
            Some(Purge::Earlier) => {
                let place = notice.id.as_deref().unwrap_or_default();
                self.change(&mut |it| {
                    it.purge(place);
                    true
                });
                self.feed.unread.set(0);
                self.at_end.set(true);
                self.catch_up();
            }
            Some(Purge::One(id)) => self.conversation.update(|it| it.remove(id)),
            None => {}
        }
    }

    fn hear_of_others(self, heard: StreamEvent) {
        if let (StreamEvent::Event { envelope, .. }, Some(browser)) = (heard, self.browser)
            && let Some(presence) = (browser.read.presence)(&envelope.data)
        {
            let number = self.feed.writing.with_untracked(|writing| writing.number);
            self.presence.set(who(&presence, usize::MAX, self.words, number));
        }
    }

    fn posted(self, event: Envelope) -> Posted {
        let Envelope { id, at, data, topics, .. } = event;
        let mark = mark_in(topics.iter().map(|topic| &**topic), &self.room.read_untracked());
        let read = self.browser.and_then(|browser| (browser.read.message)(&data));
        Posted { id: id.unwrap_or_default(), at, message: Message::of(&data, read), mark }
    }

    /// Whether the visitor has left: nothing of the visit is there any more.
    fn is_over(self) -> bool {
        self.conversation.is_disposed()
    }

    /// Changes what is shown by a function that returns whether there is something to be drawn. (One for
    /// all: each type of closure that a signal is changed by brings machine code of its own.)
    fn change(self, change: &mut dyn FnMut(&mut Conversation) -> bool) {
        self.conversation.maybe_update(|it| change(it));
    }

    /// Changes the newer end of what is shown; what the visitor reads stays where it is.
    fn keep_place(self, change: &mut dyn FnMut(&mut Conversation)) {
        // Of several changes at once the first has seen what was drawn before them.
        let still = self.at_end.get_untracked() || self.settling.get_untracked();
        let browser = self.browser.filter(|_| !still);
        let before =
            browser.map(|browser| ((browser.elements.scrolled)(self.parts.scroller), browser));
        self.change(&mut |it| {
            change(it);
            true
        });
        let Some((before, browser)) = before else { return };
        self.settling.set(true);
        task::spawn_local(async move {
            // The change is drawn by then.
            task::tick().await;
            if self.is_over() {
                return;
            }
            self.settling.set(false);
            let now = (browser.elements.scrolled)(self.parts.scroller);
            // From where it was: near an end the browser has moved it meanwhile.
            (browser.elements.scroll)(self.parts.scroller, before.top - (now.whole - before.whole));
            self.on_scroll();
        });
    }
}
