//! Accepts connections, with one task for each listener, until the server is to end.

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use belfry_hub::counters::Counters;
use tokio::{
    select,
    task::{JoinSet, unconstrained, yield_now},
    time::sleep,
};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::{
    admission::{Admission, Room},
    connection::{Service, converse},
    lingering::Lingering,
    listen::Listener,
    proxy_protocol::introduced,
    shared::Shared,
    socket::Socket,
};
use crate::{
    Config,
    endings::Endings,
    tally::{Open, Rule, Tally},
    web::client::connection::Connection,
};

/// How many connections are accepted before others have their turn.
const AT_ONCE: u32 = 1024;

/// The pause after a failed attempt to accept a connection.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Serves `application` on `listeners`, unless one of them has its own. When the ending is near it accepts no more
/// connections, and returns when the last one has ended; the caller limits that wait. The application ends its
/// streams itself. `counters` learns who was cut off, and `tally` who comes and who is refused.
pub async fn accept(
    application: Router,
    config: &Config,
    counters: Counters,
    tally: Tally,
    listeners: Vec<Listener>,
    endings: impl Into<Endings>,
) {
    let (admission, connections) = (Admission::new(&config.limits), TaskTracker::new());
    let config = config.clone();
    let shared = Arc::new(Shared {
        application,
        config,
        counters,
        tally,
        lingering: Lingering::default(),
        endings: endings.into(),
        connections: connections.clone(),
        admission,
    });
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(unconstrained(accept_on(listener, shared.clone())));
    }
    while accepting.join_next().await.is_some() {}
    connections.close();
    connections.wait().await;
}

/// Accepts whatever waits whenever it is woken, before what came with it is served: the kernel's queue is short.
async fn accept_on(listener: Listener, shared: Arc<Shared>) {
    let service = Service {
        tls: listener.tls.clone(),
        application: listener.application.as_ref().unwrap_or(&shared.application).clone(),
        writers: listener.writers.clone(),
    };
    let (mut refused, mut accepted_at_once) = (false, 0);
    let (endpoint, proxied) = (listener.endpoint(), listener.proxied);
    let traffic = shared.tally.traffic(&endpoint.to_string(), listener.is_secure());
    let mut ending = pin!(shared.endings.are_near());
    loop {
        accepted_at_once += 1;
        if accepted_at_once == AT_ONCE {
            accepted_at_once = 0;
            yield_now().await;
        }
        // Room is only taken for what is there: a listener that waits would hold that of a connection.
        let accepted = select! {
            biased;
            () = &mut ending => return,
            accepted = listener.socket.accept() => accepted,
        };
        // What was accepted is served, even by a server that is relieved meanwhile.
        let room = select! {
            biased;
            room = shared.admission.room() => room,
            () = shared.endings.shutdown.cancelled() => return,
        };
        match accepted {
            Ok((socket, peer)) => {
                refused = false;
                if let Err(error) = socket.tune(shared.config.send_buffer) {
                    debug!(%peer, %error, "connection closed before it could be served");
                    continue;
                }
                let connection = Connection::new(peer).to_loopback(endpoint.is_loopback());
                let (service, shared) = (service.clone(), shared.clone());
                let (connections, taken) =
                    (shared.connections.clone(), (room, traffic.connection()));
                connections.spawn(introduce((socket, proxied), service, connection, taken, shared));
            }
            // Its client gave up while it was waiting to be accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Usually there is no descriptor left; a connection that ends frees one.
            Err(error) => {
                if !std::mem::replace(&mut refused, true) {
                    warn!(listener = %endpoint, %error, "cannot accept connections");
                }
                sleep(AFTER_REFUSAL).await;
            }
        }
    }
}

/// Serves a connection once it is known whose it is: on a listener with the PROXY protocol (`proxied`), that is
/// what a trusted proxy says.
async fn introduce(
    (mut socket, proxied): (Socket, bool),
    service: Service,
    mut connection: Connection,
    (room, open): (Room, Open),
    shared: Arc<Shared>,
) {
    if proxied {
        let peer = connection.address();
        if !shared.config.trust.includes(peer) {
            shared.tally.refused(Rule::ProxyProtocol);
            debug!(%peer, "closed a connection whose peer is not a trusted proxy");
            return;
        }
        let introduced = Box::pin(introduced(connection, &mut socket));
        connection = match shared.endings.shutdown.run_until_cancelled(introduced).await {
            None => return,
            Some(Ok(connection)) => connection,
            Some(Err(error)) => {
                shared.tally.refused(Rule::ProxyProtocol);
                debug!(%peer, %error, "closed a connection without a valid PROXY protocol header");
                return;
            }
        };
    }
    let connection = shared.admission.judge(connection, &room, &shared.config.trust);
    converse(socket, service, (connection, open, room), shared).await;
}
