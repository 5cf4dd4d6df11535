//! What answers over HTTP.
//!
//! - [`router`]: the routes; `around`: what surrounds them all; [`state`]: what handlers share
//! - [`base_path`]: the prefix under which all of it stands
//! - [`page`]: the pages; [`language`], `preference`: theirs; `documents`, [`site`], `etag`: files; `caching`:
//!   who may keep them
//! - [`chat`]: what is said in a room, and who is there; [`status`]: the server's health; [`metrics`]: for a
//!   monitoring system
//! - [`login`]: tokens as cookies; `presented`: the token of a request, and what it allows in the hub;
//!   `asking`: who a request comes from
//! - [`client`]: who sends a request, by its connection and by what trusted proxies say, whose headers
//!   are read in `client/forwarded.rs` alone (those that only give a proxy away: `OF_PROXIES`); `identify` finds it
//! - `hosts`: the hosts that are answered for; `hsts`: who is to use https only; `sender`: whose page sent a
//!   request; `cors`: which pages of other origins may read the answer; `options`: which methods a path has
//! - [`limits`]: what clients may take; a stream too many gets no problem but is told when to come back
//! - `cookies`: what browsers keep; `redirect`: where they may be sent on to; [`to_https`]: what answers on
//!   plain HTTP beside https
//! - `heads`: which are too large; `access`: the ids of requests, and a line for each
//! - [`probe`]: the clock's probes; `health`: `/healthz` and `/readyz`; `not_found`: what there is not

pub(crate) mod access;
mod around;
mod asking;
pub mod base_path;
mod caching;
pub mod chat;
pub mod client;
mod cookies;
mod cors;
mod documents;
mod etag;
pub(crate) mod heads;
mod health;
mod hosts;
mod hsts;
mod identify;
pub mod language;
pub mod limits;
pub mod login;
pub mod metrics;
mod not_found;
mod options;
pub mod page;
mod preference;
mod presented;
pub mod probe;
mod redirect;
pub mod router;
mod sender;
pub mod site;
pub mod state;
pub mod status;
pub mod to_https;
