//! Sockets that one process hands to the next: neither refuses a connection meanwhile, and none is lost that
//! waits to be accepted.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use serde::{Deserialize, Serialize};
use socket2::SockRef;

use super::{
    listener::{Identity, Listener, SocketFile},
    passed::Socket,
};
use crate::config::Endpoint;

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// All that the server answers.
    Everything,
    /// Redirects to https alone.
    Redirects,
    /// The metrics alone.
    Metrics,
}

/// What has to be known of a socket beside itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct About {
    /// What it is for.
    pub purpose: Purpose,
    /// systemd opened it, and not the server.
    pub passed: bool,
    /// The file that the server made for it.
    pub(super) file: Option<Identity>,
}

/// A second handle to a socket of this process, for the next one.
#[derive(Debug)]
pub struct Copied {
    socket: OwnedFd,
    about: About,
    file: Option<SocketFile>,
}

impl Copied {
    /// Of a listener.
    ///
    /// # Errors
    /// If there is no descriptor left.
    pub fn of(listener: &Listener, purpose: Purpose) -> io::Result<Self> {
        let socket = listener.socket.as_fd().try_clone_to_owned()?;
        let file = listener.file.clone();
        let identity = file.as_ref().map(SocketFile::identity);
        let about = About { purpose, passed: listener.passed, file: identity };
        Ok(Self { socket, about, file })
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// What is told of it.
    #[must_use]
    pub fn about(&self) -> About {
        self.about
    }

    /// Leaves its file to the next process, which removes it.
    pub fn leave_file(&self) {
        if let Some(file) = &self.file {
            file.is_ours(false);
        }
    }
}

/// The sockets that the process before this one has handed over.
#[derive(Debug, Default)]
pub struct Inherited(Vec<One>);

#[derive(Debug)]
struct One {
    socket: Socket,
    endpoint: Endpoint,
    about: About,
}

impl Inherited {
    /// Those sockets.
    ///
    /// # Errors
    /// If one of them is not a socket, or nothing is told of one.
    pub fn new(sockets: Vec<OwnedFd>, about: &[About]) -> io::Result<Self> {
        if sockets.len() != about.len() {
            return Err(io::Error::other("there are not as many sockets as were announced"));
        }
        let one = |(socket, about): (OwnedFd, &About)| {
            let is_unix = SockRef::from(&socket).local_addr()?.is_unix();
            let socket =
                if is_unix { Socket::Unix(socket.into()) } else { Socket::Tcp(socket.into()) };
            Ok(One { endpoint: socket.endpoint()?, socket, about: *about })
        };
        sockets.into_iter().zip(about).map(one).collect::<io::Result<_>>().map(Self)
    }

    /// Where those listen that systemd has opened.
    #[must_use]
    pub fn passed(&self) -> Vec<Endpoint> {
        let passed = self.0.iter().filter(|one| one.about.passed);
        passed.map(|one| one.endpoint.clone()).collect()
    }

    /// Takes those that systemd has opened.
    pub(super) fn take_passed(&mut self) -> io::Result<Vec<Listener>> {
        self.0.extract_if(.., |one| one.about.passed).map(One::listener).collect()
    }

    /// Takes the one for a purpose that listens where it is wanted, if there is one; on port 0 any port.
    pub(super) fn take(
        &mut self,
        purpose: Purpose,
        wanted: &Endpoint,
    ) -> io::Result<Option<Listener>> {
        let fits = |one: &One| one.about.purpose == purpose && fits(&one.endpoint, wanted);
        let place = self.0.iter().position(fits);
        place.map(|place| self.0.swap_remove(place).listener()).transpose()
    }

    /// Removes the files of those that nobody has taken: nobody will listen there any more.
    pub fn remove_files(&self) {
        for One { endpoint, about, .. } in &self.0 {
            if let (Endpoint::Unix(path), Some(identity)) = (endpoint, about.file) {
                // By being let go.
                drop(SocketFile::made_at(path.clone(), identity));
            }
        }
    }
}

impl One {
    fn listener(self) -> io::Result<Listener> {
        let file = match (&self.endpoint, self.about.file) {
            // Removed by the process before, until that has ended for good.
            (Endpoint::Unix(path), Some(identity)) => {
                let file = SocketFile::made_at(path.clone(), identity);
                file.is_ours(false);
                Some(file)
            }
            _ => None,
        };
        let listener = self.socket.listener()?;
        Ok(Listener { file, passed: self.about.passed, ..listener })
    }
}

fn fits(there: &Endpoint, wanted: &Endpoint) -> bool {
    match (there, wanted) {
        (Endpoint::Tcp(there), Endpoint::Tcp(wanted)) if wanted.port() == 0 => {
            there.ip() == wanted.ip()
        }
        _ => there == wanted,
    }
}
