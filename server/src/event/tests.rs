//! Which names are taken, and which are refused in which words.

use super::*;

fn reason(name: &str) -> String {
    Topic::new(name).unwrap_err().to_string()
}

#[test]
fn a_topic_is_a_name_of_segments() {
    for name in ["time", "chat/lobby", "天气/北京", "a b", "a.b/...", &"a".repeat(255)] {
        assert_eq!(Topic::new(name).unwrap().as_str(), name);
    }
    assert_eq!(reason(""), "the topic is empty");
    assert_eq!(reason(&"a".repeat(256)), "the topic has 256 bytes; 255 are allowed");
    for name in ["/", "a/", "/a", "a//b", "a/../b", ".", "a/."] {
        assert_eq!(reason(name), "the topic has a segment that is empty, . or ..");
    }
    assert!(reason("chat/*").contains("holds a *"));
}

#[test]
fn a_name_cannot_break_a_line_or_hide_a_part_of_itself() {
    for (name, code) in [
        ("a\nb", "U+000A"),
        ("a\rb", "U+000D"),
        ("a\0", "U+0000"),
        ("\u{7f}", "U+007F"),
        ("\u{85}", "U+0085"),
        ("a\u{200b}", "U+200B"),
        ("\u{202e}a", "U+202E"),
        ("\u{feff}a", "U+FEFF"),
        ("a\u{2028}", "U+2028"),
        ("a\u{2029}", "U+2029"),
        ("a\u{e0001}", "U+E0001"),
    ] {
        assert!(reason(name).contains(code), "{}", reason(name));
        assert!(EventType::new(name).unwrap_err().to_string().contains(code));
    }
}

#[test]
fn the_servers_own_types_are_not_for_publishers() {
    for name in ["session", "gap", "readers", "expired", "purged", "open", "error"] {
        assert!(EventType::new(name).unwrap_err().to_string().ends_with("the server uses"));
    }
    assert_eq!(EventType::new("message"), Ok(None));
    assert_eq!(EventType::new("price").unwrap().unwrap().as_str(), "price");
}

#[test]
fn the_servers_own_topics_are_known() {
    let own = |name: &str| Topic::new(name).unwrap().is_servers_own();
    assert!(["time", "status", "readers", "here/lobby", "here/a/b"].into_iter().all(own));
    assert!(!["here", "heres/a", "chat/here/a", "times"].into_iter().any(own));
}

#[test]
fn a_pattern_is_a_topic_or_a_prefix_and_a_star() {
    let grants = |pattern: &str, topic: &str| {
        Pattern::new(pattern).unwrap().grants(&Topic::new(topic).unwrap())
    };
    assert!(grants("chat/lobby", "chat/lobby"));
    assert!(!grants("chat/lobby", "chat/lobby2"));
    assert!(grants("chat/*", "chat/lobby"));
    assert!(grants("chat*", "chatter"));
    assert!(!grants("chat/*", "chat"));
    assert!(grants("*", "anything/at/all"));
    for bad in ["", "a*b", "**", "a**", "a//b", "a\n*"] {
        assert_eq!(Pattern::new(bad).unwrap_err().field, "pattern", "{bad:?}");
    }
}
