//! Allows this process, and those that it starts, as many descriptors as the system lets it.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Result;

/// Those of a program besides its connections: its log, its listeners, its pipes.
const RESERVE: usize = 2_000;

/// Raises the soft limit to the hard one, and returns how many connections fit below it.
pub(crate) fn raise() -> Result<usize> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(usize::try_from(hard)?.saturating_sub(RESERVE))
}
