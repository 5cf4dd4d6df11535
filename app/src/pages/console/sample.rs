//! A sample shell command that publishes to a topic, shown while its list is empty.

use leptos::prelude::*;
use wire::topics::is_servers_own;

use crate::{command::publish, components::Snippet, feed::Feed, text::text};

/// Half of the command stands on a line of its own.
const NEXT_LINE: &str = " \\\n     ";

/// What stands in the place of a list that is empty.
#[component]
pub fn Sample(topic: String) -> impl IntoView {
    let (words, feed) = (text().console, expect_context::<Feed>());
    let nothing = (words.nothing)(&topic);
    let is_open = !is_servers_own(&topic);
    let code = Signal::derive(move || {
        let maker = feed.token_maker.get_value();
        publish(maker.as_deref(), &feed.url.read(), &topic, NEXT_LINE)
    });
    view! {
        <p class="empty">{nothing}</p>
        {is_open.then(|| view! {
            <p class="empty">{words.publish}</p>
            <Snippet name="curl" code/>
        })}
    }
}
