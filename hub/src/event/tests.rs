//! Which names are accepted, and with which words the others are refused.

use super::*;

fn reason(name: &str) -> String {
    Topic::new(name).unwrap_err().to_string()
}

#[test]
fn a_topic_is_a_name_of_segments() {
    for name in ["time", "chat/lobby", "天气/北京", "a b", "a.b/...", &"a".repeat(255)] {
        assert_eq!(Topic::new(name).unwrap().as_str(), name);
    }
    assert_eq!(reason(""), "topic must not be empty");
    assert_eq!(reason(&"a".repeat(256)), "topic must be at most 255 bytes, not 256");
    for name in ["/", "a/", "/a", "a//b", "a/../b", ".", "a/."] {
        assert_eq!(reason(name), "topic must not have a segment that is empty, . or ..");
    }
    assert!(reason("chat/*").contains("must not contain *"));
}

#[test]
fn topics_that_look_alike_are_one() {
    for (said, kept) in [
        ("cafe\u{301}", "café"),
        ("가", "가"),
        ("a/\u{212b}", "a/Å"),
        // Compatibility characters are seen as others: they stay.
        ("ｌｏｂｂｙ", "ｌｏｂｂｙ"),
        ("x\u{320}\u{301}", "x\u{320}\u{301}"),
    ] {
        assert_eq!(Topic::new(said).unwrap().as_str(), kept);
        assert_eq!(Topic::new(kept).unwrap().as_str(), kept);
    }
    // Its length is that of its one form.
    assert!(Topic::new(&"e\u{301}".repeat(127)).is_ok());
    assert!(Topic::new(&"\u{958}".repeat(60)).is_err());
}

#[test]
fn all_of_a_topic_is_seen() {
    for (name, code) in [
        ("a\u{34f}b", "U+034F"),
        ("\u{3164}", "U+3164"),
        ("a\u{fe0f}", "U+FE0F"),
        ("\u{2800}/a", "U+2800"),
        ("a\u{e000}", "U+E000"),
        ("a\u{a0}b", "U+00A0"),
        ("a\u{3000}b", "U+3000"),
    ] {
        assert!(reason(name).contains(code), "{}", reason(name));
        // As earlier versions have taken it.
        assert_eq!(Topic::meant_by(name), Ok(vec![Topic::exactly(name).unwrap()]));
    }
    for name in [" a", "a ", "a/ b", "a /b", "a  b"] {
        assert!(reason(name).contains("space"), "{name:?}");
    }
}

#[test]
fn a_name_means_a_topic_and_the_one_that_is_called_so_since_earlier() {
    let meant = |name| -> Vec<String> {
        Topic::meant_by(name).unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(meant("café"), ["café"]);
    assert_eq!(meant("cafe\u{301}"), ["café", "cafe\u{301}"]);
    assert_eq!(Topic::meant_by("a\n").unwrap_err(), Topic::new("a\n").unwrap_err());
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
        assert!(EventType::new(name).unwrap_err().to_string().ends_with("reserved for the server"));
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
    let matching = |pattern: &str, topic: &str| {
        Pattern::new(pattern).unwrap().matches(&Topic::new(topic).unwrap())
    };
    assert!(matching("chat/lobby", "chat/lobby"));
    assert!(!matching("chat/lobby", "chat/lobby2"));
    assert!(matching("chat/*", "chat/lobby"));
    assert!(matching("chat*", "chatter"));
    assert!(!matching("chat/*", "chat"));
    assert!(matching("cafe\u{301}/*", "café/a"));
    assert!(Pattern::new("cafe\u{301}").unwrap().matches(&Topic::exactly("cafe\u{301}").unwrap()));
    assert!(matching("*", "anything/at/all"));
    for bad in ["", "a*b", "**", "a**", "a//b", "a\n*"] {
        assert_eq!(Pattern::new(bad).unwrap_err().field, "pattern", "{bad:?}");
    }
}
