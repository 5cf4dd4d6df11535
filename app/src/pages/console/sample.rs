//! How to publish to a topic: its name goes in, a line for a shell comes out.

use leptos::prelude::*;
use percent_encoding::utf8_percent_encode;

use crate::{address::PATH, components::Snippet, event::TOPICS_PATH, feed::Feed, text::text};

/// What stands in the place of a list that is empty.
#[component]
pub fn Sample(topic: String) -> impl IntoView {
    let (words, origin) = (text().console, expect_context::<Feed>().origin);
    let nothing = (words.nothing)(&topic);
    let code = Signal::derive(move || command(&topic, &origin.read()));
    view! {
        <p class="empty">{nothing}</p>
        <p class="empty">{words.publish}</p>
        <Snippet name="curl" code/>
    }
}

/// Publishes a word to a topic, or to one of those of a prefix.
fn command(topic: &str, origin: &str) -> String {
    let quoted = topic.replace('\'', r"'\''");
    let one = topic.strip_suffix('*').map(|prefix| format!("{prefix}example"));
    let path = utf8_percent_encode(one.as_deref().unwrap_or(topic), PATH);
    format!(
        "curl -H \"Authorization: Bearer $(belfry token --publish '{quoted}')\" \\\n     -d hello {origin}{TOPICS_PATH}/{path}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_and_an_address_take_any_name() {
        assert_eq!(
            command("chat/lobby", "http://here"),
            "curl -H \"Authorization: Bearer $(belfry token --publish 'chat/lobby')\" \\\n     \
             -d hello http://here/topics/chat/lobby"
        );
        let prefix = command("chat/*", "http://here");
        assert!(prefix.contains("--publish 'chat/*'"), "{prefix}");
        assert!(prefix.ends_with(" http://here/topics/chat/example"), "{prefix}");
        let odd = command("it's $(é) & \"b\"", "http://here");
        assert!(odd.contains(r#"--publish 'it'\''s $(é) & "b"')"#), "{odd}");
        assert!(odd.ends_with("/topics/it%27s%20%24%28%C3%A9%29%20%26%20%22b%22"), "{odd}");
    }
}
