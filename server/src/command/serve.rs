//! `belfry serve`: the configuration goes in, the log and the keys to serve with come out.

use std::{env, error::Error, net::SocketAddr, path::Path, sync::Arc};

use tracing::info;

use crate::{
    Clock, Config, Keys, Log,
    log::{Embedded, Memory},
    tail, token,
};

/// The log of events, where the configuration says that it is.
///
/// # Errors
/// Where it cannot be opened.
pub fn open_log(config: &Config) -> Result<Arc<dyn Log>, Box<dyn Error>> {
    let (clock, tail, retention) =
        (Clock::system(), tail::Bounds::default(), config.retention.clone());
    Ok(match &config.data_dir {
        Some(folder) if !config.ephemeral => {
            Arc::new(Embedded::open(folder, clock, retention, tail)?)
        }
        _ => Arc::new(Memory::new(clock, retention, tail)),
    })
}

/// The keys that tokens are verified with: that of the data directory, which is made where there is
/// none, and those that are configured.
///
/// # Errors
/// Where one of them cannot be read or made, or is weak.
pub fn open_keys(config: &Config) -> Result<Keys, Box<dyn Error>> {
    let mut keys = match &config.data_dir {
        Some(folder) => Keys::generated(folder)?,
        None => Keys::default(),
    };
    if let Some(file) = &config.secret_file {
        keys = keys.with_secret_file(file)?;
    }
    for file in &config.public_keys {
        keys = keys.with_public_key(file)?;
    }
    Ok(keys)
}

/// Whether the data directory has no key yet.
#[must_use]
pub fn is_first_start(config: &Config) -> bool {
    let key = config.data_dir.as_deref().map(token::read_secret);
    matches!(key, Some(Err(error)) if error.is_missing())
}

/// Logs a command that publishes, for who starts the server for the first time. It holds no token,
/// but the command that makes one.
pub fn say_how_to_publish(config: &Config, address: SocketAddr) {
    let Some(folder) = &config.data_dir else { return };
    let program = env::args_os().next().unwrap_or_else(|| "belfry".into());
    let (program, folder) = (quoted(Path::new(&program)), quoted(folder));
    info!(
        "a key was made; publish with: curl -H \"Authorization: Bearer $({program} token \
         --data-dir {folder} --publish '*')\" -d hello http://{address}/topics/hello"
    );
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.chars().all(|one| one.is_ascii_alphanumeric() || "/._-~".contains(one)) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        assert_eq!(quoted(Path::new("/var/lib/belfry")), "/var/lib/belfry");
        assert_eq!(quoted(Path::new("my data")), "'my data'");
        assert_eq!(quoted(Path::new("it's")), r"'it'\''s'");
    }
}
