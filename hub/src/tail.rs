//! The tail: the newest events of the log in memory, and the readers that wait for the next.

mod entry;
mod follower;
mod newest;
mod wake;

pub use entry::Entry;
pub(crate) use follower::Registration;
pub use follower::{Follower, Taken};
pub use newest::{Bounds, Tail};
pub use wake::Wake;
