//! Unix sockets: their mode, those that a crash left behind, and their removal.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::Path,
};

use socket2::{Domain, SockAddr, Socket, Type};

use super::listener::{BACKLOG, Listener, SocketFile};
use crate::config::Endpoint;

/// Listens at `path`, with `mode` as the permissions of the socket's file.
pub(super) fn bind(path: &Path, mode: u32) -> io::Result<Listener> {
    let address = SockAddr::unix(path)?;
    remove_stale(path, &address)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&address)?;
    let file = SocketFile::at(path.into())?;
    // Nobody can connect before it listens.
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    socket.listen(BACKLOG)?;
    Listener::unix(socket.into(), Endpoint::Unix(path.into()), Some(file))
}

/// Removes a socket at which nobody listens any more. Whatever else is there stays, and `bind` fails.
fn remove_stale(path: &Path, address: &SockAddr) -> io::Result<()> {
    if !fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
        return Ok(());
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Who listens may have no room left, and would be waited for.
    socket.set_nonblocking(true)?;
    match socket.connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::{fs::MetadataExt, net::UnixListener};

    use tempfile::TempDir;

    use super::*;

    #[tokio::test]
    async fn a_socket_has_its_mode_and_goes_with_its_listener() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("belfry.sock");
        let listener = bind(&path, 0o640).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn only_a_socket_at_which_nobody_listens_is_replaced() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("belfry.sock");
        // A listener that crashes leaves its file.
        drop(UnixListener::bind(&path).unwrap());
        let first = bind(&path, 0o660).unwrap();
        let in_use = bind(&path, 0o660).unwrap_err();
        assert_eq!(in_use.kind(), io::ErrorKind::AddrInUse);

        // One that has been replaced leaves the other's file alone.
        fs::remove_file(&path).unwrap();
        let second = bind(&path, 0o660).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);

        fs::write(&path, "precious").unwrap();
        bind(&path, 0o660).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }
}
