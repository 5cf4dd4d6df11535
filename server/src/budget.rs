//! Budgets of bytes: what waits to be sent, or comes in, is reserved first, and given back by its drop.
//!
//! ```text
//! a reader → account → ledger: reserve → read the log → encode → the wire, which lets go of it
//! ```
//!
//! A connection has one reservation at a time, and waits for the next only when the last is given back:
//! nobody waits for bytes while they hold some, so nobody waits for ever. Who does not take what is
//! reserved for them is cut once others have waited for a second.

mod account;
mod allocator;
mod ledger;
mod lent;
mod progress;
mod request;
#[cfg(test)]
mod tests;

pub(crate) use account::{Account, Reservation};
pub use account::{Budget, Budgets};
pub use allocator::give_back_large_blocks;
pub(crate) use ledger::Party;
pub(crate) use lent::Shared;
pub(crate) use progress::Progress;
pub(crate) use request::Receiving;

/// Pieces of so many bytes are not counted: a connection takes about as much in any case, and who reads
/// along with small events never waits for those who do not read at all.
pub(crate) const FREE: usize = 16 * 1024;
