//! What the tabs tell each other, and how it is written as strings.

use app::{
    link::{Link, Mono},
    stream::{Start, StreamEvent},
};
use wire::{
    cursor::{Cursor, Span},
    event::Envelope,
};

/// Stands between topics, and between epochs, which hold no control characters.
const BETWEEN: char = '\n';

/// Something that one tab tells all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabMessage {
    /// The tab that sends it.
    pub from: String,
    /// Counts what a tab sends, so that a lost message is noticed.
    pub number: u32,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A tab is present.
    Present {
        /// The topics that it follows.
        topics: Vec<String>,
        /// The position in the log up to which it has everything.
        after: Option<Cursor>,
        /// It wants to be told where the stream stands.
        asks: bool,
    },
    /// A tab has left.
    Gone,
    /// The leader's stream says something. The instants of a connection are relative to now.
    Stream(StreamEvent),
}

impl TabMessage {
    /// The message as strings, which a channel carries.
    #[must_use]
    pub fn write(self) -> Vec<String> {
        let mut row = vec![String::new(), self.from, self.number.to_string()];
        let kind = match self.body {
            Body::Present { topics, after, asks } => {
                row.extend([join(&topics), position(after), flag(asks)]);
                "present"
            }
            Body::Gone => "gone",
            Body::Stream(event) => write_event(event, &mut row),
        };
        row[0] = kind.to_owned();
        row
    }

    /// Reads what [`TabMessage::write`] wrote; `None` where that was another version of this program.
    #[must_use]
    pub fn read(row: Vec<String>) -> Option<Self> {
        let length = row.len();
        let mut row = row.into_iter();
        let mut next = || row.next().unwrap_or_default();
        let (kind, from, number) = (next(), next(), next());
        let (body, fields) = match kind.as_str() {
            "present" => {
                let (topics, after) = (split(&next()), Cursor::parse(&next()));
                (Body::Present { topics, after, asks: is_set(&next()) }, 3)
            }
            "gone" => (Body::Gone, 0),
            kind => {
                let (event, fields) = read_event(kind, &mut next)?;
                (Body::Stream(event), fields)
            }
        };
        (length == 3 + fields).then_some(())?;
        Some(Self { from, number: number.parse().ok()?, body })
    }
}

fn write_event(event: StreamEvent, row: &mut Vec<String>) -> &'static str {
    match event {
        StreamEvent::Start(Start { identity, topics, after, spans }) => {
            let spans = spans.iter().map(|it| format!("{}-{}", it.epoch, it.after));
            let spans: Vec<_> = spans.collect();
            row.extend([identity, join(&topics), position(after), join(&spans)]);
            "start"
        }
        StreamEvent::Event { envelope, reached } => {
            let Envelope { id, event_type, topics, data, at, private } = envelope;
            let id = id.unwrap_or_default();
            row.extend([id, event_type, join(&topics), data, at, flag(private), position(reached)]);
            "event"
        }
        StreamEvent::Gap { reached } => {
            row.push(position(reached));
            "gap"
        }
        StreamEvent::Connection { link, tabs } => {
            let (name, at) = written(link);
            let tabs = tabs.map(|tabs| tabs.to_string()).unwrap_or_default();
            row.extend([name.to_owned(), at.to_string(), tabs]);
            "connection"
        }
    }
}

/// An event, and how many strings it was written as.
fn read_event(kind: &str, next: &mut dyn FnMut() -> String) -> Option<(StreamEvent, usize)> {
    Some(match kind {
        "start" => {
            let (identity, topics, after) = (next(), split(&next()), Cursor::parse(&next()));
            let spans = split(&next()).iter().map(|it| span(it)).collect::<Option<_>>()?;
            (StreamEvent::Start(Start { identity, topics, after, spans }), 4)
        }
        "event" => {
            let envelope = Envelope {
                id: Some(next()).filter(|id| !id.is_empty()),
                event_type: next(),
                topics: split(&next()),
                data: next(),
                at: next(),
                private: is_set(&next()),
            };
            (StreamEvent::Event { envelope, reached: Cursor::parse(&next()) }, 7)
        }
        "gap" => (StreamEvent::Gap { reached: Cursor::parse(&next()) }, 1),
        "connection" => {
            let (name, at) = (next(), next().parse().ok()?);
            let link = link(&name, at)?;
            (StreamEvent::Connection { link, tabs: next().parse().ok() }, 3)
        }
        _ => return None,
    })
}

