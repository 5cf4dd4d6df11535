//! One source of events after another.

pub mod source;
pub mod sources;
pub mod supervisor;
