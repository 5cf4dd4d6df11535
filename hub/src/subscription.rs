//! A subscription: one reader, its position in the log and the state topics that it follows.
//!
//! ```text
//! request → beginning → machine: next(now, limit) → bytes, or until when and for what to wait
//!                          ├ position, selection: the events of the log
//!                          ├ states: the state topics, which wake who drives it
//!                          └ resting: what is left of it while others send in its stead
//! ```

mod beginning;
mod lost;
mod machine;
mod now;
mod position;
mod request;
mod resting;
mod selection;
mod states;
#[cfg(test)]
mod tests;

pub(crate) use beginning::{FirstPage, begin};
pub(crate) use machine::{Next, Subscription};
pub(crate) use now::Now;
pub(crate) use position::Wanted;
pub use request::{Refused, Request};
pub(crate) use resting::Resting;
pub(crate) use selection::{CHUNK, Follows};
pub(crate) use states::{Granted, States};
