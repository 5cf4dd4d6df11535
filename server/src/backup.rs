//! Backups: the running server writes them for anyone who may use its data directory, whole or not at all.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use belfry_hub::log::{Contents, Log};
use rustix::process::geteuid;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::data_socket;

/// The socket in the data directory that a backup is read from.
const SOCKET: &str = "backup.sock";

/// How long a backup's reader may stall before the backup is abandoned.
const READS_WITHIN: Duration = Duration::from_secs(60);

/// Writes backups until `shutdown`.
pub(crate) async fn serve(folder: PathBuf, log: Arc<dyn Log>, shutdown: CancellationToken) {
    let listener = match data_socket::listen(&folder, SOCKET) {
        Ok(listener) => listener,
        Err(error) => return warn!(%error, "backups are unavailable while the server runs"),
    };
    while let Some(Ok((stream, _))) = shutdown.run_until_cancelled(listener.accept()).await {
        tokio::spawn(write(stream, log.clone()));
    }
}

async fn write(stream: UnixStream, log: Arc<dyn Log>) {
    let ours = stream.peer_cred().is_ok_and(|peer| [0, geteuid().as_raw()].contains(&peer.uid()));
    let Some(stream) = Some(stream).filter(|_| ours).and_then(|stream| stream.into_std().ok())
    else {
        return;
    };
    let written = async {
        stream.set_nonblocking(false)?;
        stream.set_write_timeout(Some(READS_WITHIN))?;
        log.back_up(Box::new(io::BufWriter::with_capacity(1 << 16, stream))).await
    };
    match written.await {
        Ok(Contents { events, damaged }) => info!(events, damaged, "backup written"),
        Err(error) => warn!(%error, "backup failed"),
    }
}

/// Reads a backup from the server that has a data directory open.
///
/// # Errors
/// If no server answers, or the backup ends early.
pub(crate) fn read(folder: &Path, mut to: impl Write) -> io::Result<()> {
    let mut stream = data_socket::connect(folder, SOCKET)?;
    stream.set_read_timeout(Some(READS_WITHIN))?;
    io::copy(&mut stream, &mut to)?;
    to.flush()
}
