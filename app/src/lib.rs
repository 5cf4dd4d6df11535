//! What both halves of Belfry render. It does no I/O, reads no clock and has no `cfg`: the server hands in
//! the page's data ([`Snapshot`](wire::page_data::Snapshot)), the browser a way to subscribe ([`Subscribe`]).
//!
//! - [`stream`]: what the stream says; [`feed`]: the same as signals; [`link`]: the state of the connection
//! - [`seams`]: what the browser's half gives to pages, by what it can do
//! - [`pages`]: the pages; [`page`], [`address`]: which there are, and where
//! - a new chart of the status page: `pages/status/host.rs` or `belfry.rs`, from a column of [`wire::trend`]
//! - [`components`]: what pages are made of; [`erased`]: their closures, in a few types
//! - [`text`]: every word: those of the chat, the console, the status page, the footer (`document.rs`) and of
//!   signing in (`identity.rs`) in a file each, both languages in it; all others, such as the time page's, by
//!   name in `text/table.rs`, and then in `text/english.rs` and `text/chinese.rs`
//! - `number`, `lengths`, [`quantity`], [`writing`]: numbers, lengths of time, units and instants in words
//! - [`command`]: command lines to copy
//! - [`first`]: the script that runs before the wasm is there

#![forbid(unsafe_code)]

pub mod address;
pub mod command;
pub mod erased;
pub mod feed;
pub mod first;
mod lengths;
pub mod link;
mod number;
pub mod page;
pub mod quantity;
pub mod seams;
pub mod stream;
pub mod text;

pub mod components;
pub mod pages;
pub mod writing;

pub use feed::{Feed, Subscribe};
pub use link::Link;
pub use page::Page;
pub use pages::App;
