//! Starts nginx with a configuration of our own, where it can be reached on a free port.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::{Dialect, Serving};
use crate::{Result, folder, machine::text, process::Process};

const PATIENCE: Duration = Duration::from_secs(10);

/// One that answers everything with a short text.
pub(crate) fn start(connections: usize) -> Result<Serving> {
    start_with(connections, "", "location / { return 200 'hello'; }", Dialect::BELFRY)
}

/// One with other locations, which are spoken to in a dialect of their own.
pub(super) fn start_with(
    connections: usize,
    modules: &str,
    locations: &str,
    dialect: Dialect,
) -> Result<Serving> {
    let (folder, address) = (folder::temporary()?, free_address()?);
    let path = folder.path().display();
    let backlog = text("/proc/sys/net/core/somaxconn");
    let configuration = format!(
        "{modules}
daemon off;
pid {path}/nginx.pid;
error_log {path}/error.log warn;
worker_processes auto;
worker_rlimit_nofile {files};
events {{ worker_connections {files}; }}
http {{
    access_log off;
    client_body_temp_path {path}/body;
    proxy_temp_path {path}/proxy;
    fastcgi_temp_path {path}/fastcgi;
    uwsgi_temp_path {path}/uwsgi;
    scgi_temp_path {path}/scgi;
    keepalive_requests 1000000;
    server {{
        listen {address} backlog={backlog};
        {locations}
    }}
}}
",
        files = connections + 1_000,
        backlog = backlog.trim(),
    );
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(file).arg("-p").arg(folder.path());
    let process = Process::start(command)?;
    wait(address)?;
    Ok(Serving { dialect, ..Serving::at(address, process, Some(folder)) })
}

/// Waits until somebody listens.
pub(crate) fn wait(address: SocketAddr) -> Result<()> {
    let begun = Instant::now();
    while let Err(error) = TcpStream::connect(address) {
        if begun.elapsed() > PATIENCE {
            return Err(format!("nobody listens at {address}: {error}").into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// An address at which nobody listens now.
pub(super) fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
