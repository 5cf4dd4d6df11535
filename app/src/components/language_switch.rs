//! The switch: the page where the visitor is goes in, a link to the same in the other language comes
//! out.

use leptos::prelude::*;

use crate::{
    address::Address,
    changing::words,
    language::{Language, switch},
};

/// A link that names the other language in that language. It is followed by the browser itself, with
/// scripts and without: the language belongs to the whole document.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let other = expect_context::<Language>().other();
    let address = expect_context::<RwSignal<Address>>();
    let href = words(move || switch(other, &address.read().to_string()));
    view! {
        <a class="language" href=href rel="external nofollow" lang=other.tag() hreflang=other.tag()>
            {other.text().language}
        </a>
    }
}
