//! `belfry serve --takeover`: finds the server to take over, and takes its log. Every server offers itself to be
//! taken over.

use std::{error::Error, path::Path};

use tracing::warn;

use super::{
    serve::{Opened, open_log},
    systemd,
};
use crate::{
    Config,
    edge::listen::Listeners,
    endings::Endings,
    takeover::{Offer, Predecessor},
};

/// The server to take over, if that is asked for with its data directory and there is one.
///
/// # Errors
/// If there is one and it refuses.
pub fn find_predecessor(folder: Option<&Path>) -> Result<Option<Predecessor>, Box<dyn Error>> {
    let found = folder.map_or(Ok(None), Predecessor::find);
    Ok(found.map_err(|error| format!("cannot take over from the running server: {error}"))?)
}

/// Opens the log of the predecessor, if there is one, and relieves it: nothing can go wrong any more. The files
/// of `listeners` are this process's from then on.
///
/// # Errors
/// If the log cannot be opened; the predecessor then carries on.
pub fn take_log(
    config: &Config,
    predecessor: Option<Predecessor>,
    listeners: &Listeners,
) -> Result<Opened, Box<dyn Error>> {
    let Some(predecessor) = predecessor else { return open_log(config) };
    predecessor.close_log()?;
    let opened = open_log(config)?;
    predecessor.relieve(opened.log.clone())?;
    listeners.each().for_each(|(_, listener)| listener.own_file());
    Ok(opened)
}

/// Waits for a successor, where the log can be handed over.
pub fn offer_to_successors(
    config: &Config,
    opened: &Opened,
    listeners: &Listeners,
    endings: &Endings,
) {
    let (Some(log), Some(folder)) = (&opened.on_disk, &config.data_dir) else { return };
    match Offer::new(folder, log.clone(), listeners, endings.clone()) {
        Ok(offer) => drop(tokio::spawn(offer.stand(systemd::is_now))),
        Err(error) => warn!(%error, "this server cannot be taken over while it runs"),
    }
}
