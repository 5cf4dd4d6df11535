//! What the connections of all listeners share.

use axum::Router;
use belfry_hub::counters::Counters;
use tokio_util::task::TaskTracker;

use super::{admission::Admission, lingering::Lingering};
use crate::{Config, endings::Endings, tally::Tally};

/// What the connections of all listeners share.
pub(super) struct Shared {
    pub(super) application: Router,
    pub(super) config: Config,
    pub(super) counters: Counters,
    pub(super) tally: Tally,
    pub(super) lingering: Lingering,
    pub(super) endings: Endings,
    pub(super) connections: TaskTracker,
    pub(super) admission: Admission,
}
