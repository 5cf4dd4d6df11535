//! The server's clock, as the page shows it.

pub(crate) mod bounds;
pub mod estimate;
pub mod page_clock;
pub mod probe;
pub mod timekeeper;
