//! Pushpin, with nginx behind it that tells it to hold each stream.

use std::{
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    contender::{Dialect, Serving, nginx},
    folder,
    process::Process,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Until its processes have found each other; who comes earlier is cut off.
const SETTLES: Duration = Duration::from_secs(2);

/// Says, by headers, that a stream belongs to the channel that its path names.
const ORIGIN: &str = "
        location ~ ^/stream/(.+)$ {
            default_type text/event-stream;
            add_header Grip-Hold stream;
            add_header Grip-Channel $1;
            return 200 ':\\n\\n';
        }";

const DIALECT: Dialect = Dialect {
    stream: |topics| format!("/stream/{}", topics[0]),
    publish: |_| "/publish/".into(),
    content_type: "application/json",
    body: |topic, data| {
        format!(
            r#"{{"items":[{{"channel":"{topic}","formats":{{"http-stream":{{"content":"data: {data}\n\n"}}}}}}]}}"#
        )
    },
};

/// By which Pushpin asks the server behind it.
const ZURL: &str = "[General]
in_spec=ipc://{path}/zurl-in
in_stream_spec=ipc://{path}/zurl-in-stream
out_spec=ipc://{path}/zurl-out
in_req_spec=ipc://{path}/zurl-req
defpolicy=allow
timeout=600
in_hwm=20000
out_hwm=20000
max_open_requests=20000
";

/// The default rate and queue are for a few readers of a slow network.
const PUSHPIN: &str = "[global]
include={libdir}/internal.conf
rundir={path}
ipc_prefix=pushpin-
[runner]
services=condure,pushpin-proxy,pushpin-handler
http_port=127.0.0.1:{port}
logdir={path}
log_level=1
client_buffer_size=8192
client_maxconn=20000
[proxy]
routesfile={path}/routes
zurl_out_specs=ipc://{path}/zurl-in
zurl_out_stream_specs=ipc://{path}/zurl-in-stream
zurl_in_specs=ipc://{path}/zurl-out
[handler]
push_in_spec=ipc://{path}/push
push_in_sub_specs=ipc://{path}/push-sub
command_spec=ipc://{path}/command
push_in_http_addr=127.0.0.1
push_in_http_port={publish}
message_rate=1000000
message_hwm=1000000
";

pub(super) fn start(connections: usize) -> Result<Serving> {
    let mut origin = nginx::start_with(connections, "", ORIGIN, DIALECT)?;
    let folder = folder::temporary()?;
    let [address, publish_at] = [nginx::free_address()?, nginx::free_address()?];
    let write = |name: &str, text: &str| {
        let text = text
            .replace("{path}", &folder.path().display().to_string())
            .replace("{port}", &address.port().to_string())
            .replace("{publish}", &publish_at.port().to_string());
        fs::write(folder.path().join(name), text)
    };
    write("zurl.conf", ZURL)?;
    write("pushpin.conf", PUSHPIN)?;
    write("routes", &format!("* {}\n", origin.address))?;
    origin.beside = Some(run("zurl", &folder.path().join("zurl.conf"))?);
    let process = run("pushpin", &folder.path().join("pushpin.conf"))?;
    thread::sleep(SETTLES);
    nginx::wait(publish_at)?;
    let serving = Serving::at(address, process, Some(folder));
    wait_for_origin(&serving)?;
    Ok(Serving { publish_at, dialect: DIALECT, origin: Some(Box::new(origin)), ..serving })
}

/// Until it has found what is behind it, it closes, or answers with 502.
fn wait_for_origin(serving: &Serving) -> Result<()> {
    let begun = Instant::now();
    while !probe(serving).is_ok_and(|head| head.ends_with(b"200")) {
        if begun.elapsed() > PATIENCE {
            return Err("what is behind Pushpin does not answer".into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Asks for a stream, and returns the answer's first line up to its status.
fn probe(serving: &Serving) -> io::Result<[u8; 12]> {
    let mut head = [0; 12];
    let mut socket = TcpStream::connect(serving.address)?;
    socket.write_all(b"GET /stream/probe HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    socket.read_exact(&mut head)?;
    Ok(head)
}

fn run(program: &str, configuration: &Path) -> Result<Process> {
    let mut command = Command::new(program);
    command.arg(format!("--config={}", configuration.display()));
    Process::start(command)
}
