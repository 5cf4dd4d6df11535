//! Why a read of the log on disk failed.

/// Why a read failed.
#[derive(Clone, Debug)]
pub(super) enum Unreadable {
    /// It cannot be read just now.
    Now(String),
    /// The storage refuses.
    Storage(String),
    /// What is stored is damaged.
    Damaged(String),
}
