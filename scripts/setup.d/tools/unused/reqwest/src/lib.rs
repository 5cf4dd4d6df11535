//! Stands in for reqwest, with which cargo-leptos would download tools if it were allowed to: only what it
//! uses of it. Every request fails.

use std::{convert::Infallible, error, fmt};

use bytes::Bytes;

#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this cargo-leptos was built by Belfry's scripts/setup, without downloads")
    }
}

impl error::Error for Error {}

pub async fn get(_: &str) -> Result<Response, Error> {
    Err(Error)
}

#[derive(Default)]
pub struct ClientBuilder;

impl ClientBuilder {
    #[must_use]
    pub fn user_agent(self, _: &str) -> Self {
        self
    }

    pub fn build(self) -> Result<Client, Error> {
        Err(Error)
    }
}

#[derive(Default)]
pub struct Client;

impl Client {
    pub fn get(&self, _: String) -> RequestBuilder {
        RequestBuilder
    }
}

pub struct RequestBuilder;

impl RequestBuilder {
    pub async fn send(self) -> Result<Response, Error> {
        Err(Error)
    }
}

/// There is none.
pub struct Response(Infallible);

impl Response {
    pub fn status(&self) -> Status {
        match self.0 {}
    }

    pub async fn bytes(self) -> Result<Bytes, Error> {
        match self.0 {}
    }

    pub async fn json<T>(self) -> Result<T, Error> {
        match self.0 {}
    }
}

/// There is none.
pub struct Status(Infallible);

impl fmt::Display for Status {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}

impl Status {
    pub fn is_success(&self) -> bool {
        match self.0 {}
    }
}
