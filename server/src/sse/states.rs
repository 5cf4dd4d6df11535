//! The state topics that one reader follows: what it asks for goes in, their newest values come out.

use std::{fmt, future::pending};

use app::{chat::here_topic, event::STATUS};
use futures::{
    StreamExt,
    stream::{self, BoxStream, SelectAll, select_all},
};
use tokio::{select, sync::watch};

use super::Request;
use crate::{
    frame::{Format, Frame},
    grant::Grant,
    hub::{Hub, Readers, State},
};

/// The state topics that one reader follows.
pub(super) struct States {
    format: Format,
    time: Option<watch::Receiver<Option<State>>>,
    status: Option<watch::Receiver<Option<State>>>,
    readers: Option<watch::Receiver<Readers>>,
    /// The number of readers that this one was told last.
    told: u32,
    /// Who is in the rooms.
    here: SelectAll<BoxStream<'static, State>>,
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").field("rooms", &self.here.len()).finish_non_exhaustive()
    }
}

impl States {
    /// Follows what a request asks for and may see, and gives the newest value of each.
    pub(super) fn begin(hub: &Hub, request: &Request, grant: &Grant) -> (Self, Vec<Frame>) {
        let format = request.format;
        let (tick, time) = request.time.then(|| hub.follow_time()).unzip();
        let readers = request.readers.then(|| (hub.follow_readers(), hub.readers_now()));
        let (readers, now) = readers.unzip();
        let told = now.as_ref().map_or(0, |now| now.count);
        let shown = request.status && hub.vitals().show_to(grant).is_ok();
        let (measured, status) = shown.then(|| hub.vitals().follow()).unzip();
        let rooms = request.here.iter().map(|room| hub.presence().follow(room));
        let (present, rooms): (Vec<_>, Vec<_>) = rooms.unzip();
        let rooms = rooms.into_iter().map(|room| {
            stream::unfold(room, async |mut room| Some((room.changed().await, room))).boxed()
        });
        let here = select_all(rooms);
        let newest = tick
            .into_iter()
            .chain(now.map(|now| now.state))
            .chain(measured.flatten())
            .chain(present)
            .map(|state| state.frame(format));
        let frames = newest.collect();
        (Self { format, time, status, readers, told, here }, frames)
    }

    /// Waits for the next value of one of them; for ever where none is followed.
    pub(super) async fn next(&mut self) -> Frame {
        loop {
            let state = select! {
                biased;
                state = newest(&mut self.time) => state,
                state = newest(&mut self.status) => state,
                readers = newest(&mut self.readers) => {
                    // It was told the number at its coming.
                    let known = std::mem::replace(&mut self.told, readers.count);
                    (readers.count != known).then_some(readers.state)
                }
                state = any(&mut self.here) => Some(state),
            };
            if let Some(state) = state {
                return state.frame(self.format);
            }
        }
    }
}

/// Waits for the next value of a state topic; for ever where it is not followed.
async fn newest<T: Clone>(changes: &mut Option<watch::Receiver<T>>) -> T {
    if let Some(changes) = changes
        && changes.changed().await.is_ok()
    {
        return changes.borrow_and_update().clone();
    }
    pending().await
}

/// Waits for the next value of any of some state topics.
async fn any(changes: &mut SelectAll<BoxStream<'static, State>>) -> State {
    match changes.next().await {
        Some(state) => state,
        None => pending().await,
    }
}

/// Adds to the topics that a reader is granted, and to those that it is refused, the state topics that
/// are not for everybody, and those of which there may be several.
pub(super) fn name(
    hub: &Hub,
    request: &Request,
    grant: &Grant,
    granted: &mut Vec<String>,
    refused: &mut Vec<String>,
) {
    granted.extend(request.here.iter().map(|room| here_topic(room)));
    refused.extend(request.closed.iter().map(|room| here_topic(room)));
    if request.status {
        let shown = hub.vitals().show_to(grant).is_ok();
        if shown { granted } else { refused }.push(STATUS.into());
    }
}
