//! The paths of the server's endpoints that both halves use. They stand under the server's base path: at
//! `/belfry/sse` where that is `/belfry`, see [`Snapshot::base`](crate::page_data::Snapshot::base).

/// Where the stream is. A page written for the tutorial opens `new EventSource('/sse')`.
pub const STREAM_PATH: &str = "/sse";

/// Where the clock probe asks, see [`ProbeReply`](crate::probe::ProbeReply).
pub const PROBE_PATH: &str = "/api/time";

/// Where the server's health in the last minutes is read, see [`Trend`](crate::trend::Trend).
pub const STATUS_PATH: &str = "/api/status";

/// Where a page that is navigated to without a reload asks for what it is rendered with, see
/// [`PageAt`](crate::page_data::PageAt); `address` in the query is the page's path and query.
pub const PAGE_PATH: &str = "/api/page";

/// Where the rooms are: `/chat/{room}`.
pub const CHAT_PATH: &str = "/chat";

/// What follows the address of a room where a tab says that it shows it: `/chat/{room}/here`.
pub const HERE_SUFFIX: &str = "/here";

/// Where topics are published to and read back: `/topics/{topic}`.
pub const TOPICS_PATH: &str = "/topics";

/// Where a token becomes a cookie.
pub const LOGIN_PATH: &str = "/login";

/// Where a page removes a cookie that is no longer accepted. One that is accepted stays: in the meantime
/// somebody may have signed in.
pub const FORGET_PATH: &str = "/login?if=refused";

/// Where a page's form removes the cookie.
pub const LOGOUT_PATH: &str = "/logout";

/// Where a visitor chooses a language: `tag` is its tag, `to` the page to come back to.
pub const LANGUAGE_PATH: &str = "/language";
