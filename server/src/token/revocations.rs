//! Revocations: the list of tokens, sessions and subjects whose rights were taken back before they expired.
//!
//! It is in memory, and where there is a data directory in the file `revoked` too, to which `belfry revoke`
//! appends as well: the server looks at it twice a second. So revoking needs no server that answers.

mod entry;
mod file;
mod known;
mod list;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::Path,
    slice,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use belfry_hub::grant::Grant;
use futures::{
    FutureExt,
    future::{BoxFuture, pending},
};
use tokio::{
    sync::Mutex as Turn,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::error;

pub(crate) use entry::Entry;
pub use file::FileError;
use file::RevocationsFile;
use known::Known;

/// Between two looks at what others have appended to the file.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A running server rewrites the file once it has this many lines more than twice what is still needed.
const SPARE_LINES: usize = 1000;

/// How long a revocation waits for the disk.
const WITHIN: Duration = Duration::from_secs(10);

/// What was revoked. A cheap handle.
#[derive(Clone, Debug, Default)]
pub struct Revocations(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    known: Known,
    /// `None` where it is in memory only.
    file: Option<Mutex<RevocationsFile>>,
    /// Whose turn it is to write. Those who wait hold no thread.
    turn: Turn<()>,
}

impl Revocations {
    /// Those in a data directory.
    ///
    /// # Errors
    /// If the list cannot be read, or is damaged: what was revoked must not become valid again.
    pub fn open(folder: &Path) -> Result<Self, FileError> {
        let (mut file, known) = (RevocationsFile::new(folder), Known::default());
        file.read(&known)?;
        file.tidy(&known);
        Ok(Self(Arc::new(Shared { known, file: Some(Mutex::new(file)), ..Shared::default() })))
    }

    /// Appends to the list in a data directory, whether or not a server is using it.
    ///
    /// # Errors
    /// If it cannot be read or written, or is damaged.
    pub(crate) fn append(folder: &Path, entry: Entry) -> Result<(), FileError> {
        RevocationsFile::new(folder).append(&[entry], &Known::default())
    }

    /// Whether what a grant was read from was revoked.
    pub(super) fn revokes(&self, grant: &Grant) -> bool {
        self.0.known.revokes(grant)
    }

    /// Revokes. From now on nothing that is revoked is valid, and when this returns it is on disk.
    ///
    /// # Errors
    /// If it could not be written within 10 s: then it is revoked until the server is started again.
    pub(super) async fn add(&self, entry: Entry) -> io::Result<()> {
        self.0.known.add(slice::from_ref(&entry));
        if self.0.file.is_none() {
            return Ok(());
        }
        let shared = self.0.clone();
        // It goes on when nobody waits for it any longer.
        let writing = tokio::spawn(async move {
            let writer = shared.clone();
            let _turn = shared.turn.lock().await;
            spawn_blocking(move || writer.write(&entry)).await
        });
        match timeout(WITHIN, writing).await {
            Ok(Ok(Ok(written))) => written.map_err(io::Error::other),
            Ok(Ok(Err(panicked)) | Err(panicked)) => Err(panicked.into()),
            Err(_) => Err(io::Error::other("the disk took too long to store the revocation")),
        }
    }

    /// Returns once what a grant was read from is revoked; never for one that cannot be.
    pub(super) fn heard(&self, grant: &Grant) -> BoxFuture<'static, ()> {
        if grant.credentials.is_empty() {
            return pending().boxed();
        }
        let (grant, revocations) = (grant.clone(), self.clone());
        let mut changed = self.0.known.changes();
        async move {
            // Also before it was asked for: the grant may have been read a moment ago.
            while !revocations.revokes(&grant) {
                // The sender is in what this holds.
                let _ = changed.changed().await;
            }
        }
        .boxed()
    }

    /// Takes in what others append to the file, until `shutdown`.
    pub(crate) async fn follow(&self, shutdown: CancellationToken) {
        if self.0.file.is_none() {
            return;
        }
        let mut last = None;
        while shutdown.run_until_cancelled(sleep(LOOK_EVERY)).await.is_some() {
            let shared = self.0.clone();
            let read = spawn_blocking(move || shared.read()).await;
            let why = read.map_or_else(
                |panic| Some(panic.to_string()),
                |read| read.err().map(|error| error.to_string()),
            );
            if why != last {
                why.iter().for_each(|why| error!("{why}"));
                last = why;
            }
        }
    }
}

impl Shared {
    /// Takes in what others have appended.
    fn read(&self) -> Result<(), FileError> {
        self.with_file(|file| file.read(&self.known))
    }

    fn write(&self, entry: &Entry) -> Result<(), FileError> {
        self.with_file(|file| {
            file.append(slice::from_ref(entry), &self.known)?;
            file.compact(2 * self.known.len() + SPARE_LINES, &self.known)
        })
    }

    fn with_file(
        &self,
        act: impl FnOnce(&mut RevocationsFile) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let Some(file) = &self.file else { return Ok(()) };
        act(&mut file.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
