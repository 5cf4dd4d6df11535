//! What the two servers say to each other: JSON, each message after its length.

use std::io::{self, Read, Write};

use belfry_hub::spans::Span;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::call::Call;
use crate::edge::listen::About;

/// The socket in the data directory at which a server can be taken over.
pub(super) const SOCKET: &str = "takeover.sock";

/// The version of these messages.
pub(super) const VERSION: u32 = 1;

/// The longest message, in bytes.
const LONGEST: u32 = 1 << 30;

/// What the successor says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FromSuccessor {
    /// It is there, and speaks this version.
    Hello { version: u32 },
    /// It could serve, but for the log.
    WantsLog,
    /// It has the log, and accepts connections from now on.
    Serves,
    /// The answer to a call, and the newest epoch of its log.
    Answers { number: u64, answer: Value, newest: Span },
}

/// What the predecessor says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FromPredecessor {
    /// The sockets that come next, and how systemd supervises the service.
    Sockets { sockets: Vec<About>, supervision: Supervision },
    /// The log can be opened.
    LogIsFree,
    /// It goes on by itself.
    Refuses { why: String },
    /// A request that it still has wants something of the log.
    Asks { number: u64, call: Call },
}

/// How systemd supervises the service, which it tells the process alone that it has started.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Supervision {
    /// `NOTIFY_SOCKET`.
    pub(super) socket: Option<String>,
    /// `WATCHDOG_USEC`.
    pub(super) watchdog: Option<String>,
}

fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 4).map_err(io::Error::other)?;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    Ok(bytes)
}

fn length(bytes: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_be_bytes(bytes);
    if length > LONGEST {
        return Err(io::Error::other("a message is too long"));
    }
    usize::try_from(length).map_err(io::Error::other)
}

/// Writes a message.
pub(super) async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> io::Result<()> {
    to.write_all(&frame(message)?).await
}

/// Reads a message.
pub(super) async fn read<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
) -> io::Result<T> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes).await?;
    let mut bytes = vec![0; length(bytes)?];
    from.read_exact(&mut bytes).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Writes a message, and waits until there is room for it.
pub(super) fn write_now(mut to: impl Write, message: &impl Serialize) -> io::Result<()> {
    to.write_all(&frame(message)?)
}

/// Reads a message, and waits until it is there.
pub(super) fn read_now<T: DeserializeOwned>(mut from: impl Read) -> io::Result<T> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    let mut bytes = vec![0; length(bytes)?];
    from.read_exact(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
