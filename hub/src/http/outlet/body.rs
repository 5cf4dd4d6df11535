//! The body of an answer that is a stream.

use std::convert::Infallible;

use bytes::Bytes;
use futures::{Stream, stream};

use super::Driver;

impl Driver {
    /// What it gives, as a stream for a body.
    pub(in crate::http) fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, async |mut driver| {
            let bytes = driver.next().await?;
            Some((Ok(bytes), driver))
        })
    }
}
