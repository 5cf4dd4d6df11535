//! Backups: the running server writes them to whoever may use its data directory, and who asks for one
//! gets it whole or not at all.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::{
        fd::AsRawFd,
        unix::{fs::PermissionsExt, net::UnixStream as BlockingStream},
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::log::{Contents, Log};

/// The socket in the data directory that a backup is read from.
const SOCKET: &str = "backup.sock";

/// Whoever reads nothing for so long gets no backup.
const READS_WITHIN: Duration = Duration::from_secs(60);

/// Writes backups until `shutdown`.
pub(crate) async fn serve(folder: PathBuf, log: Arc<dyn Log>, shutdown: CancellationToken) {
    let listener = match listen(&folder) {
        Ok(listener) => listener,
        Err(error) => return warn!(%error, "no backups while the server runs"),
    };
    while let Some(Ok((stream, _))) = shutdown.run_until_cancelled(listener.accept()).await {
        tokio::spawn(write(stream, log.clone()));
    }
}

fn listen(folder: &Path) -> io::Result<UnixListener> {
    in_folder(folder, |path| {
        // Nobody else can have it: the folder is ours alone.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(listener)
    })
}

/// The path of a socket has at most 107 bytes: it is found through the open folder.
fn in_folder<T>(folder: &Path, open: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let folder = File::open(folder)?;
    let within = format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd());
    open(Path::new(&within))
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
        Ok(Contents { events, damaged }) => info!(events, damaged, "backed up"),
        Err(error) => warn!(%error, "a backup was not finished"),
    }
}

/// Reads a backup from the server that has a data directory open.
///
/// # Errors
/// Where no server answers, or it ends early.
pub(crate) fn read(folder: &Path, mut to: impl Write) -> io::Result<()> {
    let mut stream = in_folder(folder, |path| BlockingStream::connect(path))?;
    stream.set_read_timeout(Some(READS_WITHIN))?;
    io::copy(&mut stream, &mut to)?;
    to.flush()
}
