//! The server as others see it: by its bytes, its sockets, its process and its dependencies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod budget;
mod chat;
mod client;
mod connection;
mod console;
mod disk;
mod durable;
mod folder;
mod full;
mod guide;
mod history;
mod hub;
mod life;
mod log;
mod login;
mod memory;
mod model;
mod page;
mod power;
mod presence;
mod presented;
mod private;
mod program;
mod publish;
mod purge;
mod resume;
mod sampling;
mod scripted;
mod serving;
mod slow;
mod sockets;
mod status;
mod storage;
mod stream;
mod tokens;
mod traced;
mod tree;
mod vanish;
mod words;
mod world;
