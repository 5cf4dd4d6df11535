//! What a reader asks for, as its query and headers say it.

use app::{
    chat::HERE_PREFIX,
    event::{READERS, STATUS, TIME},
};
use axum::http::HeaderMap;

use crate::{event::Invalid, frame::Format, query::parameters, selector::Selector};

/// The most topics that one stream follows.
const MOST_TOPICS: usize = 100;

/// Names under which EventSource clients put the cursor into the query.
const CURSOR_NAMES: [&str; 4] = ["last_event_id", "lastEventId", "lastEventID", "Last-Event-ID"];

/// What a reader asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The state topic `time`.
    pub time: bool,
    /// The state topic `readers`.
    pub readers: bool,
    /// The state topic `status`.
    pub status: bool,
    /// The rooms of which it asks who is there: the state topics `here/{room}`.
    pub here: Vec<String>,
    /// Rooms of which it asks that too, and that there are not.
    pub closed: Vec<String>,
    /// The topics of the log, and prefixes of some.
    pub topics: Vec<Selector>,
    /// The last id that the reader has seen, as it came.
    pub cursor: Option<String>,
    /// To begin with each topic's newest event.
    pub last: bool,
    /// To begin with a `session` event.
    pub session: bool,
    /// How events are written.
    pub format: Format,
}

impl Request {
    /// Reads the query and the `Last-Event-ID` header, which goes first. Parameters that nobody knows
    /// are left alone: clients add some of their own against caches.
    ///
    /// # Errors
    /// What makes a topic, a format or a switch unusable. A cursor never does, not even one that is no
    /// text: a browser would not come back.
    pub fn read(query: &str, headers: &HeaderMap) -> Result<Self, Invalid> {
        let mut request = Self::default();
        let (mut asked, mut cursor) = (false, None);
        for (name, value) in parameters(query) {
            match &*name {
                "topic" => {
                    asked = true;
                    request.follow(&value.text("topic")?)?;
                }
                "last" => request.last = switch("last", &value.text("last")?)?,
                "session" => request.session = switch("session", &value.text("session")?)?,
                "format" => {
                    request.format = match &*value.text("format")? {
                        "json" => Format::Json,
                        "" | "message" => Format::Message,
                        _ => return Err(Invalid::new("format", "is neither json nor message")),
                    }
                }
                name if CURSOR_NAMES.contains(&name) => {
                    let said = Some(value.lossy().into_owned()).filter(|said| !said.is_empty());
                    cursor = cursor.or(said);
                }
                _ => {}
            }
        }
        if !asked {
            (request.time, request.readers) = (true, true);
        }
        let header = headers.get("last-event-id").filter(|value| !value.is_empty());
        let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        request.cursor = header.or(cursor);
        Ok(request)
    }

    /// Whether nothing is asked for but the topic `status`.
    #[must_use]
    pub fn is_status_alone(&self) -> bool {
        let others = self.time || self.readers || !self.here.is_empty() || !self.topics.is_empty();
        self.status && !others
    }

    fn follow(&mut self, name: &str) -> Result<(), Invalid> {
        match name {
            TIME => self.time = true,
            READERS => self.readers = true,
            STATUS => self.status = true,
            // Who is there is asked of rooms, which have a form of their own.
            _ if name.starts_with(HERE_PREFIX) => self.follow_more(Selector::exactly(name)?)?,
            _ => {
                Selector::meant_by(name)?.into_iter().try_for_each(|one| self.follow_more(one))?;
            }
        }
        Ok(())
    }

    /// Adds one of the topics of which there are any number.
    fn follow_more(&mut self, topic: Selector) -> Result<(), Invalid> {
        let room = topic.name().strip_prefix(HERE_PREFIX).map(str::to_owned);
        if room.is_some() && topic.is_prefix() {
            return Err(Invalid::new(
                "topic",
                "is a prefix of state topics, which are followed by name",
            ));
        }
        let known = match &room {
            Some(room) => self.here.contains(room),
            None => self.topics.contains(&topic),
        };
        if known {
            return Ok(());
        }
        if self.topics.len() + self.here.len() == MOST_TOPICS {
            let most = format!("comes too often; {MOST_TOPICS} are allowed");
            return Err(Invalid::new("topic", most));
        }
        match room {
            Some(room) => self.here.push(room),
            None => self.topics.push(topic),
        }
        Ok(())
    }
}

