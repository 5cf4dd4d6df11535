//! The program around the [hub](belfry_hub): pages, chat, tokens, the server's health, the edge and the
//! command line.
//!
//! ```text
//! cli → config, takeover
//! serve → edge ─→ web ─→ chat, status, metrics, token ─→ the hub ⇢ the browser
//! ```
//!
//! An arrow leads to what is used; none leads back.
//!
//! - [`edge`]: the sockets, and when a connection ends
//! - [`web`]: what answers over HTTP: the routes, pages, the chat's forms, sign-in, probes, files, by the
//!   headers of browsers and proxies. The stream, publishing, history and problems are the hub's
//! - [`chat`]: rooms, names, texts, and how fast one may talk
//! - [`status`]: the server's health, the state topic `status`; [`metrics`]: what a monitoring system reads
//! - a new state topic: its name in [`wire::topics`], also in `is_servers_own`; its owner like
//!   [`status::Health`], which [`serve`], below, registers with the hub
//! - a new metric: counted in the hub's [`counters`](belfry_hub::counters) if it is on an event's way or cuts
//!   a connection off, otherwise in [`tally`]; named and explained in `metrics/collector.rs`
//! - [`token`]: keys, claims and sessions, and what was revoked
//! - [`origins`]: the hosts that are answered for, and the origins whose pages may ask
//! - [`lines`]: the log on stderr, line by line
//! - `rate`: how often something may happen; [`tally`]: counts what is open, answered and refused
//! - `synchronised`: what the kernel says of the clock; [`allocator`]: how memory goes back to it
//!
//! The program:
//!
//! - [`cli`]: the command line, and the commands that talk to a server; `backup`: its backups, by a
//!   `data_socket`
//! - [`takeover`]: a server takes the place of another; [`endings`]: how one is told to end
//! - [`config`]: the flags and variables of `serve`; a new flag: `config/flags.rs` or the file of its
//!   group, and `config.rs` reads it
//! - [`stdout`], [`failure`]: how the commands print and fail
//!
//! [`serve`] joins them.

use std::sync::Arc;

use belfry_hub::{Clock, Hub, Log, budget::Budgets, http::Writers, presence::Presence};
use tracing::warn;

use edge::listen::{Listener, Listeners};
use endings::Endings;
use metrics::Metrics;
use status::Health;

pub mod allocator;
mod backup;
pub mod chat;
pub mod cli;
pub mod config;
mod data_socket;
pub mod edge;
pub mod endings;
pub mod failure;
pub mod lines;
pub mod metrics;
pub mod origins;
mod rate;
pub mod status;
pub mod stdout;
mod synchronised;
pub mod takeover;
pub mod tally;
pub mod token;
pub mod web;

pub use config::Config;
pub use token::{Authority, Keys};
pub use web::{
    router::router,
    site::Site,
    state::{AppState, Parts},
};

/// Serves Belfry on the listeners. After `shutdown` it accepts no more connections, ends every stream, and
/// returns when the last response is sent; the caller limits that wait. Once it is relieved, it does the same
/// when its last connection has ended, or at the shutdown that the caller decides on.
pub async fn serve(
    config: Config,
    site: Site,
    log: Arc<dyn Log>,
    authority: Arc<Authority>,
    listeners: Listeners,
    endings: impl Into<Endings>,
) {
    let endings = endings.into();
    let shutdown = endings.shutdown.clone();
    let kept = log.clone();
    let hub = Hub::new(Clock::system(), log).with_publish_deadline(config.publish_deadline);
    let (health, presence) = (Health::new(config.status), Presence::new(hub.clock()));
    let chat = chat::Chat::new(config.rooms.clone(), authority.keys());
    health.register(hub.state_topics());
    chat.register(&presence, hub.state_topics());
    let budgets = Budgets::new(config.send_budget, config.receive_budget);
    let tally = tally::Tally::default();
    let metrics = {
        let (hub, budgets, tally) = (hub.clone(), budgets.clone(), tally.clone());
        Metrics::new(metrics::Sources { hub, budgets, tally }, config.metrics)
    };
    let folder = config.data_dir.clone().filter(|_| !config.ephemeral);
    let measuring = {
        let open = || status::ThisMachine::open(folder);
        let (hub, health) = (hub.clone(), health.clone());
        status::measure(status::Sources { hub, health }, open, shutdown.clone())
    };
    let state = Parts {
        hub: hub.clone(),
        health,
        presence: presence.clone(),
        chat,
        authority: authority.clone(),
        trust: config.trust.clone(),
        limits: config.limits.clone(),
        tally: tally.clone(),
        site: Arc::new(site),
        base_path: config.base_path.clone(),
        hosts: config.hosts.clone(),
        origins: Arc::new(config.origins.clone()),
        token_maker: cli::serve::token_maker_here(&config),
        hsts: config.hsts,
        interval: config.interval,
        budgets,
        access_log: config.access_log,
        metrics,
        endings: endings.clone(),
        drain: config.drain,
    };
    let Listeners { mut all, redirecting, scraped } = listeners;
    let state: AppState = state.into();
    let port = all.iter().find_map(Listener::https_port).unwrap_or(443);
    let tls = all.iter().find_map(Listener::tls);
    let challenges = move |token: &str| tls.as_ref()?.challenge(token);
    let to_https = web::to_https::router(state.clone(), port, Arc::new(challenges));
    let writers = start_writers(config.writers, &endings);
    all = all.into_iter().map(|listener| listener.with_writers(writers.clone())).collect();
    all.extend(redirecting.into_iter().map(|listener| listener.answered_by(to_https.clone())));
    all.extend(scraped.map(|listener| listener.answered_by(web::metrics::router(&state))));
    let backups = async {
        if let Some(folder) = config.data_dir.clone().filter(|_| !config.ephemeral) {
            backup::serve(folder, kept, shutdown.clone()).await;
        }
    };
    // Whoever connects is answered first: the others prepare something.
    tokio::join!(
        async {
            let (router, counters) = (router(state), hub.counters().clone());
            edge::accept(router, &config, counters, tally, all, endings).await;
            // Relieved, and nobody is left.
            shutdown.cancel();
        },
        hub.run(config.interval, shutdown.clone()),
        presence.run(shutdown.clone()),
        measuring,
        backups,
        authority.revocations().follow(shutdown.clone()),
    );
}

/// Starts threads that send streams, if there are to be any. Without them streams are sent as all else.
fn start_writers(number: usize, endings: &Endings) -> Option<Writers> {
    if number == 0 {
        return None;
    }
    let ends = [endings.shutdown.clone(), endings.relieved.clone()];
    let started = Writers::start(number, &ends);
    started.inspect_err(|error| warn!(%error, "cannot start writers; going on without")).ok()
}
