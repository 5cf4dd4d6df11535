//! What both halves of Belfry say to each other. It does no I/O, reads no clock and has no `cfg`; what both
//! *show* is in `app`.
//!
//! - [`paths`]: where the server answers what
//! - [`parameters`]: the names of query parameters and form fields
//! - [`headers`]: the names of headers that several crates use and no library knows
//! - [`limits`]: how much, how many and how long; what a text or name of the chat may be is in [`chat`], from
//!   when on the server counts as unwell in [`status`]
//! - [`percent`]: which characters are percent-encoded in an address
//! - [`topics`]: the names of the server's own topics, and [which those are](topics::is_servers_own); what it
//!   answers at `/topics`
//! - [`cursor`]: a place in the log, and which of two comes first
//! - [`event`]: an event as readers get it in JSON, and the types of the server's own; a new field: here, in
//!   the hub's `frame.rs`, which fills it in, and in the frontend's `tabs/message.rs`, which passes it on
//! - [`session`]: what a stream says of itself at its beginning
//! - [`tick`]: the server's time
//! - [`probe`]: what the clock probe is told
//! - [`status`]: the server's health
//! - [`trend`]: its last minutes, which are plotted
//! - [`chat`]: what is said in a room, and who is there
//! - [`identity`]: who a browser is to the server
//! - [`language`]: the languages of the pages
//! - [`page_data`]: the data of a page
//! - [`problem`]: the form of a problem; what can go wrong is said where a request is read
//! - [`read`]: reading these types in the browser

#![forbid(unsafe_code)]

pub mod chat;
pub mod cursor;
pub mod event;
pub mod headers;
pub mod identity;
pub mod language;
pub mod limits;
pub mod page_data;
pub mod parameters;
pub mod paths;
pub mod percent;
pub mod probe;
pub mod problem;
pub mod read;
pub mod session;
pub mod status;
pub mod tick;
pub mod topics;
pub mod trend;
