//! Where metrics are made to move.

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Request, Response, header::AUTHORIZATION},
};
use belfry_hub::{
    Clock,
    budget::{Account, Progress, Reservation},
    log::{Bounds, Embedded, Retention},
    tail,
};
use futures::{future::LocalBoxFuture, stream};

use server::{
    Config,
    web::{
        client::trust::{Proxy, Trust},
        limits::Limits,
    },
};

use crate::{
    disk::Disk,
    status::{heard, open},
    world::{BEGIN, World, usual},
};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// What is kept until the metrics were read again.
pub(super) type Held = Box<dyn Any>;

/// Something that makes a metric move.
pub(super) struct Case {
    /// The sample as it is exposed.
    pub(super) sample: &'static str,
    /// By how much it moves; `None` for some way up.
    pub(super) by: Option<f64>,
    pub(super) stage: fn() -> Stage,
    pub(super) trigger: for<'a> fn(&'a Stage) -> LocalBoxFuture<'a, Held>,
}

macro_rules! case {
    ($sample:expr, $by:expr, $stage:expr, async |$name:ident| $trigger:block) => {
        $crate::metrics::stage::Case {
            sample: $sample,
            by: $by,
            stage: $stage,
            trigger: |$name| {
                futures::FutureExt::boxed_local(async move {
                    Box::new($trigger) as $crate::metrics::stage::Held
                })
            },
        }
    };
}
pub(super) use case;

/// Where it happens.
pub(super) struct Stage {
    pub(super) world: World,
    /// What the log lies on, where that is simulated.
    pub(super) disk: Option<Disk>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The log on a disk that hangs cannot be closed.
        self.disk.iter().for_each(Disk::release);
    }
}

pub(super) fn quiet() -> Stage {
    Stage { world: World::keeping(Retention::default(), 100), disk: None }
}

/// A log that holds one event.
pub(super) fn short() -> Stage {
    let total = Bounds { events: 1, ..Bounds::NONE };
    Stage { world: World::keeping(Retention { total, ..Retention::default() }, 1), disk: None }
}

/// Streams last for at most 10 s.
pub(super) fn ageing() -> Stage {
    limiting(Limits { stream_max_age: Some(10 * SECOND), ..Limits::default() })
}

/// Clients of this machine are held to limits too.
pub(super) fn limiting(limits: Limits) -> Stage {
    let proxies = vec![Proxy::read("198.51.100.1").unwrap()];
    let trust = Trust { proxies, ..Trust::default() };
    let world = World::configured(Config { limits, trust, ..usual() });
    Stage { world, disk: None }
}

pub(super) fn on_disk() -> Stage {
    let (disk, clock) = (Disk::new(1), Clock::system());
    let tail = tail::Bounds { events: 1, ..tail::Bounds::default() };
    let log = Embedded::open_on(Arc::new(disk.clone()), clock, Retention::default(), tail).unwrap();
    let world = World::with_log(Clock::starting_at(BEGIN), 3600 * SECOND, Arc::new(log));
    Stage { world, disk: Some(disk) }
}

impl Stage {
    pub(super) fn disk(&self) -> &Disk {
        self.disk.as_ref().unwrap()
    }

    /// Publishes, whatever comes of it.
    pub(super) async fn publish(&self, topic: &str, key: &str, data: Vec<u8>) -> Response<Body> {
        self.world.ask(self.publishing(topic, key, data.into())).await
    }

    pub(super) fn publishing(&self, topic: &str, key: &str, data: Body) -> Request<Body> {
        let token = format!("Bearer {}", self.world.token(&["*"], &[]));
        let request = Request::post(format!("/topics/{topic}")).header(AUTHORIZATION, token);
        request.header("idempotency-key", key).body(data).unwrap()
    }

    pub(super) async fn follow(&self, query: &str) -> Body {
        open(&self.world, &format!("/sse?topic=a{query}")).await.0
    }

    /// A stream of somebody with a cookie.
    pub(super) async fn signed_in(&self, token: &str) -> Body {
        let request =
            Request::get("/sse?topic=a").header("cookie", format!("belfry-token={token}"));
        let mut body = self.world.ask(request.body(Body::empty()).unwrap()).await.into_body();
        heard(&mut body).await.unwrap();
        body
    }

    /// Begins to publish something that does not come.
    pub(super) fn stuck(&self) -> impl Any {
        let body = Body::from_stream(stream::pending::<std::io::Result<Bytes>>());
        tokio::spawn(self.world.asking(self.publishing("a", "k", body)))
    }

    /// Reserves memory for what is sent to the tests' client.
    pub(super) fn reserved(&self, bytes: usize) -> Reservation {
        let account =
            Account::new(&self.world.budgets.send, Some([192, 0, 2, 7].into()), Progress::new());
        account.try_reserve(bytes).unwrap()
    }
}
