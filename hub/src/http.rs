//! The hub over HTTP: its routes, for the router of any program.
//!
//! - `stream`: `/sse`; `outlet`: drives a subscription, for its body or for a socket
//! - `topics`: publishing, history, lists and purges
//! - [`query`], [`lists`], [`body`], `same_site`: how requests are read; `accounts`: whose they are
//! - [`problem`], [`json`], [`gzip`]: how answers are written

mod accounts;
pub mod body;
pub mod caching;
pub mod gzip;
pub mod json;
pub mod lists;
mod outlet;
pub mod problem;
pub mod query;
mod same_site;
mod stream;
mod topics;
pub mod version;

use axum::{Router, routing::get};
use wire::paths::{STREAM_PATH, TOPICS_PATH};

use crate::routes::Routes;
pub use outlet::{Awake, Handover, Parked, Sent, StreamAge, WithSocket, Writers};
pub use stream::EventStream;

/// The stream, and the topics: publishing, history, lists and purges.
pub fn router<S: Clone + Send + Sync + 'static>(routes: Routes) -> Router<S> {
    routes.hub.log().tail().lend_from(&routes.budgets.send);
    Router::new()
        .route(STREAM_PATH, get(stream::stream).head(stream::head))
        .route(TOPICS_PATH, get(topics::list))
        .route(
            &format!("{TOPICS_PATH}/{{*topic}}"),
            get(topics::history).post(topics::publish).delete(topics::purge),
        )
        .with_state(routes)
}
