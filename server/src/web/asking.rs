//! Who a request comes from, for pages: whatever it presents.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use wire::{identity::Identity, tick::Tick};

use crate::{
    AppState,
    web::{client::Client, presented::Presented},
};

/// Who a request comes from. A rejected token is a possible answer, not an error.
pub(crate) struct Asking(pub(crate) Identity);

impl FromRequestParts<AppState> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let presented = state.tokens().presented(&Client::among(&parts.extensions), &parts.headers);
        Ok(Self(presented.map_or_else(|_| Identity::refused(), identity)))
    }
}

fn identity(Presented { grant, by_cookie }: Presented) -> Identity {
    Identity {
        mark: grant.mark(),
        cookie: by_cookie,
        until: grant.until.map(Tick::from_micros),
        subject: grant.subject,
    }
}
