//! How a page follows topics beyond those of its clock.

use leptos::prelude::*;

use crate::stream::StreamEvent;

/// What a page wants to hear.
#[derive(Clone, Debug)]
pub struct Following {
    /// The topic; a name that the server takes.
    pub topic: String,
    /// The cursor after which the page has nothing yet; `None` for a state topic, and for one that
    /// begins with what comes.
    pub after: Option<String>,
    /// Called with each event of the topic once, in order, with each gap, and with a start whenever more is
    /// known of the log's epochs, by which the positions of what follows are compared.
    pub hear: Callback<StreamEvent>,
}

/// Follows a topic for as long as the current owner lives.
pub type Follow = fn(Following);
