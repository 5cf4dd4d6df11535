//! The commands that speak to a server: arguments go in, requests go out, answers come back.

pub mod stream;
