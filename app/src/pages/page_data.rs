//! A page's data: at hand where it was loaded, else asked for.

use leptos::prelude::*;
use wire::page_data::PageAt;

use crate::{address::Address, erased::effect, feed::Feed, link::Link, seams::Browser};

/// What the page at this address was rendered with, for the first page alone that takes it: a page that
/// is navigated to without a reload has to ask for it.
#[derive(Clone, Copy, Debug)]
pub struct Loaded(pub StoredValue<Option<PageAt>>);

/// Calls `take` with what the page at this address is rendered with: at once where it was loaded, else when
/// the server has said; with `None` where it does not.
pub fn page_at(take: impl FnOnce(Option<PageAt>) + 'static) {
    let Loaded(loaded) = expect_context();
    if let Some(data) = loaded.try_update_value(Option::take).flatten() {
        return take(Some(data));
    }
    if let Some(browser) = use_context::<Browser>() {
        let address = expect_context::<RwSignal<Address>>().read_untracked().to_string();
        (browser.read.page)(&address, Box::new(take));
    }
}

/// What a page is rendered with, for one that shows nothing before.
#[derive(Clone, Copy, Debug)]
pub struct Awaited {
    data: StoredValue<Option<PageAt>>,
    came: RwSignal<bool>,
    /// The server has not said, and is asked again when it can be.
    failed: RwSignal<bool>,
}

/// Asks for what the page at this address is rendered with, and again when the server is back.
pub fn awaited() -> Awaited {
    let awaited = Awaited {
        data: StoredValue::new(None),
        came: RwSignal::new(false),
        failed: RwSignal::new(false),
    };
    awaited.ask();
    let link = expect_context::<Feed>().link;
    effect(move || {
        if link.get() == Link::Live && awaited.failed.get_untracked() {
            awaited.ask();
        }
    });
    awaited
}

impl Awaited {
    fn ask(self) {
        self.failed.set(false);
        page_at(move |data| {
            self.failed.set(data.is_none());
            self.data.set_value(data);
            self.came.set(true);
        });
    }

    /// Takes it once it has come; `Some(None)` where the server has not said.
    pub fn take(self) -> Option<Option<PageAt>> {
        self.came.get().then(|| self.data.try_update_value(Option::take).flatten())
    }
}
