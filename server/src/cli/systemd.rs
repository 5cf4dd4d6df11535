//! Tells systemd how the program is, by `sd_notify`, where systemd has started it with `Type=notify`.

use std::time::Duration;

use sd_notify::{NotifyState, notify, watchdog_enabled};
use tokio::time::interval;
use tracing::debug;

/// It serves, or again with what it has loaded.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// It reloads its certificates. systemd wants to know when that began (`sd_notify(3)`).
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => debug!(%error, "cannot notify systemd"),
    }
}

/// Another process takes its place, to which systemd is to listen from now on.
pub fn is_now(process: u32) {
    tell(&[NotifyState::MainPid(process)]);
}

/// It is about to end.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says that the runtime still runs, twice in the time that `WatchdogSec=` allows, if that is set.
pub async fn watch() {
    let Some(within) = watchdog_enabled().filter(|within| !within.is_zero()) else {
        return;
    };
    let mut due = interval((within / 2).max(Duration::from_millis(1)));
    loop {
        due.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

/// Does nothing without `NOTIFY_SOCKET`.
fn tell(states: &[NotifyState]) {
    if let Err(error) = notify(states) {
        debug!(%error, "cannot notify systemd");
    }
}
