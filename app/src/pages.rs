//! The pages, and the application that shows them.

mod chat;
mod console;
mod missing;
mod moment;
mod status;
mod time;

use leptos::{either::EitherOf5, prelude::*};

use crate::{
    address::Address,
    changing::effect,
    components::{Banner, Masthead, keep_title},
    feed::{Born, Feed, Newborn, Snapshot, Subscribe},
    follow::Fetch,
    link::Link,
    page::Page,
    text::text,
};
use chat::ChatPage;
use console::ConsolePage;
use missing::MissingPage;
use status::StatusPage;
use time::TimePage;

/// What the page at this address was born with, for the first page alone that takes it: a page that
/// is navigated to without a reload was not born.
#[derive(Clone, Copy, Debug)]
struct Birth(StoredValue<Option<Newborn>>);

/// How to go from page to page without a reload, given by the browser's half in the context.
#[derive(Clone, Copy, Debug)]
pub struct Navigate(pub fn(RwSignal<Address>));

/// Calls `take` with what the page at this address is born with: at once where it was loaded, else when
/// the server has said; with `None` where it does not.
fn newborn(take: impl FnOnce(Option<Newborn>) + 'static) {
    let Birth(birth) = expect_context();
    if let Some(born) = birth.try_update_value(Option::take).flatten() {
        return take(Some(born));
    }
    if let Some(Fetch { newborn, .. }) = use_context() {
        let address = expect_context::<RwSignal<Address>>().read_untracked().to_string();
        newborn(&address, Box::new(take));
    }
}

/// What a page is born with, for one that shows nothing before.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    born: StoredValue<Option<Newborn>>,
    came: RwSignal<bool>,
    /// The server has not said, and is asked again when it can be.
    failed: StoredValue<bool>,
}

fn awaited() -> Awaited {
    let awaited = Awaited {
        born: StoredValue::new(None),
        came: RwSignal::new(false),
        failed: StoredValue::new(false),
    };
    awaited.ask();
    let link = expect_context::<Feed>().link;
    effect(move || {
        if link.get() == Link::Live && awaited.failed.get_value() {
            awaited.ask();
        }
    });
    awaited
}

impl Awaited {
    fn ask(self) {
        self.failed.set_value(false);
        newborn(move |born| {
            self.failed.set_value(born.is_none());
            self.born.set_value(born);
            self.came.set(true);
        });
    }

    /// Takes it once it has come; `Some(None)` where the server has not said.
    fn take(self) -> Option<Option<Newborn>> {
        self.came.get().then(|| self.born.try_update_value(Option::take).flatten())
    }
}

/// The application. It is rendered by the server from the [`Snapshot`] in the context, and hydrated
/// from the same one in the browser, where it subscribes.
#[component]
pub fn App() -> impl IntoView {
    // Taken, for nobody else needs it: to clone it would be machine code of its own.
    let snapshot = take_context::<Snapshot>().expect("who renders the application provides it");
    provide_context(snapshot.language);
    let feed = Feed::new(&snapshot);
    provide_context(feed);
    let Snapshot { now: born, address, cursor, page, .. } = snapshot;
    let birth = (!matches!(page, Born::Plain)).then_some(Newborn { cursor, page });
    provide_context(Birth(StoredValue::new(birth)));
    let address = RwSignal::new(Address::new(&address));
    provide_context(address);
    // Effects, because they do not run on the server and run after hydration.
    if let Some(Subscribe(subscribe)) = use_context() {
        effect(move || subscribe(feed));
    }
    if let Some(Navigate(follow)) = use_context() {
        effect(move || follow(address));
    }
    keep_title(feed, address);
    let page = move || match address.read().page() {
        Page::Time => EitherOf5::A(view! { <TimePage born feed/> }),
        Page::Status => EitherOf5::B(view! { <StatusPage/> }),
        Page::Chat => EitherOf5::C(view! { <ChatPage/> }),
        Page::Console => EitherOf5::D(view! { <ConsolePage/> }),
        Page::Missing => EitherOf5::E(view! { <MissingPage/> }),
    };
    view! {
        <div class="page">
            <a class="skip" href="#main">{text().skip}</a>
            <Masthead feed/>
            <Banner feed/>
            <main id="main" tabindex="-1">{page}</main>
        </div>
    }
}
