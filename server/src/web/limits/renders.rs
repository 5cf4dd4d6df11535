//! Limits how many pages are rendered at once.

use std::time::Duration;

use axum::http::StatusCode;
use belfry_hub::http::problem::Problem;
use tokio::{sync::SemaphorePermit, time::timeout};

use super::Limited;
use crate::tally::Rule;

/// The longest that a page waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(2);

impl Limited {
    /// Waits for the turn of a page, which lasts until it is dropped. Sending the page takes no turn: a slow
    /// reader keeps nobody waiting.
    ///
    /// # Errors
    /// Where that takes too long.
    pub async fn render(&self) -> Result<Option<SemaphorePermit<'_>>, Problem> {
        let Some(renders) = &self.0.renders else { return Ok(None) };
        match timeout(TURN_WITHIN, renders.acquire()).await {
            Ok(turn) => Ok(turn.ok()),
            Err(_) => {
                let why = "too many pages are being rendered; try again later";
                Err(self.refuse(Rule::Renders, StatusCode::SERVICE_UNAVAILABLE, TURN_WITHIN, why))
            }
        }
    }
}
