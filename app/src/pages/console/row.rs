//! A row of the console: an event, a gap or a purge, shown as text whatever it holds.

use std::sync::Arc;

use leptos::{either::Either, prelude::*};
use wire::{
    event::{Envelope, MESSAGE, PURGED},
    status::float,
    tick::Tick,
};

use crate::{
    erased::words, feed::Feed, pages::moment::clock, quantity::Unit, stream::StreamEvent,
    text::text, writing::Writing,
};

/// Data of more characters, or lines, than this is folded.
const SHORT: usize = 400;
const SHORT_LINES: usize = 8;

/// Data of more characters than this is cut: it would fill the page's memory.
const LONGEST: usize = 16 * 1024;

/// The number of characters of data that are read out.
const SPOKEN: usize = 200;

/// Something that was heard. A cheap handle.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its key: counts what was heard, by the page or before it.
    pub number: u32,
    /// What it is; `None` where events are missing.
    envelope: Option<Arc<Envelope>>,
    /// How many bytes of data it was published with.
    size: u64,
}

impl Event {
    /// What was heard, its data cut to what a page can bear.
    pub fn new(number: u32, heard: StreamEvent) -> Self {
        let StreamEvent::Event { mut envelope, .. } = heard else {
            return Self { number, envelope: None, size: 0 };
        };
        let size = envelope.data.len() as u64;
        if let Some((end, _)) = envelope.data.char_indices().nth(LONGEST) {
            envelope.data.truncate(end);
            envelope.data.shrink_to_fit();
        }
        Self { number, envelope: Some(Arc::new(envelope)), size }
    }

    /// What is said in the place of an event: that some are missing, or were removed.
    pub fn notice(&self) -> Option<&'static str> {
        let words = text().console;
        match self.envelope.as_deref() {
            None => Some(words.gap),
            Some(event) => (event.event_type == PURGED).then_some(words.purged),
        }
    }

    /// What a screen reader is told about it: its beginning.
    pub fn beginning(&self) -> String {
        self.envelope.iter().flat_map(|event| event.data.chars()).take(SPOKEN).collect()
    }

    /// The event's cursor.
    pub fn id(&self) -> Option<&str> {
        self.envelope.as_ref()?.id.as_deref()
    }

    /// The data, as far as it is kept.
    #[cfg(test)]
    pub fn data(&self) -> Option<&str> {
        self.envelope.as_ref().map(|envelope| &*envelope.data)
    }
}

/// The row of an event, of a gap, or of a purge.
#[component]
pub fn EventRow(
    /// The topic that is listed.
    topic: StoredValue<String>,
    /// What was heard.
    row: Event,
) -> impl IntoView {
    let words = text().console;
    let notice = row.notice();
    let Event { envelope, size, .. } = row;
    let Some(envelope) = envelope.filter(|_| notice.is_none()) else {
        return Either::Left(view! { <li class="gap">{notice}</li> });
    };
    let Envelope { event_type, topics, data, at, private, .. } = Arc::unwrap_or_clone(envelope);
    let tag = (event_type != MESSAGE).then(|| view! { <b class="tag">{event_type}</b> });
    let private = private.then(|| view! { <span class="private">{words.private}</span> });
    let others: Vec<_> = topics.into_iter().filter(|it| *it != *topic.read_value()).collect();
    let others = (!others.is_empty()).then(|| {
        // Of a prefix, none is the one that is listed.
        let also = if topic.read_value().ends_with('*') { "" } else { words.topics };
        view! { <span class="topics">{also}" "{others.join(", ")}</span> }
    });
    let about = (tag.is_some() || private.is_some() || others.is_some())
        .then(|| view! { <p class="about">{tag}{private}{others}</p> });
    Either::Right(view! {
        <li>
            {about}
            <When at/>
            {written(data, size)}
        </li>
    })
}

/// When an event was published, in the visitor's zone.
#[component]
fn When(at: String) -> impl IntoView {
    let writing = expect_context::<Feed>().writing;
    let tick = at.parse::<Tick>().ok();
    let said = move |say: fn(&Writing, Tick) -> String| {
        words(move || tick.map_or_else(String::new, |tick| say(&writing.read(), tick)))
    };
    let (date, time) = (said(|writing, tick| (writing.date)(tick)), said(clock));
    view! { <time datetime=at><span class="day">{date}</span>" "{time}</time> }
}

/// The data: folded where it is long.
fn written(data: String, size: u64) -> impl IntoView {
    let words = text().console;
    let said = Unit::Bytes.amount(float(size)).to_string();
    let cut = (size > data.len() as u64).then(|| view! { <p class="cut">{(words.cut)(&said)}</p> });
    match fold(&data) {
        None => Either::Left(view! { <pre class="written">{data}</pre> }),
        Some(end) => {
            let beginning = format!("{}…", &data[..end]);
            Either::Right(view! {
                <details>
                    <summary>
                        <span class="written">{beginning}</span>
                        <span class="whole">{(words.whole)(&said)}</span>
                    </summary>
                    <pre class="written">{data}</pre>
                    {cut}
                </details>
            })
        }
    }
}

/// Where data is folded; `None` where it is short.
fn fold(data: &str) -> Option<usize> {
    let by_length = data.char_indices().nth(SHORT).map(|(at, _)| at);
    let by_lines = data.match_indices('\n').nth(SHORT_LINES - 1).map(|(at, _)| at);
    // A line's end at the very end folds nothing away.
    let by_lines = by_lines.filter(|&at| at + 1 < data.len());
    by_length.into_iter().chain(by_lines).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_data_is_folded_between_characters() {
        assert_eq!(fold("short"), None);
        assert_eq!(fold(&"é".repeat(SHORT)), None);
        assert_eq!(fold(&"é".repeat(SHORT + 1)), Some(2 * SHORT));
        assert_eq!(fold(&"\n".repeat(SHORT_LINES)), None);
        assert_eq!(fold(&"a\n".repeat(SHORT_LINES + 1)), Some(2 * SHORT_LINES - 1));
    }

    #[test]
    fn what_a_page_could_not_bear_is_cut() {
        let envelope = Envelope {
            id: None,
            event_type: MESSAGE.to_owned(),
            topics: Vec::new(),
            data: "é".repeat(LONGEST + 1),
            at: String::new(),
            private: false,
        };
        let event = Event::new(1, envelope.into());
        assert_eq!(event.data().map(str::len), Some(2 * LONGEST));
        assert_eq!(event.size, 2 * LONGEST as u64 + 2);
    }
}
