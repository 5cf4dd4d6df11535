//! How to publish to a topic: its name goes in, a line for a shell comes out.

use std::fmt::Write;

use leptos::prelude::*;

use crate::{components::Snippet, event::TOPICS_PATH, feed::Feed, text::text};

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

/// Publishes a word to a topic.
fn command(topic: &str, origin: &str) -> String {
    let quoted = topic.replace('\'', r"'\''");
    let path = encoded(topic);
    format!(
        "curl -H \"Authorization: Bearer $(belfry token --publish '{quoted}')\" \\\n     -d hello {origin}{TOPICS_PATH}/{path}"
    )
}

/// A topic as a part of an address that needs no quotes in a shell.
fn encoded(topic: &str) -> String {
    let mut path = String::new();
    for byte in topic.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
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
        let odd = command("it's $(é) & \"b\"", "http://here");
        assert!(odd.contains(r#"--publish 'it'\''s $(é) & "b"')"#), "{odd}");
        assert!(odd.ends_with("/topics/it%27s%20%24%28%C3%A9%29%20%26%20%22b%22"), "{odd}");
    }
}
