//! Salvages the rows of a backup, or of a log whose structure is lost, wherever they lie.
//!
//! A file holds rows of earlier states too. What a topic's newest row says to be gone is gone, a later
//! row of an event says that it was removed, and of two events of one sequence the one counts whose
//! epoch the sequence is of.

mod found;
mod rebuilding;
mod scan;

pub(super) use found::{Found, Survey};
pub(super) use rebuilding::rebuild;
pub(super) use scan::{scan, seals};
