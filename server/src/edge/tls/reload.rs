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
#[derive(Clone)]
pub(super) struct Watch {
    files: Arc<[Pair]>,
    seen: Vec<Stamp>,
    /// Why they could not be used the last time.
    problem: Option<String>,
}

impl Watch {
    /// The files as they are now, which is before they are loaded.
    pub(super) fn new(files: Arc<[Pair]>) -> Self {
        let seen = stamps(&files);
        Self { files, seen, problem: None }
    }

    pub(super) fn files(&self) -> Arc<[Pair]> {
        self.files.clone()
    }

    /// Waits until the files have changed, or until it is `asked`; false if the `shutdown` comes first.
    pub(super) async fn changed(&mut self, asked: &Notify, shutdown: &CancellationToken) -> bool {
        loop {
            let is_asked = select! {
                () = shutdown.cancelled() => return false,
                () = asked.notified() => true,
                () = sleep(LOOK_EVERY) => false,
            };
            let files = self.files();
            let now = spawn_blocking(move || stamps(&files)).await.unwrap_or_default();
            if is_asked || now != self.seen {
                self.seen = now;
                if is_asked {
                    // Who asks is told again.
                    self.problem = None;
                }
                return true;
            }
        }
    }

    /// They have been loaded.
    pub(super) fn succeeded(&mut self) {
        self.problem = None;
    }

    /// They could not be loaded, and are tried again at the next look: where a descriptor or a permission was
    /// missing, they need not change. Whether the problem is another than before.
    pub(super) fn failed(&mut self, problem: String) -> bool {
        self.seen.clear();
        let is_news = self.problem.as_ref() != Some(&problem);
        self.problem = Some(problem);
        is_news
    }
}

fn stamps(files: &[Pair]) -> Vec<Stamp> {
    files.iter().flat_map(|pair| [stamp(&pair.certificate), stamp(&pair.key)]).collect()
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec()))
}
