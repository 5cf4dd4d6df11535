//! What is asked of a log, as a message.

use belfry_hub::{
    Log,
    cursor::Cursor,
    event::{Draft, Topic},
    log::{Key, Listing, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, to_value};

/// What is asked of a log. The answer is that of the method.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Call {
    Append { draft: Draft, key: Option<Key> },
    ReadSmall { query: Query, most: usize },
    Count { query: Query },
    Topics { listing: Listing },
    Purge { topic: Topic, before: u64 },
    Remove { topic: Topic, id: String },
}

impl Call {
    /// Has a log answer it.
    pub(super) async fn answer(self, log: &dyn Log) -> serde_json::Result<Value> {
        match self {
            Self::Append { draft, key } => {
                to_value(log.append(draft, key).await.map(|id| id.to_string()))
            }
            Self::ReadSmall { query, most } => to_value(log.read_small(query, most).await),
            Self::Count { query } => to_value(log.count(query).await),
            Self::Topics { listing } => to_value(log.topics(listing).await),
            Self::Purge { topic, before } => to_value(log.purge(topic, before).await),
            Self::Remove { topic, id } => match Cursor::parse(&id) {
                Some(id) => to_value(log.remove(topic, id).await),
                None => Ok(Value::Null),
            },
        }
    }
}
