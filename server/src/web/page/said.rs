//! What was said in rooms, as pages show it, and the parameters by which it is asked for.

use axum::http::Uri;
use belfry_hub::{
    event::{Event, Topic},
    http::query::first,
};
use wire::{
    chat::{Posted, room},
    tick::Tick,
};

use crate::chat::message;

/// The events, newest first, up to a notice that all before it were removed: while that is under way
/// they are as good as gone.
pub(super) fn there(newest_first: &[Event]) -> &[Event] {
    let purged = |event: &Event| event.draft.is_notice_of_all();
    &newest_first[..newest_first.iter().position(purged).unwrap_or(newest_first.len())]
}

pub(super) fn posted(room: &str, event: &Event) -> Posted {
    let topics = event.draft.topics.iter().map(Topic::as_str);
    Posted {
        mark: room::mark_in(topics, room),
        id: event.id().to_string(),
        at: Tick::from_micros(event.at).to_string(),
        message: message(&event.draft.data),
    }
}

/// The first value of a parameter of the query.
pub(super) fn parameter(uri: &Uri, wanted: &str) -> Option<String> {
    first(uri.query().unwrap_or_default(), wanted).map(|value| value.lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use belfry_hub::{cursor::Epoch, event::Draft};

    #[test]
    fn all_is_gone_before_a_purge_of_all_and_nothing_before_that_of_one() {
        let topic = || Topic::new("chat/lobby").unwrap();
        let event = |sequence, draft| Event { epoch: Epoch(7), sequence, at: 0, draft };
        let message = |sequence| {
            let (topics, data) = (vec![topic()], "a".to_owned());
            event(sequence, Draft { topics, event_type: None, data, private: false })
        };
        let notice = |sequence, data: &str| {
            event(sequence, Draft { data: data.to_owned(), ..Draft::notice(topic(), false) })
        };
        let one = notice(3, r#"{"id":"AAAAAAAAAAAAO-2"}"#);
        assert_eq!(there(&[message(4), one.clone(), message(1)]).len(), 3);
        assert_eq!(there(&[message(4), one, notice(2, ""), message(1)]).len(), 2);
    }
}
