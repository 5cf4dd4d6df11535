//! The program around the [hub](belfry_hub): pages, chat, tokens, the server's health, the edge and the
//! command line.
//!
//! ```text
//! cli → config
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
//! - `rate`: how often something may happen; [`tally`]: counts what was refused
//! - `synchronised`: what the kernel says of the clock; [`allocator`]: how memory goes back to it
//!
//! The program:
//!
//! - [`cli`]: the command line, and the commands that talk to a server; `backup`: its socket
//! - [`config`]: the flags and variables of `serve`; a new flag: `config/flags.rs`, and `config.rs` reads it
//! - [`stdout`], [`failure`]: how the commands print and fail
//!
//! [`serve`] joins them.

use std::sync::Arc;

use belfry_hub::{Clock, Hub, Log, budget::Budgets, presence::Presence};
use tokio_util::sync::CancellationToken;

use edge::listen::Listener;
use metrics::Metrics;
use status::Health;

pub mod allocator;
mod backup;
pub mod chat;
pub mod cli;
pub mod config;
pub mod edge;
pub mod failure;
pub mod lines;
pub mod metrics;
pub mod origins;
mod rate;
pub mod status;
pub mod stdout;
mod synchronised;
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

/// Serves Belfry on `listeners`, and its metrics alone on `scraped`. After `shutdown` it accepts no more connections, ends every stream, and
/// returns when the last response is sent; the caller limits that wait.
pub async fn serve(
    config: Config,
    site: Site,
    log: Arc<dyn Log>,
    authority: Arc<Authority>,
    listeners: Vec<Listener>,
    scraped: Option<Listener>,
    shutdown: CancellationToken,
) {
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
        tally,
        site: Arc::new(site),
        hosts: config.hosts.clone(),
        origins: Arc::new(config.origins.clone()),
        token_maker: cli::serve::token_maker_here(&config),
        hsts: config.hsts,
        interval: config.interval,
        budgets,
        access_log: config.access_log,
        metrics: metrics.clone(),
        shutdown: shutdown.clone(),
        drain: config.drain,
    };
    let backups = async {
        if let Some(folder) = config.data_dir.clone().filter(|_| !config.ephemeral) {
            backup::serve(folder, kept, shutdown.clone()).await;
        }
    };
    // A monitoring system connects to it directly.
    let direct = Config { proxy_protocol: false, ..config.clone() };
    let scraping = edge::accept(
        web::metrics::router(metrics),
        &direct,
        hub.counters().clone(),
        scraped.into_iter().collect(),
        shutdown.clone(),
    );
    // Who connects is answered first: the others prepare something.
    tokio::join!(
        edge::accept(
            router(state.into()),
            &config,
            hub.counters().clone(),
            listeners,
            shutdown.clone()
        ),
        hub.run(config.interval, shutdown.clone()),
        presence.run(shutdown.clone()),
        scraping,
        measuring,
        backups,
        authority.revocations().follow(shutdown.clone()),
    );
}
