//! The log: stores drafts as events in order, and reads them as often as anyone asks, until retention drops
//! them.

mod contract;
pub mod embedded;
mod memory;
mod retention;
mod wall;

use contract::most_keys;
pub use contract::{
    AppendError, Contents, Held, KEY_KEPT_FOR, Key, Listing, Log, Order, Page, Query, TopicCount,
    Unavailable,
};
pub use embedded::Embedded;
pub use memory::Memory;
pub use retention::{Bounds, Retention};
