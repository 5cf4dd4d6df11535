//! The visitor: who they are to the server, and how they write.

pub mod identity;
pub(crate) mod owner;
pub mod tab_owner;
pub mod writing;
