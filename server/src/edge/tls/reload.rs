//! Watches the files of certificates, and loads them again when they change.

use std::{fs, os::unix::fs::MetadataExt, path::Path, time::Duration};

use rustls::sign::CertifiedKey;
use tokio::{select, sync::Notify, task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{Tls, certificates::CertificateError, load_all, warn_of_its_time};
use crate::config::Pair;

/// How often to look at the files. A notification by the kernel would miss what happens on the other side
/// of a network file system or a mounted secret.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What changes when a file is written or replaced: device and inode, size, and time.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

pub(super) async fn run(tls: &Tls, asked: &Notify, shutdown: &CancellationToken) {
    let mut seen = stamps(tls).await;
    loop {
        let is_asked = select! {
            () = shutdown.cancelled() => return,
            () = asked.notified() => true,
            () = sleep(LOOK_EVERY) => false,
        };
        let now = stamps(tls).await;
        if is_asked || now != seen {
            seen = now;
            load_again(tls).await;
        }
    }
}

/// Replaces the certificates, all or none: a pair of which only one half has been written does not fit.
async fn load_again(tls: &Tls) {
    let (files, provider) = (tls.files.clone(), tls.provider.clone());
    if files.is_empty() {
        return;
    }
    match spawn_blocking(move || load_all(&files, &provider)).await {
        Ok(Ok(certificates)) => replace(tls, certificates),
        Ok(Err(problem)) => say(&problem),
        Err(failure) => error!(%failure, "cannot load the TLS certificates again"),
    }
}

fn replace(tls: &Tls, certificates: Vec<CertifiedKey>) {
    certificates.iter().for_each(warn_of_its_time);
    info!(certificates = certificates.len(), "loaded the TLS certificates again");
    tls.choice.replace(certificates);
}

fn say(problem: &CertificateError) {
    error!(%problem, "the TLS certificates stay as they were");
}

async fn stamps(tls: &Tls) -> Vec<Stamp> {
    let files = tls.files.clone();
    let both = |pair: &Pair| [stamp(&pair.certificate), stamp(&pair.key)];
    spawn_blocking(move || files.iter().flat_map(both).collect()).await.unwrap_or_default()
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec()))
}