fn position(cursor: Option<Cursor>) -> String {
    cursor.map(|cursor| cursor.to_string()).unwrap_or_default()
}

fn flag(flag: bool) -> String {
    u8::from(flag).to_string()
}

fn is_set(flag: &str) -> bool {
    flag == "1"
}

fn join(texts: &[String]) -> String {
    texts.join("\n")
}

fn split(texts: &str) -> Vec<String> {
    texts.split(BETWEEN).filter(|text| !text.is_empty()).map(ToOwned::to_owned).collect()
}

fn span(text: &str) -> Option<Span> {
    let (epoch, after) = text.rsplit_once('-')?;
    Some(Span { epoch: epoch.to_owned(), after: after.parse().ok()? })
}

fn written(link: Link) -> (&'static str, Mono) {
    match link {
        Link::Opening => ("opening", 0),
        Link::Live => ("live", 0),
        Link::Waiting { until } => ("waiting", until),
        Link::Silent { since } => ("silent", since),
    }
}

fn link(name: &str, at: Mono) -> Option<Link> {
    Some(match name {
        "opening" => Link::Opening,
        "live" => Link::Live,
        "waiting" => Link::Waiting { until: at },
        "silent" => Link::Silent { since: at },
        _ => return None,
    })
}

// proptest does not run on wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn event() -> impl Strategy<Value = StreamEvent> {
        let topics = || vec("[a-z/é时]{1,9}", 0..4);
        let spans = ("[A-Z2-7]{13}", any::<u64>()).prop_map(|(epoch, after)| Span { epoch, after });
        let link = prop_oneof![
            Just(Link::Opening),
            Just(Link::Live),
            any::<i64>().prop_map(|until| Link::Waiting { until }),
            any::<i64>().prop_map(|since| Link::Silent { since }),
        ];
        let id = option::of("[A-Z]{3}-[0-9]{1,9}");
        let envelope =
            (id, any::<String>(), topics(), any::<String>(), any::<String>(), any::<bool>());
        let envelope = envelope.prop_map(|(id, event_type, topics, data, at, private)| Envelope {
            id,
            event_type,
            topics,
            data,
            at,
            private,
        });
        prop_oneof![
            ("[a-z]{0,9}", topics(), position(), vec(spans, 0..4)).prop_map(
                |(identity, topics, after, spans)| StreamEvent::Start(Start {
                    identity,
                    topics,
                    after,
                    spans
                })
            ),
            (envelope, position())
                .prop_map(|(envelope, reached)| StreamEvent::Event { envelope, reached }),
            position().prop_map(|reached| StreamEvent::Gap { reached }),
            (link, any::<Option<u32>>())
                .prop_map(|(link, tabs)| StreamEvent::Connection { link, tabs }),
        ]
    }

    fn position() -> impl Strategy<Value = Option<Cursor>> {
        option::of("[A-Z]{3}-[1-9][0-9]{0,8}".prop_map(|text| Cursor::parse(&text).unwrap()))
    }

    fn body() -> impl Strategy<Value = Body> {
        prop_oneof![
            (vec("[a-z/é时]{1,9}", 0..4), position(), any::<bool>())
                .prop_map(|(topics, after, asks)| Body::Present { topics, after, asks }),
            Just(Body::Gone),
            event().prop_map(Body::Stream),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(from in "[a-z0-9]{1,8}", number: u32, body in body()) {
            let message = TabMessage { from, number, body };
            prop_assert_eq!(TabMessage::read(message.clone().write()), Some(message));
        }

        #[test]
        fn what_another_version_wrote_is_no_message(
            strings in vec(any::<String>(), 0..12),
            message in body(),
            more: bool,
        ) {
            prop_assert_eq!(TabMessage::read(strings), None);
            let mut row = TabMessage { from: String::new(), number: 0, body: message }.write();
            if more { row.push(String::new()) } else { row.truncate(row.len() - 1) }
            prop_assert_eq!(TabMessage::read(row), None);
        }
    }
}
