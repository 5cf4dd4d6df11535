//! What a subscription wants of the log or the budget, while it is on its way.

use std::future::pending;

use futures::{FutureExt, future::BoxFuture};

use crate::{
    budget::Reservation,
    log::{Page, Unavailable},
    reading::Reading,
    subscription::{Subscription, Wanted},
};

/// What a subscription wants, on its way.
pub(super) enum Coming {
    Page(Reading),
    Room(BoxFuture<'static, Reservation>),
}

/// What there was to wait for.
pub(super) enum Came {
    Page(Result<(Page, Reservation), Unavailable>),
    Room(Reservation),
    /// Perhaps something: the subscription knows.
    Something,
}

/// Begins to fetch what a subscription wants, where that does not come by itself.
pub(super) fn coming(subscription: &Subscription, wanted: Option<Wanted>) -> Option<Coming> {
    let selection = subscription.selection()?;
    match wanted? {
        Wanted::Page { after, limit } => Some(Coming::Page(selection.read_to_send(after, limit))),
        Wanted::Room(bytes) => {
            Some(Coming::Room(selection.account().clone().reserve(bytes).boxed()))
        }
        Wanted::News | Wanted::Pause(_) => None,
    }
}

/// Waits for what a subscription wants; for ever where that is nothing but time.
pub(super) async fn come(
    coming: &mut Option<Coming>,
    subscription: &Subscription,
    wanted: Option<Wanted>,
) -> Came {
    let came = match coming {
        Some(Coming::Page(reading)) => Came::Page(reading.await),
        Some(Coming::Room(room)) => Came::Room(room.await),
        None => match subscription.selection() {
            Some(selection) if wanted == Some(Wanted::News) => {
                selection.follower().woken().await;
                Came::Something
            }
            _ => pending().await,
        },
    };
    *coming = None;
    came
}
