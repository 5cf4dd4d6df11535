//! The server's half of Belfry. An event travels in this order:
//!
//! ```text
//! clock → log → tail → hub → sse ⇢ the wire ⇢ the browser
//! ```
//!
//! [`clock`] says what time it is, [`hub`] gives each state topic's newest value, encoded once by
//! [`frame`], to everyone who follows it, [`sse`] hands it to one reader. [`http`] is the application as a value,
//! with [`page`], [`probe`] and [`site`] as its parts; [`edge`] owns the sockets, [`budget`] bounds what
//! they hold of the memory, [`status`] measures
//! the server's health, [`presence`] knows who is in which room. [`serve`] joins them.
//!
//! [`command`] reads the command line. The commands other than to serve are in [`client`]: they
//! stand at the other end of the wire.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

mod backup;
mod body;
pub mod budget;
pub mod chat;
pub mod client;
pub mod clock;
pub mod command;
pub mod config;
pub mod cursor;
mod documents;
pub mod edge;
mod etag;
pub mod event;
pub mod frame;
pub mod grant;
mod gzip;
mod health;
pub mod http;
pub mod hub;
mod json;
pub mod language;
pub mod log;
pub mod login;
mod origin;
pub mod page;
mod preference;
pub mod presence;
pub mod probe;
pub mod problem;
mod query;
mod reading;
pub mod selector;
pub mod site;
pub mod sse;
pub mod state;
pub mod status;
pub mod tail;
pub mod token;
pub mod topics;

pub use clock::Clock;
pub use config::Config;
pub use http::router;
pub use hub::Hub;
pub use log::Log;
pub use site::Site;
pub use state::AppState;
pub use token::Keys;

/// Serves Belfry on `listener`. After `shutdown` it takes no more connections, ends every stream,
/// and returns when the last answer is out; who calls it bounds that wait.
pub async fn serve(
    config: Config,
    site: Site,
    log: Arc<dyn Log>,
    keys: Arc<Keys>,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let kept = log.clone();
    let hub = Hub::new(Clock::system(), log, config.status)
        .with_publish_deadline(config.publish_deadline);
    let folder = config.data_dir.clone().filter(|_| !config.ephemeral);
    let measuring = {
        let open = || status::ThisMachine::open(folder);
        status::measure(hub.clone(), open, shutdown.clone())
    };
    let budgets = budget::Budgets::new(config.send_budget, config.receive_budget);
    hub.log().tail().lend_from(&budgets.send);
    let state = AppState {
        hub: hub.clone(),
        keys,
        chat: chat::Chat::new(config.rooms.clone()),
        site: Arc::new(site),
        token_maker: command::serve::token_maker_here(&config),
        interval: config.interval,
        budgets,
        shutdown: shutdown.clone(),
    };
    let backups = async {
        if let Some(folder) = config.data_dir.clone().filter(|_| !config.ephemeral) {
            backup::serve(folder, kept, shutdown.clone()).await;
        }
    };
    tokio::join!(
        backups,
        hub.run(config.interval, shutdown.clone()),
        hub.presence().run(shutdown.clone()),
        measuring,
        edge::accept(router(state), &config, hub.counters().clone(), listener, shutdown.clone()),
    );
}
