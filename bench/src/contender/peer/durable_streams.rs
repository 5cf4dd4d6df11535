//! The server of the crate `durable-streams`, as durable as Belfry: its default.

use std::{io::Write, net::TcpStream, process::Command};

use crate::{
    Result,
    contender::{Dialect, Serving, nginx},
    folder, http,
    load::topic,
    process::Process,
};

pub(super) fn start() -> Result<Serving> {
    let (folder, address) = (folder::temporary()?, nginx::free_address()?);
    let mut command = Command::new("durable-streams-server");
    command.arg("--port").arg(address.port().to_string());
    command.arg("--data-dir").arg(folder.path().join("data"));
    let mut process = Process::start(command)?;
    process.address()?;
    let dialect = Dialect {
        stream: |topics| format!("/{}?offset=now&live=sse", topics[0]),
        publish: |topic| format!("/{topic}"),
        ..Dialect::BELFRY
    };
    let serving = Serving { dialect, ..Serving::at(address, process, Some(folder)) };
    create(&serving)?;
    Ok(serving)
}

/// A stream is there only once it was made.
fn create(serving: &Serving) -> Result<()> {
    let mut socket = TcpStream::connect(serving.address)?;
    let (topic, host) = (topic(0), serving.address);
    let request = format!(
        "PUT /{topic} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"
    );
    socket.write_all(request.as_bytes())?;
    http::answer(&mut socket).map(drop)
}
