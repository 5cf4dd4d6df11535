//! The tabs of one browser, which share one stream.

pub(crate) mod channel;
pub mod leader;
pub(crate) mod lock;
pub(crate) mod members;
pub(crate) mod message;
