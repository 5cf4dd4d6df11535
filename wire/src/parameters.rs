//! The names of query parameters and form fields.

/// A topic to follow, in the address of a stream; of the console, the topic to show.
pub const TOPIC: &str = "topic";

/// How a stream writes its events: [`JSON`] or [`MESSAGE`](crate::event::MESSAGE).
pub const FORMAT: &str = "format";

/// The [`FORMAT`] in which each event's data is an [`Envelope`](crate::event::Envelope).
pub const JSON: &str = "json";

/// Whether a stream begins with a [`Session`](crate::session::Session).
pub const SESSION: &str = "session";

/// Whether a stream begins with each topic's newest event.
pub const LAST: &str = "last";

/// The cursor after which a stream begins. The [header](crate::headers::LAST_EVENT_ID) takes precedence.
pub const LAST_EVENT_ID: &str = "last_event_id";

/// The cursor after which to read; of a list of topics, the topic.
pub const AFTER: &str = "after";

/// The cursor before which to read, backwards.
pub const BEFORE: &str = "before";

/// How many events or topics to answer with at most.
pub const LIMIT: &str = "limit";

/// What the names of listed topics begin with.
pub const PREFIX: &str = "prefix";

/// The type of an event to publish.
pub const TYPE: &str = "type";

/// Another topic of an event to publish.
pub const ALSO: &str = "also";

/// Whether an event to publish is private.
pub const PRIVATE: &str = "private";

/// The one event to remove.
pub const ID: &str = "id";

/// The path and query of a page that is navigated to.
pub const ADDRESS: &str = "address";

/// The tag of a language to choose.
pub const TAG: &str = "tag";

/// Where to go on to after choosing a language, signing in or signing out.
pub const TO: &str = "to";

/// Says on a page what became of a sign-in: [`FAILED`].
pub const LOGIN: &str = "login";

/// The value of [`LOGIN`] where the token was not accepted.
pub const FAILED: &str = "failed";

/// The token to sign in with.
pub const TOKEN: &str = "token";

/// The room to go to.
pub const ROOM: &str = "room";

/// What was read of a room, on the page of all rooms: a cursor, a space and the room's name. It may be there
/// once for each room.
pub const READ: &str = "read";

/// The name of someone who says something, or is in a room.
pub const NAME: &str = "name";

/// What someone says.
pub const TEXT: &str = "text";

/// The idempotency key of a message.
pub const KEY: &str = "key";

/// Which browser is in a room, where it keeps no cookies.
pub const BROWSER: &str = "browser";

/// Which of a browser's tabs shows a room.
pub const TAB: &str = "tab";

/// Whether a tab leaves a room.
pub const LEAVE: &str = "leave";
