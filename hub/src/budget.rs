//! Budgets of bytes: what waits to be sent, or is being received, is reserved first, and given back when it
//! is dropped.
//!
//! ```text
//! a reader → account → ledger: reserve → read the log → encode → the wire, which lets go of it
//! ```
//!
//! A connection has one reservation at a time, and waits for the next only when the last is given back:
//! nobody waits while holding bytes, so there is no deadlock. A reader that does not take what is reserved
//! for it is disconnected once others have waited for a second.

mod account;
mod handle;
mod ledger;
mod lent;
mod progress;
mod receiving;
#[cfg(test)]
mod tests;

pub use account::{Account, Reservation};
pub(crate) use handle::FREE;
pub use handle::{Budget, Budgets};
pub use ledger::Party;
pub(crate) use lent::Shared;
pub use progress::Progress;
pub use receiving::Receiving;
