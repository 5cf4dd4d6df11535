use super::*;

#[test]
fn an_event_is_of_its_topics_and_of_what_they_begin_with() {
    let topics = vec!["chat/lobby".to_owned(), "all".to_owned()];
    let data = String::new;
    let (event_type, at) = (MESSAGE.to_owned(), data());
    let event = Envelope { id: None, event_type, topics, data: data(), at, private: false };
    for followed in ["chat/lobby", "all", "chat/*"] {
        assert!(event.is_of(followed), "{followed}");
    }
    for other in ["chat", "chat/", "chat/l*", "chat/lobby/*", "cha*", "*", "", "a/*"] {
        assert!(!event.is_of(other), "{other}");
    }
}

#[test]
fn a_purge_is_about_all_before_it_or_about_one() {
    let event = |event_type: &str, data: &str| Envelope {
        id: None,
        event_type: event_type.to_owned(),
        topics: Vec::new(),
        data: data.to_owned(),
        at: String::new(),
        private: false,
    };
    let one = serde_json::to_string(&Removed { id: "E-7".to_owned() }).unwrap();
    assert_eq!(event(PURGED, "").purge(), Some(Purge::Earlier));
    assert_eq!(event(PURGED, &one).purge(), Some(Purge::One("E-7")));
    assert_eq!(event(PURGED, r#"{ "id": "E-7", "more": 1 }"#).purge(), Some(Purge::One("E-7")));
    assert_eq!(event("message", &one).purge(), None);
    for other in ["x", "{}", r#"{"ids":["E-7"]}"#, r#"{"id"}"#] {
        assert_eq!(event(PURGED, other).purge(), None, "{other}");
    }
}

#[test]
fn the_reason_for_a_gap_is_one_word_everywhere() {
    for reason in [GapReason::Expired, GapReason::Epoch, GapReason::Unknown, GapReason::Damaged] {
        assert_eq!(serde_json::to_string(&reason).unwrap(), format!(r#""{reason}""#));
    }
}
