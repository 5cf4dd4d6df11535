//! The server's half of Belfry. The modules stand in the order in which an event travels:
//!
//! ```text
//! clock → hub → sse ⇢ the wire ⇢ the browser
//! ```
//!
//! [`clock`] says what time it is, [`hub`] gives each state topic's newest value to everyone who
//! follows it, [`sse`] turns it into bytes for one reader. [`http`] is the application as a value,
//! with [`page`], [`probe`] and [`site`] as its parts; [`edge`] owns the sockets.

pub mod clock;
pub mod config;
pub mod edge;
pub mod http;
pub mod hub;
pub mod page;
pub mod probe;
pub mod site;
pub mod sse;

pub use clock::Clock;
pub use config::Config;
pub use edge::serve;
pub use http::{AppState, router};
pub use hub::Hub;
pub use site::Site;
