//! The limits that both halves keep, and that messages name.

use std::time::Duration;

/// The longest name of a topic, an event type or an idempotency key, in bytes of UTF-8.
pub const LONGEST_NAME: usize = 255;

/// The largest data of an event, in bytes.
pub const LARGEST_DATA: usize = 1024 * 1024;

/// The most topics that one event is published to.
pub const MOST_TOPICS_OF_AN_EVENT: usize = 16;

/// The most topics that one stream follows.
pub const MOST_TOPICS_OF_A_STREAM: usize = 100;

/// The most events, or topics, that one answer holds.
pub const LARGEST_LIMIT: usize = 1000;

/// How many events, or topics, one answer holds where the request sets no limit.
pub const DEFAULT_LIMIT: usize = 100;

/// A stream that has nothing to say sends a comment after so long: proxies cut a stream that says nothing for
/// 30 or 60 s.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// A stream of which nothing was heard for so long is dead: three heartbeats are missing.
pub const SILENCE: Duration = Duration::from_secs(3 * HEARTBEAT.as_secs());

/// How long a tab that shows a room counts as being there since it last said so.
pub const LEASE: Duration = Duration::from_secs(45);

/// A tab renews its lease after so long, so that one or two requests may fail.
pub const RENEW_LEASE_AFTER: Duration = Duration::from_secs(LEASE.as_secs() / 3);
