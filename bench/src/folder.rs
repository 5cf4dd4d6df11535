//! Folders for the logs of servers that are measured.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::Result;

/// A folder beside the build: a disk, and not a `tmpfs`.
pub(crate) fn temporary() -> Result<TempDir> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    fs::create_dir_all(&beside)?;
    Ok(TempDir::with_prefix_in("bench-", beside)?)
}