/// Reads a switch in a query: alone, `1` and `true` are on, `0` and `false` are off.
///
/// # Errors
/// Anything else.
pub(crate) fn switch(field: &'static str, value: &str) -> Result<bool, Invalid> {
    match value {
        "" | "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Invalid::new(field, "is none of 1, true, 0 and false")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(query: &str) -> Request {
        Request::read(query, &HeaderMap::new()).unwrap()
    }

    #[test]
    fn nothing_asked_is_the_time_and_the_readers() {
        assert_eq!(read(""), Request { time: true, readers: true, ..Request::default() });
        assert_eq!(read("_=1795324681"), read(""));
    }

    #[test]
    fn topics_are_followed_once_each() {
        let request = read("topic=a&topic=chat%2Flobby&topic=time&topic=a");
        assert_eq!(
            request.topics.iter().map(Selector::name).collect::<Vec<_>>(),
            ["a", "chat/lobby"]
        );
        assert!(request.time && !request.readers && !request.status);
        assert!(read("topic=status").is_status_alone());
        let beside = read("topic=status&topic=time");
        assert!(beside.status && !beside.is_status_alone());
        assert!(!read("topic=status&topic=a").is_status_alone());
        assert!(!read("topic=status&topic=here/a").is_status_alone());
    }

    #[test]
    fn a_topic_may_be_of_an_earlier_version() {
        let request = read("topic=cafe%CC%81&topic=caf%C3%A9&topic=a%EF%B8%8F");
        let topics: Vec<_> = request.topics.iter().map(Selector::name).collect();
        assert_eq!(topics, ["café", "cafe\u{301}", "a\u{fe0f}"]);
    }

    #[test]
    fn who_is_in_a_room_is_asked_of_no_log() {
        let request = read("topic=here/lobby&topic=here%2Fa/b&topic=here&topic=here/lobby");
        assert_eq!(request.here, ["lobby", "a/b"]);
        assert_eq!(request.topics.iter().map(Selector::name).collect::<Vec<_>>(), ["here"]);
    }

    #[test]
    fn the_cursor_is_understood_by_every_name_and_an_empty_one_is_none() {
        for name in CURSOR_NAMES {
            assert_eq!(read(&format!("{name}=x-1")).cursor.as_deref(), Some("x-1"));
            assert_eq!(read(&format!("{name}=")).cursor, None);
        }
        // What is no text is no cursor; a browser that is refused would not come back.
        assert_eq!(read("last_event_id=%ff").cursor.as_deref(), Some("\u{fffd}"));
        let mut headers = HeaderMap::new();
        headers.insert("last-event-id", HeaderValue::from_static(""));
        let read =
            |headers: &HeaderMap| Request::read("last_event_id=query", headers).unwrap().cursor;
        assert_eq!(read(&headers).as_deref(), Some("query"));
        headers.insert("last-event-id", HeaderValue::from_static("header"));
        assert_eq!(read(&headers).as_deref(), Some("header"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let field = |query: &str| Request::read(query, &HeaderMap::new()).unwrap_err().field;
        assert_eq!(field("topic=a%0Ab"), "topic");
        assert_eq!(field("topic=%ff"), "topic");
        assert_eq!(field("topic="), "topic");
        assert_eq!(field("last=maybe"), "last");
        assert_eq!(field("format=xml"), "format");
        let many: String = (0..=MOST_TOPICS).map(|n| format!("topic={n}&")).collect();
        assert_eq!(field(&many), "topic");
        let half = |of: &str| (0..50).map(|n| format!("topic={of}{n}&")).collect::<String>();
        let full = half("here/") + &half("a");
        assert_eq!(read(&full).here.len(), 50);
        assert_eq!(field(&(full.clone() + "topic=here/more")), "topic");
        assert_eq!(field(&(full + "topic=more")), "topic");
    }
}
