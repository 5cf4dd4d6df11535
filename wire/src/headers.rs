//! The names of request and answer headers that no library knows, or that both halves use.

/// The cursor after which a stream begins; an `EventSource` sends the last id that it saw.
pub const LAST_EVENT_ID: &str = "last-event-id";

/// The same key with the same event is published once.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The type of an event to publish.
pub const EVENT_TYPE: &str = "event-type";

/// After how many seconds, or when, it is worth asking again.
pub const RETRY_AFTER: &str = "retry-after";

/// Whose page a browser says that a request comes from ([Fetch
/// Metadata](https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header)).
pub const SEC_FETCH_SITE: &str = "sec-fetch-site";
