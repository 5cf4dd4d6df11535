//! The outlets of a stream: each drives a subscription, and does its waiting.
//!
//! ```text
//! subscription → driver ┬→ body                                        ⇢ whatever HTTP it is
//!                       └→ handover → catch_up ⇄ writer, with a socket  ⇢ HTTP/1.1, also over TLS
//! ```
//!
//! - `driver`: what is to be sent next, and what to wait for; `coming`: what it fetches; `rested`: what is left of it
//!   while a writer sends
//! - `body`: the body of an answer
//! - `handover`: hands an answer to the edge, which takes the socket back from HTTP; `socket`: what that is here;
//!   `sent`: counts bytes
//! - `catch_up`: a task that sends to a socket what there is already
//! - `writer`: threads that send to all sockets what comes then

mod body;
mod catch_up;
mod coming;
mod driver;
mod handover;
mod rested;
mod sent;
mod socket;
mod writer;

pub(super) use driver::Driver;
pub use driver::StreamAge;
pub use handover::{Handover, WithSocket};
pub use sent::Sent;
pub use socket::{Awake, Parked};
pub use writer::Writers;
