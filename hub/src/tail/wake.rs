//! Who is woken by news of topics: a reader, or a group of readers that follow the same.

use std::fmt;

use tokio::sync::Notify;

/// Whoever is registered for topics.
pub trait Wake: fmt::Debug + Send + Sync {
    /// There may be something new. Called by who publishes: it must not wait.
    fn wake(&self);

    /// How many readers it stands for.
    fn readers(&self) -> usize;
}

impl Wake for Notify {
    fn wake(&self) {
        self.notify_one();
    }

    fn readers(&self) -> usize {
        1
    }
}
