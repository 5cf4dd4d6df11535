//! The edge: the sockets, and when a connection ends.
//!
//! - [`listen`]: binds the addresses and paths, and takes what systemd passes
//! - [`accept`]: one task for each listener
//! - `admission`: how many, and how fast from one client; `proxy_protocol`: for whom a proxy opens a connection
//! - `shared`: what all connections share
//! - `connection`: serves one connection over its `socket`, with these around it:
//!   - `stall`, `vanished`: a reader that takes nothing, and one that is gone
//!   - [`tls`]: its certificates and the handshake; `rewound`: what was read to see what a client speaks
//!   - `http2`: many streams on one connection
//!   - `http1`: one request after the other, with
//!     - `owed`, `bodies`: which answer is pending
//!     - `heads`, `refusal`: requests that do not come, and bytes that are none
//!     - `linger`, `lingering`: clients that are still sending when they are answered
//!     - `half_closed`: a client that ends its sending side first
//!     - `handing_over`: a stream that writers send, and `taken_back`: its socket
//!   - `pass_on`: what these wrappers leave to the socket within

mod accept;
mod admission;
mod bodies;
mod connection;
mod half_closed;
mod handing_over;
mod heads;
mod http1;
mod http2;
mod linger;
mod lingering;
pub mod listen;
mod owed;
mod pass_on;
mod proxy_protocol;
mod refusal;
mod rewound;
mod shared;
mod socket;
mod stall;
mod taken_back;
pub mod tls;
mod vanished;

pub use accept::accept;
