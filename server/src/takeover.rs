//! A takeover: a second server with the same data directory takes the place of the first while that runs, so
//! that no client notices.
//!
//! ```text
//! the successor                        the predecessor
//!   Hello                →
//!                        ←               Sockets, with their descriptors
//!   WantsLog             →               closes its log; appends wait
//!                        ←               LogIsFree
//!   opens the log
//!   Serves               →               accepts no more, sends its readers away, ends
//!   accepts connections
//!                        ←               Asks: what its last requests want of the log
//!   Answers              →
//! ```
//!
//! Until it has read `Serves`, the predecessor carries on as before if the successor ends, with the log opened
//! again. From then on the successor has everything.
//!
//! - [`offer`]: the predecessor's part; [`Predecessor`]: the successor's
//! - `message`: what they say, and its frames; `descriptors`: how sockets pass
//! - `call`: what is asked of a log; `remote`: the log as the predecessor sees it once it is handed over

mod call;
mod descriptors;
mod message;
mod offer;
mod predecessor;
mod remote;

pub use offer::Offer;
pub use predecessor::Predecessor;
