//! Watches the files of certificates, and tells when to reload them.

use std::{fs, os::unix::fs::MetadataExt, path::Path, sync::Arc, time::Duration};

use tokio::{
    select,
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::config::Pair;

/// How often to look at the files. A notification by the kernel would miss what happens on the other side
/// of a network file system or a mounted secret.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What changes when a file is written or replaced: device and inode, size, and time.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// Who asks for the files to be reloaded, and wants to know when that is done.
pub type Asked = mpsc::Receiver<oneshot::Sender<()>>;

/// Why to reload them.
pub(super) enum Reason {
    Changed,
    /// Somebody has asked, and waits.
    Asked(oneshot::Sender<()>),
}

impl Reason {
    /// They are loaded, or cannot be.
    pub(super) fn answer(self) {
        if let Self::Asked(asking) = self {
            // Whoever no longer waits need not be told.
            let _ = asking.send(());
        }
    }
}

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

    /// Waits until the files have changed, or until it is `asked`; `None` if the `shutdown` comes first.
    pub(super) async fn changed(
        &mut self,
        asked: &mut Asked,
        shutdown: &CancellationToken,
    ) -> Option<Reason> {
        loop {
            let reason = select! {
                () = shutdown.cancelled() => return None,
                Some(asking) = asked.recv() => Reason::Asked(asking),
                () = sleep(LOOK_EVERY) => Reason::Changed,
            };
            let files = self.files();
            let now = spawn_blocking(move || stamps(&files)).await.unwrap_or_default();
            let is_asked = matches!(reason, Reason::Asked(_));
            if is_asked || now != self.seen {
                self.seen = now;
                if is_asked {
                    // Whoever asks is told again.
                    self.problem = None;
                }
                return Some(reason);
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
