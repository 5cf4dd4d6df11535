//! A hub for any program: topics that are published to, kept on disk, and followed over Server-Sent Events,
//! and state topics of which only the newest value matters.
//!
//! ```text
//! events:  publish → hub → log → tail ─────────────┐
//!                                                  ├→ subscription → http ⇢ the reader
//! state:   time, readers, presence, your own ──────┘
//!          (state_topics)
//! ```
//!
//! A program opens a [`log`], makes a [`Hub`] of it, says with [`authorise`] who may do what, and adds the
//! [routes](http::router) to its own. It publishes with [`Hub::publish`]; `examples/embed` does all of it in
//! sixty lines, with its page. Nothing in here sets what belongs to the whole process.
//!
//! - [`event`]: what may be published, and what is [invalid](event::Invalid); [`selector`]: what a reader may follow
//! - [`cursor`], [`spans`]: positions in the log, and its epochs
//! - [`log`]: the durable record of events, on disk or in memory; [`tail`]: the newest of them
//! - [`state_topics`]: those of which only the newest value matters, registered by their owners; [`presence`]: who is in which room
//! - [`frame`]: the bytes of an event, as plain text or as the JSON of [`wire::event::Envelope`]
//! - [`hub`]: where all of these meet; [`clock`]: the time that it tells
//! - [`subscription`]: one reader, a machine that is asked for its next bytes
//! - [`grant`]: what somebody may do; [`authorise`]: who says so; [`digest`]: numbers that stand for texts
//! - [`routes`]: what the answers are made from; [`http`]: the answers, and in `http/stream.rs` the stream's
//!   headers
//! - a new problem: where the request is read that has it, the stream's in `subscription/request.rs`, the
//!   topics' in `http/topics.rs`, for a 400 as [`event::Invalid`]; a state topic's owner says why
//!   somebody may not follow it, in [`StateTopic::access`](state_topics::StateTopic::access); [`http::problem`] is the
//!   form of all
//! - [`client`]: who sends a request, by their [`network`]; [`budget`]: how much memory connections may hold;
//!   [`reading`]: the log within it
//! - [`counters`]: what is counted on an event's way, for the metrics of the program around it
//! - `written`: how names stand in JSON

#![forbid(unsafe_code)]

pub mod authorise;
pub mod budget;
pub mod client;
pub mod clock;
pub mod counters;
pub mod cursor;
pub mod digest;
pub mod event;
pub mod frame;
pub mod grant;
pub mod http;
pub mod hub;
pub mod log;
pub mod network;
pub mod presence;
pub mod reading;
pub mod routes;
pub mod selector;
pub mod spans;
pub mod state_topics;
pub mod subscription;
pub mod tail;
mod written;

pub use authorise::Authorise;
pub use clock::Clock;
pub use grant::Grant;
pub use hub::Hub;
pub use log::Log;
pub use routes::Routes;
