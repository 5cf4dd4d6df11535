//! Parses what a reader asks for from its query and headers.

use std::borrow::Cow;

use axum::http::HeaderMap;
use wire::{
    event::MESSAGE,
    headers,
    parameters::{FORMAT, JSON, LAST, LAST_EVENT_ID, SESSION, TOPIC},
    topics::{READERS, TIME},
};

use crate::{
    event::Invalid,
    frame::Format,
    http::{
        problem::Problem,
        query::{parameters, switch},
    },
    selector::Selector,
    state_topics::StateTopics,
};

/// Names under which EventSource clients put the cursor into the query.
const CURSOR_NAMES: [&str; 4] = [LAST_EVENT_ID, "lastEventId", "lastEventID", "Last-Event-ID"];

/// What a reader asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The state topics, in the order in which they are registered.
    pub states: Vec<String>,
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

/// Why a request cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is invalid.
    Invalid(Invalid),
    /// It names more topics than this.
    TooManyTopics(usize),
}

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid(invalid) => invalid.into(),
            Refused::TooManyTopics(most) => {
                Invalid::new(TOPIC, format!("must be given at most {most} times")).into()
            }
        }
    }
}

impl Request {
    /// Reads the query and the `Last-Event-ID` header, which takes precedence: `most` topics, and the state topics
    /// that have a name of their own. Unknown parameters are ignored: clients add their own to avoid caches.
    ///
    /// # Errors
    /// An invalid topic, format or switch, and too many topics. A cursor is never an error, not even if it is not UTF-8: a
    /// browser would not come back.
    pub fn read(
        query: &str,
        headers: &HeaderMap,
        states: &StateTopics,
        most: usize,
    ) -> Result<Self, Refused> {
        let mut request = Self::default();
        let (mut asked, mut cursor) = (Vec::new(), None);
        for (name, value) in parameters(query) {
            match &*name {
                TOPIC => asked.push(value.text(TOPIC)?),
                LAST => request.last = switch(LAST, &value.text(LAST)?)?,
                SESSION => request.session = switch(SESSION, &value.text(SESSION)?)?,
                FORMAT => {
                    request.format = match &*value.text(FORMAT)? {
                        JSON => Format::Json,
                        "" | MESSAGE => Format::Message,
                        _ => return Err(Invalid::new(FORMAT, "must be json or message").into()),
                    }
                }
                name if CURSOR_NAMES.contains(&name) => {
                    let said = Some(value.lossy().into_owned()).filter(|said| !said.is_empty());
                    cursor = cursor.or(said);
                }
                _ => {}
            }
        }
        if asked.is_empty() {
            asked.extend([TIME, READERS].map(Cow::Borrowed));
        }
        request.follow(&asked, states, most)?;
        let header = headers.get(headers::LAST_EVENT_ID).filter(|value| !value.is_empty());
        let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        request.cursor = header.or(cursor);
        Ok(request)
    }

