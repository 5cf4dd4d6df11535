//! The switch: the page where the visitor is goes in, a link to the same in the other language comes
//! out.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::language::{Language, switch};

/// A link that names the other language in that language. It is followed by the browser itself, with
/// scripts and without: the language belongs to the whole document.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let other = expect_context::<Language>().other();
    let location = use_location();
    let href = move || {
        let (path, query) = (location.pathname.read(), location.search.read());
        let mark = if query.is_empty() { "" } else { "?" };
        switch(other, &format!("{}{mark}{}", *path, *query))
    };
    view! {
        <a class="language" href=href rel="external nofollow" lang=other.tag() hreflang=other.tag()>
            {other.text().language}
        </a>
    }
}
