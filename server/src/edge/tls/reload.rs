//! Watches the files of certificates, and tells when to load them again.

use std::{fs, os::unix::fs::MetadataExt, path::Path, sync::Arc, time::Duration};

use tokio::{select, sync::Notify, task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::config::Pair;

/// How often to look at the files. A notification by the kernel would miss what happens on the other side
/// of a network file system or a mounted secret.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What changes when a file is written or replaced: device and inode, size, and time.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// The files, as they were seen last.
pub(super) struct Watch {
    files: Arc<[Pair]>,
    seen: Vec<Stamp>,
}

impl Watch {
    pub(super) async fn new(files: Arc<[Pair]>) -> Self {
        let seen = stamps(files.clone()).await;
        Self { files, seen }
    }

    /// Waits until the files have changed, or until it is `asked`; false if the `shutdown` comes first.
    pub(super) async fn changed(&mut self, asked: &Notify, shutdown: &CancellationToken) -> bool {
        loop {
            let is_asked = select! {
                () = shutdown.cancelled() => return false,
                () = asked.notified() => true,
                () = sleep(LOOK_EVERY) => false,
            };
            let now = stamps(self.files.clone()).await;
            if is_asked || now != self.seen {
                self.seen = now;
                return true;
            }
        }
    }
}

async fn stamps(files: Arc<[Pair]>) -> Vec<Stamp> {
    let both = |pair: &Pair| [stamp(&pair.certificate), stamp(&pair.key)];
    spawn_blocking(move || files.iter().flat_map(both).collect()).await.unwrap_or_default()
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec()))
}
