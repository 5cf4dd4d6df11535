//! What tabs tell each other: a letter goes in, a row of strings comes out, and back.

use app::{
    event::Span,
    link::{Link, Mono},
};

/// Stands between topics, and between epochs, which hold no control characters.
const BETWEEN: char = '\n';

/// A letter as strings, which a channel carries.
pub type Row = [String; 6];

/// What a stream covers: every event of some topics after a place comes from here on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covering {
    /// The topics of the stream.
    pub topics: Vec<String>,
    /// The place; `None` where the stream has not been given one.
    pub after: Option<String>,
    /// The epochs of the log, as far as the stream was told.
    pub spans: Vec<Span>,
}

/// Something that one tab tells all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The tab that wrote it.
    pub from: String,
    /// Counts what a leader tells, so that a lost letter is noticed.
    pub number: u32,
    /// What it says.
    pub says: Says,
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// A tab is here.
    Here {
        /// The topics that it follows.
        topics: Vec<String>,
        /// The place in the log up to which it has everything.
        after: Option<String>,
        /// It wants to be told where the stream stands.
        asks: bool,
    },
    /// A tab has left.
    Gone,
    /// The stream delivered an event.
    Event {
        /// The JSON of an [`Envelope`](app::event::Envelope).
        json: String,
        /// The stream has told everything up to here.
        reached: Option<String>,
    },
    /// The stream said that events are missing, and goes on after this place.
    Gap(Option<String>),
    /// What the stream brings from here on.
    Covering(Covering),
    /// The leader lives.
    Beat {
        /// The state of its connection. Its instants are relative to now.
        link: Link,
        /// How many tabs there are.
        tabs: u32,
    },
}

impl Letter {
    /// The letter as strings.
    #[must_use]
    pub fn write(self) -> Row {
        let (kind, first, second, third) = match self.says {
            Says::Here { topics, after, asks } => {
                ("here", join(&topics), text(after), u8::from(asks).to_string())
            }
            Says::Gone => ("gone", String::new(), String::new(), String::new()),
            Says::Event { json, reached } => ("event", json, text(reached), String::new()),
            Says::Gap(reached) => ("gap", text(reached), String::new(), String::new()),
            Says::Covering(Covering { topics, after, spans }) => {
                let spans = spans.iter().map(|it| format!("{}-{}", it.epoch, it.after));
                let spans: Vec<_> = spans.collect();
                ("covering", join(&topics), text(after), join(&spans))
            }
            Says::Beat { link, tabs } => {
                let (name, at) = written(link);
                ("beat", name.to_owned(), at.to_string(), tabs.to_string())
            }
        };
        [kind.to_owned(), self.from, self.number.to_string(), first, second, third]
    }

    /// Reads what [`Letter::write`] wrote; `None` where that was another version of this program.
    #[must_use]
    pub fn read([kind, from, number, first, second, third]: Row) -> Option<Self> {
        let maybe = |text: String| Some(text).filter(|text| !text.is_empty());
        let says = match kind.as_str() {
            "here" => {
                Says::Here { topics: split(&first), after: maybe(second), asks: third == "1" }
            }
            "gone" => Says::Gone,
            "event" => Says::Event { json: first, reached: maybe(second) },
            "gap" => Says::Gap(maybe(first)),
            "covering" => {
                let spans = split(&third).iter().map(|it| span(it)).collect::<Option<_>>()?;
                Says::Covering(Covering { topics: split(&first), after: maybe(second), spans })
            }
            "beat" => {
                let link = link(&first, second.parse().ok()?)?;
                Says::Beat { link, tabs: third.parse().ok()? }
            }
            _ => return None,
        };
        Some(Self { from, number: number.parse().ok()?, says })
    }
}

fn text(text: Option<String>) -> String {
    text.unwrap_or_default()
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
    use proptest::{array::uniform6, collection::vec, option, prelude::*};

    use super::*;

    fn says() -> impl Strategy<Value = Says> {
        let topics = || vec("[a-z/é时]{1,9}", 0..4);
        let after = || option::of("[A-Z]{3}-[0-9]{1,9}");
        let spans = ("[A-Z2-7]{13}", any::<u64>()).prop_map(|(epoch, after)| Span { epoch, after });
        let link = prop_oneof![
            Just(Link::Opening),
            Just(Link::Live),
            any::<i64>().prop_map(|until| Link::Waiting { until }),
            any::<i64>().prop_map(|since| Link::Silent { since }),
        ];
        prop_oneof![
            (topics(), after(), any::<bool>()).prop_map(|(topics, after, asks)| Says::Here {
                topics,
                after,
                asks
            }),
            Just(Says::Gone),
            (any::<String>(), after()).prop_map(|(json, reached)| Says::Event { json, reached }),
            after().prop_map(Says::Gap),
            (topics(), after(), vec(spans, 0..4)).prop_map(|(topics, after, spans)| {
                Says::Covering(Covering { topics, after, spans })
            }),
            (link, any::<u32>()).prop_map(|(link, tabs)| Says::Beat { link, tabs }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(from in "[a-z0-9]{1,8}", number: u32, says in says()) {
            let letter = Letter { from, number, says };
            prop_assert_eq!(Letter::read(letter.clone().write()), Some(letter));
        }

        #[test]
        fn what_another_version_wrote_is_no_letter(strings in uniform6(any::<String>())) {
            prop_assert_eq!(Letter::read(strings), None);
        }
    }
}
