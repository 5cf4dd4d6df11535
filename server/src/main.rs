//! `belfry`: reads its configuration, binds its port, serves, drains, exits. Its other commands do one
//! thing and exit.

use std::{
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    process::{self, ExitCode},
    sync::{Arc, Mutex, PoisonError},
};

use clap::{Parser, error::ErrorKind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::{
    Config, Site,
    allocator::give_back_large_blocks,
    cli::{
        Command, CommandLine,
        remote::{broken_pipe, follow::Follow, publish::publish, purge::purge},
        revoke::revoke,
        serve::{
            is_first_start, open_authority, open_log, open_tls, say_how_to_publish,
            warn_of_every_host,
        },
        signals::{self, Ending},
        storage, systemd, token,
    },
    config::CLOSE,
    config::{Endpoint, Flags},
    edge::listen::{Listener, Passed, listen},
    failure::Failure,
    lines::{self, LineFormat},
    metrics::Exposure,
    serve,
    stdout::print_line,
};
use tokio::{net::TcpListener, runtime::Runtime, select, sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

fn main() -> ExitCode {
    let done = match CommandLine::try_parse() {
        Ok(line) => perform(line.command()),
        Err(asked)
            if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            // If the output was closed, the rest is not wanted.
            let _ = asked.print();
            Ok(())
        }
        Err(error) => Err(error.into()),
    };
    done.map_or_else(|failure| fail(&failure), |()| ExitCode::SUCCESS)
}

fn perform(command: Command) -> Result<(), Failure> {
    let look_up = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    match command {
        Command::Serve(flags) => {
            let passed = Passed::take().map_err(Failure::new)?;
            let passed_at = passed.endpoints().map_err(Failure::new)?;
            let config = Config::from_flags(Flags { passed: passed_at, ..flags }, look_up)?;
            give_back_large_blocks();
            run(config, passed).map_err(Failure::new)
        }
        Command::Token(flags) => {
            print_line(io::stdout(), &token::Request::from_flags(flags, look_up)?.mint()?)
        }
        Command::Revoke(flags) => revoke(flags, look_up, io::stdin(), io::stdout()),
        Command::Publish(flags) => publish(flags, io::stdin(), io::stdout()),
        Command::Follow(flags) => {
            let follow = Follow::from_flags(flags)?;
            broken_pipe::once_closed(|| exit());
            follow.run(io::stdout(), io::stderr())
        }
        Command::Purge(flags) => purge(flags, io::stdout()),
        Command::Backup(flags) => storage::backup(flags, look_up, io::stdout()),
        Command::Restore(flags) => storage::restore(flags, look_up, io::stdout()),
        Command::Check(flags) => storage::check(flags, look_up, io::stdout()),
    }
}

fn run(config: Config, passed: Passed) -> Result<(), Box<dyn Error>> {
    // Dropped after the runtime: what hangs there is reported.
    let lines = log_to_stderr(config.log.clone(), config.log_format);
    let runtime = Runtime::new()?;
    runtime.block_on(run_until_asked(config, passed, lines.last()))
}

async fn run_until_asked(
    config: Config,
    passed: Passed,
    last_words: impl FnOnce() + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    raise_descriptor_limit();
    signals::outlive_the_limit_of_file_sizes()?;
    let hashes = config.hashed.then(Site::hashes_beside_binary);
    let site = Site::find(&config.site, hashes.as_deref())?;
    let first_start = is_first_start(&config);
    let log = open_log(&config)?;
    let authority = Arc::new(open_authority(&config)?);
    let tls = open_tls(&config)?;
    let listeners = listen(&config, passed)?.into_iter();
    let listeners: Vec<_> = listeners.map(|listener| listener.with_tls(tls.clone())).collect();
    let scraped = match config.metrics {
        Exposure::At(address) => Some(listen_for_metrics(address).await?),
        _ => None,
    };
    let drain = config.drain;
    let asked_to_end = signals::listen(drain, || {
        last_words();
        exit();
    })?;
    warn_of_every_host(&config, listeners.iter().map(Listener::endpoint));
    let places: Vec<_> = listeners.iter().map(reachable).collect();
    if first_start {
        say_how_to_publish(&config, &places);
    }
    for place in places {
        // A closed stdout does not keep the server from serving.
        let _ = writeln!(io::stdout(), "Belfry is listening on {place}");
    }

    let (shutdown, reload) = (CancellationToken::new(), Arc::new(Notify::new()));
    signals::on_hang_up(reload.clone())?;
    if let Some(tls) = tls {
        let shutdown = shutdown.clone();
        tokio::spawn(async move { tls.keep_fresh(&reload, &shutdown).await });
    }
    let mut serving =
        pin!(serve(config, site, log, authority, listeners, scraped, shutdown.clone()));
    systemd::ready();
    tokio::spawn(systemd::watch());
    let ending = select! {
        () = &mut serving => return Ok(()),
        ending = asked_to_end => ending?,
    };
    systemd::stopping();
    if ending == Ending::Drain {
        info!(at_most_s = drain.as_secs(), "draining");
        shutdown.cancel();
        if timeout(drain.saturating_sub(CLOSE), serving).await.is_err() {
            warn!("draining timed out");
        }
    }
    Ok(())
}

async fn listen_for_metrics(address: SocketAddr) -> Result<Listener, Box<dyn Error>> {
    let listening = TcpListener::bind(address).await.and_then(Listener::try_from);
    let listener = listening.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    info!("metrics are at http://{}/metrics", listener.endpoint());
    Ok(listener)
}

/// Ends the program, whatever its other threads do.
#[expect(clippy::disallowed_methods, reason = "this is main")]
fn exit() -> ! {
    process::exit(0)
}

/// The lines of the log on their way to stderr: written to the last one when this is dropped.
struct Lines(Arc<Mutex<Option<WorkerGuard>>>);

impl Lines {
    /// Does the same where nobody comes to drop it.
    fn last(&self) -> impl FnOnce() + Send + 'static {
        let same = Self(self.0.clone());
        move || drop(same)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// How many lines may wait for stderr. The room for all of them is written at the start: with the
/// library's own number that is 4 MB.
const WAITING_LINES: usize = 8192;

/// Logs until the returned guard is dropped. Lines are dropped rather than waited for: a blocked terminal
/// or journal must not stop the streams.
fn log_to_stderr(filter: Targets, format: LineFormat) -> Lines {
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).finish(io::stderr());
    let lines = lines::layer(format, writer, io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines).with(filter).init();
    Lines(Arc::new(Mutex::new(Some(guard))))
}

/// Each reader needs a descriptor, and the usual soft limit is 1,024: raises it to the hard limit.
fn raise_descriptor_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        warn!(%error, "cannot raise the open-file limit");
    }
}

/// What to open in a browser, or connect to: the unspecified address is replaced by loopback.
fn reachable(listener: &Listener) -> String {
    let Endpoint::Tcp(listening) = listener.endpoint() else {
        return listener.endpoint().to_string();
    };
    let ip = match listening.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let scheme = if listener.is_secure() { "https" } else { "http" };
    format!("{scheme}://{}/", SocketAddr::new(ip, listening.port()))
}

#[expect(clippy::print_stderr, reason = "said before, or instead of, doing what was asked")]
fn fail(failure: &Failure) -> ExitCode {
    eprintln!("belfry: {failure}");
    ExitCode::from(failure.code)
}
