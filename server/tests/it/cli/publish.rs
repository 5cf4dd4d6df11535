//! `belfry publish` and `belfry purge`: what they send, how often, what they print.

use std::{io::Write, process::Stdio};

use wire::event::Envelope;

use super::{ended, run, start, url};
use crate::{
    program::Program,
    scripted::{Answer, Scripted, answer},
};

const RECEIPT: &str = r#"{"id":"AAAAAAAAAAAAO-12","sequence":12,"readers":3}"#;

#[test]
fn to_publish_needs_a_token() {
    let program = Program::new();
    let serving = program.serves(&[]);
    let (code, out, notes) =
        run(&program, &["publish", "--url", &url(&serving), "chat/lobby", "hello"]);
    assert_eq!((code, &*out), (1, ""));
    assert!(notes.starts_with("belfry: a token is required to publish to chat/lobby"), "{notes}");
    assert!(notes.ends_with(" (401 Unauthorized)\n"), "{notes}");
    let (code, _, notes) = run(&program, &["purge", "--url", &url(&serving), "chat/lobby"]);
    assert!(code == 1 && notes.contains("401"), "{notes}");
}

#[test]
fn a_publish_is_sent_again_under_the_same_key_until_it_is_answered() {
    let scripted = Scripted::answering([
        answer("503 Service Unavailable", "retry-after: 0\r\n", ""),
        Answer::Cut,
        answer("200 OK", "", RECEIPT),
    ]);
    let program = Program::new();
    let url = scripted.url();
    let arguments = ["publish", "--url", &url, "--token", "t", "a/b c", "--private", "--also", "d"];
    let mut command = program.command(&arguments);
    let mut child = start(command.stdin(Stdio::piped()));
    child.stdin.take().unwrap().write_all(b"\0a\xFF\r\n").unwrap();
    assert_eq!(ended(child).1, "AAAAAAAAAAAAO-12\n");
    let asked = [scripted.asked(), scripted.asked(), scripted.asked()];
    for asked in &asked {
        let line = "post /topics/a/b%20c?also=d&private=1 http/1.1\r\n";
        assert!(asked.head.starts_with(line), "{asked:?}");
        assert_eq!(asked.body, b"\0a\xFF\r\n");
        assert_eq!(asked.header("authorization"), Some("bearer t"));
    }
    let keys = asked.each_ref().map(|asked| asked.header("idempotency-key").unwrap());
    assert!(keys[0].len() == 32 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn a_receipt_is_printed_whole_where_json_is_asked_for() {
    let scripted = Scripted::answering([answer("200 OK", "", RECEIPT)]);
    let url = scripted.url();
    let (code, out, _) = run(&Program::new(), &["publish", "--url", &url, "a", "--json", "b"]);
    assert_eq!((code, out), (0, format!("{RECEIPT}\n")));
    assert_eq!(scripted.asked().body, b"b");
}

#[test]
fn a_server_that_is_not_there_is_an_error_in_time() {
    let scripted = Scripted::answering([Answer::Cut]);
    let url = scripted.url();
    let program = Program::new();
    let (code, _, notes) = run(&program, &["publish", "--url", &url, "a", "b", "--timeout", "2s"]);
    let refused = format!("belfry: cannot reach {url}: Connection refused (os error 111)\n");
    assert_eq!((code, notes), (1, refused));
}

/// With a token of the server's own key.
mod with_a_token {
    use super::*;

    /// A token by `belfry token`, from the key of the server that the program has started.
    fn token(program: &Program) -> String {
        let rights = ["token", "--publish", "*", "--read", "*", "--purge", "*"];
        let (code, out, notes) = run(program, &rights);
        assert_eq!((code, &*notes, out.lines().count()), (0, "", 1), "{out}");
        out.trim().into()
    }

    #[test]

    fn what_is_published_is_followed_and_purged() {
        let program = Program::new();
        let serving = program.serves(&["--ephemeral"]);
        let (url, token) = (url(&serving), token(&program));
        let asks = |arguments: &[&str], input: &[u8]| {
            let mut command = program.command(arguments);
            command.env("BELFRY_URL", &url).env("BELFRY_TOKEN", &token);
            let mut child = start(command.stdin(Stdio::piped()));
            child.stdin.take().unwrap().write_all(input).unwrap();
            let (code, out, notes) = ended(child);
            assert_eq!(code, 0, "{arguments:?}: {notes}");
            out
        };
        let first = asks(&["publish", "chat/a b"], "一\n二".as_bytes());
        let second = asks(&["publish", "chat/a b", "--private", "--type", "t", "secret"], b"");
        assert_ne!(first, second);
        let from_the_first =
            ["follow", "chat/a b", "--after", first.trim(), "--count", "1", "--json"];
        let event: Envelope = serde_json::from_str(&asks(&from_the_first, b"")).unwrap();
        assert_eq!((event.id.as_deref(), &*event.data), (Some(second.trim()), "secret"));
        assert_eq!((&*event.event_type, event.private), ("t", true));
        let all = asks(&["follow", "chat/a b", "--after", "oldest", "--count", "2"], b"");
        assert_eq!(all, "一\n二\nsecret\n");
        let newest = ["follow", "chat/a b", "--last", "--count", "1"];
        assert_eq!(asks(&newest, b""), "secret\n");
        let again = ["publish", "b", "--idempotency-key", "k", "x"];
        assert_eq!(asks(&again, b""), asks(&again, b""));
        assert_eq!(asks(&["purge", "chat/a b"], b""), "2\n");
    }

    #[test]

    fn data_that_is_not_utf_8_or_too_large_is_refused() {
        let program = Program::new();
        let serving = program.serves(&["--ephemeral"]);
        let token = token(&program);
        for (input, said) in [(vec![0xFF], "UTF-8"), (vec![b'a'; (1 << 20) + 1], "1048576 bytes")] {
            let mut command = program.command(&["publish", "--url", &url(&serving), "a", "-"]);
            command.env("BELFRY_TOKEN", &token);
            let mut child = start(command.stdin(Stdio::piped()));
            // Whoever refuses it need not read it to its end.
            let _ = child.stdin.take().unwrap().write_all(&input);
            let (code, _, notes) = ended(child);
            assert!(code == 1 && notes.contains(said), "{code} {notes}");
        }
    }
}
