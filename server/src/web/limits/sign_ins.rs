//! Limits how often sessions begin and end: the end of each is a write to the disk, and stays on the list of
//! revocations until it would have expired.

use std::time::Duration;

use axum::http::StatusCode;
use belfry_hub::{grant::Grant, http::problem::Problem};
use xxhash_rust::xxh3::xxh3_128;

use super::Limited;
use crate::{tally::Rule, web::client::Client};

impl Limited {
    /// Counts a sign-in or sign-out, whatever comes of it.
    ///
    /// # Errors
    /// The answer to a client that comes too early.
    pub(crate) fn sign_in_from(&self, client: &Client) -> Result<(), Problem> {
        let limit = |network| self.0.sign_ins_per_client.count(&network);
        self.answer(client.network().map_or(Ok(()), limit), "from this address")
    }

    /// Counts a sign-in or sign-out of whoever has these rights.
    ///
    /// # Errors
    /// The answer to somebody who comes too early.
    pub(crate) fn sign_in_of(&self, grant: &Grant) -> Result<(), Problem> {
        let token = grant.credentials.first().copied().unwrap_or_default();
        let subject = grant.subject.as_ref().map(|subject| xxh3_128(subject.as_bytes()));
        let holder = (grant.signer, subject.unwrap_or(token));
        self.answer(self.0.sign_ins_per_holder.count(&holder), "with this token or subject")
    }

    fn answer(&self, counted: Result<(), Duration>, whose: &str) -> Result<(), Problem> {
        counted.map_err(|wait| {
            let why = format!("too many sign-ins and sign-outs {whose}; try again later");
            self.refuse(Rule::SignInRate, StatusCode::TOO_MANY_REQUESTS, wait, &why)
        })
    }
}
