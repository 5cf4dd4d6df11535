//! The rows of the console: what was heard of a topic, newest first.

use wire::event::{Envelope, PURGED, Purge};

use super::row::Event;
use crate::stream::StreamEvent;

/// How many rows are kept: older ones leave the page.
const ROWS_KEPT: usize = 200;

/// What is listed, newest first.
#[derive(Debug)]
pub struct Rows {
    /// At most [`ROWS_KEPT`].
    pub rows: Vec<Event>,
    /// How many were heard since the page was opened, with those it was rendered with.
    pub heard: u32,
}

impl Rows {
    /// Those that the page is rendered with.
    pub fn new(newest_first: Vec<Envelope>) -> Self {
        let mut rows = Self { rows: Vec::new(), heard: 0 };
        for event in newest_first.into_iter().rev() {
            rows.hear(event.into());
        }
        rows
    }

    /// Adds what was heard, or takes away what was removed.
    pub fn hear(&mut self, heard: StreamEvent) {
        match &heard {
            StreamEvent::Start(_) | StreamEvent::Connection { .. } => return,
            StreamEvent::Event { envelope, .. } if envelope.event_type == PURGED => {
                match envelope.purge() {
                    Some(Purge::Earlier) => self.rows.clear(),
                    Some(Purge::One(id)) => return self.rows.retain(|row| row.id() != Some(id)),
                    None => return,
                }
            }
            StreamEvent::Event { .. } | StreamEvent::Gap { .. } => {}
        }
        self.heard = self.heard.wrapping_add(1);
        self.rows.insert(0, Event::new(self.heard, heard));
        self.rows.truncate(ROWS_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(data: &str) -> Envelope {
        Envelope {
            id: None,
            event_type: "message".to_owned(),
            topics: vec!["a".to_owned()],
            data: data.to_owned(),
            at: "2026-11-22T05:18:03.000Z".to_owned(),
            private: false,
        }
    }

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let mut rows = Rows::new(vec![event("2"), event("1")]);
        for number in 3..=ROWS_KEPT + 2 {
            rows.hear(event(&number.to_string()).into());
        }
        assert_eq!(rows.rows.len(), ROWS_KEPT);
        assert_eq!(rows.rows[0].data(), Some("202"));
        assert_eq!(rows.rows[ROWS_KEPT - 1].data(), Some("3"));
        let numbers: std::collections::HashSet<_> =
            rows.rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers.len(), ROWS_KEPT);
    }

    #[test]
    fn what_was_removed_leaves_the_page_and_a_row_says_so() {
        let purged = || Envelope { event_type: PURGED.to_owned(), ..event("") };
        let mut rows = Rows::new(vec![event("2"), purged(), event("1")]);
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [Some("2"), Some("")]);
        assert_eq!(rows.rows.len(), 2, "also of what the page is rendered with");
        rows.hear(purged().into());
        assert_eq!((rows.rows.len(), rows.rows[0].data(), rows.rows[0].number), (1, Some(""), 4));
    }

    #[test]
    fn an_event_that_was_removed_leaves_the_page_and_nothing_in_its_place() {
        let one = |id: &str| Envelope { id: Some(id.to_owned()), ..event(id) };
        let gone = |id| Envelope {
            event_type: PURGED.to_owned(),
            ..event(&format!(r#"{{"id":"{id}"}}"#))
        };
        let mut rows = Rows::new(vec![one("E-4"), gone("E-1"), one("E-2"), one("E-1")]);
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [Some("E-4"), Some("E-2")]);
        rows.hear(gone("E-2").into());
        let newer = Envelope { event_type: PURGED.to_owned(), ..event("of a newer version") };
        rows.hear(newer.into());
        assert_eq!((rows.rows.len(), rows.rows[0].data(), rows.heard), (1, Some("E-4"), 3));
    }

    #[test]
    fn a_gap_is_a_row() {
        let mut rows = Rows::new(vec![event("1")]);
        rows.hear(StreamEvent::Gap { reached: None });
        assert_eq!([rows.rows[0].data(), rows.rows[1].data()], [None, Some("1")]);
    }
}
