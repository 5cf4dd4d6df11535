//! What both halves of Belfry know. An event leaves the server as bytes that this crate names and
//! encodes, and becomes a signal that this crate's views print:
//!
//! ```text
//! server: clock → hub → sse  ⇢ the wire ⇢  frontend: source → app: feed → view
//! ```
//!
//! It does no I/O, reads no clock and has no `cfg`: the server gives the page what it is born with
//! ([`feed::Snapshot`]), the browser gives it a way to subscribe ([`feed::Subscribe`]).

#![forbid(unsafe_code)]

pub mod address;
mod changing;
pub mod chat;
pub mod command;
pub mod cursor;
pub mod event;
pub mod feed;
pub mod first;
pub mod follow;
pub mod language;
pub mod link;
pub mod page;
pub mod quantity;
pub mod read;
pub mod status;
pub mod talk;
pub mod text;
pub mod tick;

pub mod components;
pub mod pages;
pub mod writing;

pub use event::ProbeReply;
pub use feed::{Feed, Snapshot, Subscribe};
pub use language::Language;
pub use link::Link;
pub use page::Page;
pub use pages::{App, Navigate};
pub use tick::Tick;