    /// Follows topics, each once.
    fn follow(
        &mut self,
        names: &[Cow<'_, str>],
        states: &StateTopics,
        most: usize,
    ) -> Result<(), Refused> {
        let mut followed = Vec::new();
        let mut many = 0;
        for name in names {
            let found = states.find(name);
            let topics = match &found {
                None => Selector::meant_by(name)?,
                // It has a form of its own.
                Some(_) => vec![Selector::exactly(name)?],
            };
            for topic in topics {
                if found.is_some() && topic.is_prefix() {
                    let reason = "must not be a prefix of state topics; follow each by its name";
                    return Err(Invalid::new(TOPIC, reason).into());
                }
                if followed.iter().any(|(_, known)| *known == topic) {
                    continue;
                }
                if found.as_ref().is_none_or(|(_, state)| state.is_prefix()) {
                    if many == most {
                        return Err(Refused::TooManyTopics(most));
                    }
                    many += 1;
                }
                followed.push((found.as_ref().map(|(place, _)| *place), topic));
            }
        }
        // Those of the log come first, and keep their order.
        followed.sort_by_key(|(place, _)| *place);
        for (place, topic) in followed {
            match place {
                None => self.topics.push(topic),
                Some(_) => self.states.push(topic.name().to_owned()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::http::HeaderValue;

    use super::*;
    use crate::{
        grant::Grant,
        state_topics::{Access, Followed, StateTopic},
    };

    const MOST: usize = 100;

    #[derive(Debug)]
    struct Silent;

    impl StateTopic for Silent {
        fn access(&self, _: &str, _: &Grant) -> Access {
            Access::Everybody
        }

        fn follow(&self, _: &str) -> Followed {
            unreachable!("nobody subscribes")
        }
    }

    fn try_to_read(query: &str, headers: &HeaderMap) -> Result<Request, Refused> {
        let states = StateTopics::default();
        for name in ["time", "readers", "status", "here/*"] {
            states.register(Selector::new(name).unwrap(), Arc::new(Silent));
        }
        Request::read(query, headers, &states, MOST)
    }

    fn read(query: &str) -> Request {
        try_to_read(query, &HeaderMap::new()).unwrap()
    }

    #[test]
    fn nothing_asked_is_the_time_and_the_readers() {
        let states = vec!["time".into(), "readers".into()];
        assert_eq!(read(""), Request { states, ..Request::default() });
        assert_eq!(read("_=1795324681"), read(""));
    }

    #[test]
    fn topics_are_followed_once_each() {
        let request = read("topic=a&topic=chat%2Flobby&topic=time&topic=a");
        assert_eq!(
            request.topics.iter().map(Selector::name).collect::<Vec<_>>(),
            ["a", "chat/lobby"]
        );
        assert_eq!(request.states, ["time"]);
        assert_eq!(read("topic=status").states, ["status"]);
        // In the order of their registration, and not as they were asked for.
        let beside = read("topic=here/b&topic=status&topic=a&topic=here/a&topic=time");
        assert_eq!(beside.states, ["time", "status", "here/b", "here/a"]);
        assert_eq!(beside.topics.len(), 1);
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
        assert_eq!(request.states, ["here/lobby", "here/a/b"]);
        assert_eq!(request.topics.iter().map(Selector::name).collect::<Vec<_>>(), ["here"]);
    }

    #[test]
    fn the_cursor_is_understood_by_every_name_and_an_empty_one_is_none() {
        for name in CURSOR_NAMES {
            assert_eq!(read(&format!("{name}=x-1")).cursor.as_deref(), Some("x-1"));
            assert_eq!(read(&format!("{name}=")).cursor, None);
        }
        // What is not text is not a cursor; a browser that is refused would not come back.
        assert_eq!(read("last_event_id=%ff").cursor.as_deref(), Some("\u{fffd}"));
        let mut headers = HeaderMap::new();
        headers.insert("last-event-id", HeaderValue::from_static(""));
        let read =
            |headers: &HeaderMap| try_to_read("last_event_id=query", headers).unwrap().cursor;
        assert_eq!(read(&headers).as_deref(), Some("query"));
        headers.insert("last-event-id", HeaderValue::from_static("header"));
        assert_eq!(read(&headers).as_deref(), Some("header"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let refused = |query: &str| try_to_read(query, &HeaderMap::new()).unwrap_err();
        let field = |query: &str| match refused(query) {
            Refused::Invalid(invalid) => invalid.field,
            Refused::TooManyTopics(most) => panic!("more than {most}"),
        };
        assert_eq!(field("topic=a%0Ab"), "topic");
        assert_eq!(field("topic=%ff"), "topic");
        assert_eq!(field("topic="), "topic");
        assert_eq!(field("last=maybe"), "last");
        assert_eq!(field("format=xml"), "format");
    }

    #[test]
    fn topics_are_counted_but_not_those_of_the_server_with_a_name_of_their_own() {
        let is_too_much = |query: &str| {
            let refused = try_to_read(query, &HeaderMap::new()).unwrap_err();
            refused == Refused::TooManyTopics(MOST)
        };
        let many: String = (0..=MOST).map(|n| format!("topic={n}&")).collect();
        assert!(is_too_much(&many));
        let half = |of: &str| (0..50).map(|n| format!("topic={of}{n}&")).collect::<String>();
        let full = half("here/") + &half("a");
        assert_eq!(read(&full).states.len(), 50);
        // The others have a name of their own.
        assert_eq!(read(&(full.clone() + "topic=time&topic=status")).states.len(), 52);
        assert!(is_too_much(&(full.clone() + "topic=here/more")));
        assert!(is_too_much(&(full + "topic=more")));
    }
}
