//! Unix sockets in the data directory, at which a running server answers processes of its own user.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{
        fd::AsRawFd,
        unix::{fs::PermissionsExt, net::UnixStream as BlockingStream},
    },
    path::Path,
};

use tokio::net::UnixListener;

/// Listens at a name in the folder, which this process has locked. A socket that is there is that of a process
/// that has ended, or that this one takes over.
pub(crate) fn listen(folder: &Path, name: &str) -> io::Result<UnixListener> {
    in_folder(folder, name, |path| {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(listener)
    })
}

/// Connects to the server that listens there.
pub(crate) fn connect(folder: &Path, name: &str) -> io::Result<BlockingStream> {
    in_folder(folder, name, |path| BlockingStream::connect(path))
}

/// A socket's path has at most 107 bytes, so it is reached through the open folder.
fn in_folder<T>(
    folder: &Path,
    name: &str,
    open: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    let folder = File::open(folder)?;
    let within = format!("/proc/self/fd/{}/{name}", folder.as_raw_fd());
    open(Path::new(&within))
}
