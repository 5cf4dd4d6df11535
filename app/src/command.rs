//! The shell commands that pages and the log print, quoted so that they can be pasted as they are.

use std::borrow::Cow;

use percent_encoding::utf8_percent_encode;
use wire::{
    paths::{STREAM_PATH, TOPICS_PATH},
    percent::PATH,
};

/// What stands in a shell's line for itself.
const PLAIN: &str = "/._-:,@%+=";

/// Where no key lies with the server, tokens are made elsewhere.
const BY_OTHERS: &str = "$BELFRY_TOKEN";

/// The beginning of a command that makes a token by the key of a server: its program and its folder.
#[must_use]
pub fn token_maker(program: &str, data_dir: Option<&str>) -> String {
    let folder = data_dir.map(|folder| format!(" --data-dir {}", quoted(folder)));
    format!("{} token{}", quoted(program), folder.unwrap_or_default())
}

/// Makes a token that reads a topic.
#[must_use]
pub fn token_to_read(maker: &str, topic: &str) -> String {
    format!("{maker} --read {}", quoted(topic))
}

/// Publishes a word to a topic, or to one of those under a prefix. It holds no token, but the command that makes one; `None` where nobody
/// can make one here. `server` is its URL. `between` stands between its two halves: a blank, or a line's end that a shell
/// takes for one.
#[must_use]
pub fn publish(maker: Option<&str>, server: &str, topic: &str, between: &str) -> String {
    let token = maker.map_or(Cow::Borrowed(BY_OTHERS), |maker| {
        format!("$({maker} --publish {})", quoted(topic)).into()
    });
    let one = topic.strip_suffix('*').map(|prefix| format!("{prefix}example"));
    let one = utf8_percent_encode(one.as_deref().unwrap_or(topic), PATH);
    let place = format!("{server}{TOPICS_PATH}/{one}");
    format!("curl -H \"Authorization: Bearer {token}\"{between}-d hello {}", quoted(&place))
}

/// Reads the stream of a server, given by its URL.
#[must_use]
pub fn read_stream(server: &str) -> String {
    format!("curl -N {}", quoted(&format!("{server}{STREAM_PATH}")))
}

/// A text as a shell takes it for one word.
fn quoted(text: &str) -> String {
    if !text.is_empty() && text.chars().all(|one| one.is_alphanumeric() || PLAIN.contains(one)) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_word_for_a_shell() {
        for plain in ["/var/lib/belfry", "chat/lobby", "http://127.0.0.1:3000/sse", "天"] {
            assert_eq!(quoted(plain), plain);
        }
        for (odd, word) in [
            ("", "''"),
            ("~/belfry", "'~/belfry'"),
            ("my data", "'my data'"),
            ("it's", r"'it'\''s'"),
            ("*", "'*'"),
            ("http://[::1]:3000/sse", "'http://[::1]:3000/sse'"),
        ] {
            assert_eq!(quoted(odd), word);
        }
    }

    #[test]
    fn the_program_is_named_with_its_folder() {
        assert_eq!(token_maker("belfry", None), "belfry token");
        assert_eq!(
            token_to_read(&token_maker("/a b/belfry", Some("/it's")), "status"),
            r"'/a b/belfry' token --data-dir '/it'\''s' --read status"
        );
    }

    #[test]
    fn a_shell_and_an_address_take_any_name() {
        let publish = |topic| publish(Some("belfry token"), "http://here", topic, " \\\n     ");
        assert_eq!(
            publish("chat/lobby"),
            "curl -H \"Authorization: Bearer $(belfry token --publish chat/lobby)\" \\\n     \
             -d hello http://here/topics/chat/lobby"
        );
        let prefix = publish("chat/*");
        assert!(prefix.contains("--publish 'chat/*'"), "{prefix}");
        assert!(prefix.ends_with(" http://here/topics/chat/example"), "{prefix}");
        let odd = publish("it's $(é) & \"b\"");
        assert!(odd.contains(r#"--publish 'it'\''s $(é) & "b"')"#), "{odd}");
        assert!(odd.ends_with("/topics/it%27s%20%24%28%C3%A9%29%20%26%20%22b%22"), "{odd}");
    }

    #[test]
    fn where_no_token_can_be_made_one_is_asked_for() {
        assert_eq!(
            publish(None, "http://here", "a", " "),
            "curl -H \"Authorization: Bearer $BELFRY_TOKEN\" -d hello http://here/topics/a"
        );
    }
}
