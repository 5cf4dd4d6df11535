//! How a program is asked for a stream, and how it is published to.

/// The parts of requests that differ.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// The path of a stream of these topics.
    pub(super) stream: fn(&[String]) -> String,
    /// The path at which a topic is published to.
    pub(super) publish: fn(&str) -> String,
    pub(super) content_type: &'static str,
    /// What is sent for a topic and some data.
    pub(super) body: fn(&str, &str) -> String,
}

impl Dialect {
    /// Belfry's own; the raw broadcaster knows it too.
    pub(super) const BELFRY: Self = Self {
        stream: |topics| {
            let topics: Vec<_> = topics.iter().map(|topic| format!("topic={topic}")).collect();
            format!("/sse?{}", topics.join("&"))
        },
        publish: |topic| format!("/topics/{topic}"),
        content_type: "text/plain",
        body: |_, data| data.into(),
    };
}
