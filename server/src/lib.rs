//! The server's half of Belfry. An event travels in this order:
//!
//! ```text
//! clock → hub → sse ⇢ the wire ⇢ the browser
//! ```
//!
//! [`clock`] says what time it is, [`hub`] gives each state topic's newest value, encoded once by
//! [`frame`], to everyone who follows it, [`sse`] hands it to one reader. [`http`] is the application as a value,
//! with [`page`], [`probe`] and [`site`] as its parts; [`edge`] owns the sockets. [`serve`] joins
//! them.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub mod clock;
pub mod config;
pub mod edge;
pub mod frame;
pub mod http;
pub mod hub;
pub mod page;
pub mod probe;
pub mod site;
pub mod sse;
pub mod state;

pub use clock::Clock;
pub use config::Config;
pub use http::router;
pub use hub::Hub;
pub use site::Site;
pub use state::AppState;

/// Serves Belfry on `listener`. After `shutdown` it takes no more connections, ends every stream,
/// and returns when the last answer is out; who calls it bounds that wait.
pub async fn serve(config: Config, site: Site, listener: TcpListener, shutdown: CancellationToken) {
    let hub = Hub::new(Clock::system());
    let state = AppState {
        hub: hub.clone(),
        site: Arc::new(site),
        interval: config.interval,
        shutdown: shutdown.clone(),
    };
    tokio::join!(
        hub.run(config.interval, shutdown.clone()),
        edge::accept(router(state), &config, listener, shutdown.clone()),
    );
}
