//! The language switch: a link to the current page in the other language.

use leptos::prelude::*;
use wire::language::{Language, switch};

use crate::{address::Address, erased::words, feed::under_base, text::Text};

/// A link that names the other language in that language. It is followed by the browser itself, with
/// scripts and without: the language belongs to the whole document.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let other = expect_context::<Language>().other();
    let address = expect_context::<RwSignal<Address>>();
    let href = words(move || under_base(&switch(other, &address.read().to_string())));
    view! {
        <a class="language" href=href rel="external nofollow" lang=other.tag() hreflang=other.tag()>
            {Text::of(other).language}
        </a>
    }
}
