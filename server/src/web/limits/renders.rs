//! Limits how many pages are rendered at once.

use std::{net::IpAddr, time::Duration};

use axum::http::StatusCode;
use belfry_hub::http::problem::Problem;
use tokio::{sync::SemaphorePermit, time::timeout};

use super::{Limited, places::Place};
use crate::tally::Rule;

/// The longest that a page waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(2);

/// A page's turn, which ends when this is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    _permit: SemaphorePermit<'a>,
    _place: Option<Place<IpAddr>>,
}

impl Limited {
    /// Waits for the turn of a page, which lasts until it is dropped. `network` is its client's, if that is held to
    /// limits. Sending the page takes no turn: a slow
    /// reader keeps nobody waiting.
    ///
    /// # Errors
    /// Where that takes too long, or its client has its share already.
    pub async fn render(&self, network: Option<IpAddr>) -> Result<Option<Turn<'_>>, Problem> {
        let Some((renders, shares)) = &self.0.renders else { return Ok(None) };
        let place = network.map(|network| shares.take(network));
        if let Some(None) = place {
            let why = "too many pages are being rendered for this address; try again later";
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Err(self.refuse(Rule::Renders, status, TURN_WITHIN, why));
        }
        match timeout(TURN_WITHIN, renders.acquire()).await {
            Ok(permit) => {
                Ok(permit.ok().map(|permit| Turn { _permit: permit, _place: place.flatten() }))
            }
            Err(_) => {
                let why = "too many pages are being rendered; try again later";
                Err(self.refuse(Rule::Renders, StatusCode::SERVICE_UNAVAILABLE, TURN_WITHIN, why))
            }
        }
    }
}
