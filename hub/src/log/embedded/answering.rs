//! Who answers what is asked of a log that can be handed over.

use std::sync::Arc;

use tokio::time::Instant;

use crate::log::Log;

/// Who answers what is asked of the log.
#[derive(Clone, Debug)]
pub(super) enum Answering {
    /// It does so itself.
    Itself,
    /// Nobody does until it is known who has the file.
    Nobody { since: Instant },
    /// Another does, for good.
    Successor(Arc<dyn Log>),
}
