//! The server's health: holds the newest measurement and those of the last minutes, for those who may see
//! them.
//!
//! ```text
//! counters, the log, this machine → sampler → health → the topic `status`, /api/status, the page
//! ```

mod health;
mod machine;
mod networks;
mod refused;
mod sampler;
mod verdict;

pub use health::{Health, Visibility};
pub use machine::{Look, Machine, ThisMachine};
pub(crate) use refused::refused;
pub use sampler::{Sources, measure};
