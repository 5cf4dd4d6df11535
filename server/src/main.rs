//! `belfry`: reads its configuration, binds its port, serves, drains, exits.

use std::{
    env,
    error::Error,
    fmt::Display,
    io::{self, IsTerminal, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Parser, error::ErrorKind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::{
    Clock, Config, Keys, Site,
    config::Flags,
    log::{Memory, Retention},
    serve, tail,
    token::Secret,
};
use tokio::{
    net::TcpListener,
    select,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// How long answers under way may take after SIGTERM.
const DRAIN: Duration = Duration::from_secs(10);

const CANNOT_SERVE: u8 = 1;
const BAD_CONFIGURATION: u8 = 2;

fn main() -> ExitCode {
    let flags = match Flags::try_parse() {
        Ok(flags) => flags,
        Err(asked)
            if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            // Who has stopped reading does not want the rest.
            let _ = asked.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(BAD_CONFIGURATION, first_line(&error)),
    };
    let config = match Config::from_flags(flags, |name| {
        env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }) {
        Ok(config) => config,
        Err(error) => return fail(BAD_CONFIGURATION, error),
    };
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(CANNOT_SERVE, error),
    }
}

#[tokio::main]
async fn run(config: Config) -> Result<(), Box<dyn Error>> {
    let _log = log_to_stderr(config.log.clone());
    raise_descriptor_limit();
    let hashes = config.hashed.then(Site::hashes_beside_binary);
    let site = Site::find(&config.site, hashes.as_deref())?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let log = Arc::new(Memory::new(Clock::system(), Retention::default(), tail::Bounds::default()));
    let keys = Arc::new(Keys::default().with_secret(&Secret::random()?));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A closed stdout is no reason not to serve.
    let _ =
        writeln!(io::stdout(), "Belfry is open at http://{}/", reachable(listener.local_addr()?));

    let shutdown = CancellationToken::new();
    let mut serving = pin!(serve(config, site, log, keys, listener, shutdown.clone()));
    select! {
        () = &mut serving => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => {}
    }
    info!(at_most_s = DRAIN.as_secs(), "draining");
    shutdown.cancel();
    select! {
        drained = timeout(DRAIN, serving) => if drained.is_err() {
            warn!("not drained in time");
        },
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Logs until the returned guard is dropped. Lines are lost rather than waited for: a terminal or a
/// journal that takes no more must not stop the streams.
fn log_to_stderr(filter: Targets) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(io::stderr());
    let lines =
        tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines).with(filter).init();
    guard
}

/// Each reader needs a descriptor, and the usual soft limit is 1,024: takes all that is allowed.
fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        warn!(%error, "cannot raise the limit of open files");
    }
}

/// An address to open in a browser: one that stands for all of them is replaced by this machine's.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listening.port())
}

/// What clap says in several lines, in one.
fn first_line(error: &clap::Error) -> String {
    let said = error.to_string();
    let line = said.lines().next().unwrap_or_default();
    format!("{}; see belfry --help", line.trim_start_matches("error: "))
}

#[expect(clippy::print_stderr, reason = "said before, or instead of, serving")]
fn fail(code: u8, why: impl Display) -> ExitCode {
    eprintln!("belfry: {why}");
    ExitCode::from(code)
}
