//! The topics that a page follows, from the stream and from the server's history.

pub mod catch_up;
pub mod follower;
pub(crate) mod history;
