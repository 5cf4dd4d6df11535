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
    time::Duration,
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
        storage, systemd,
        takeover::{find_predecessor, offer_to_successors, take_log},
        token,
    },
    config::{self, CLOSE, Endpoint, Flags},
    edge::listen::{
        Inherited, Listener, Listeners, Passed, listen, listen_for_metrics, listen_to_redirect,
    },
    endings::Endings,
    failure::Failure,
    lines::{self, LineFormat},
    serve,
    stdout::print_line,
    takeover::Predecessor,
    web::base_path::BasePath,
};
use tokio::{
    runtime::Runtime,
    select,
    sync::{mpsc, oneshot::Receiver},
    time::{sleep, timeout},
};
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
            let mut passed_at = passed.endpoints().map_err(Failure::new)?;
            let folder = config::folder_to_take_over(&flags, look_up)?;
            let predecessor = find_predecessor(folder.as_deref()).map_err(Failure::new)?;
            if let Some(predecessor) = &predecessor {
                passed_at.extend(predecessor.passed());
                be_supervised(predecessor);
            }
            let config = Config::from_flags(Flags { passed: passed_at, ..flags }, look_up)?;
            give_back_large_blocks();
            run(config, passed, predecessor).map_err(Failure::new)
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

/// Lets systemd supervise this process in the place of its predecessor.
#[expect(unsafe_code, reason = "the environment can be changed in no other way")]
fn be_supervised(predecessor: &Predecessor) {
    for (name, value) in predecessor.supervision() {
        if env::var_os(name).is_none() {
            // SAFETY: there is no other thread yet that could read it.
            unsafe { env::set_var(name, value) };
        }
    }
}

fn run(
    config: Config,
    passed: Passed,
    predecessor: Option<Predecessor>,
) -> Result<(), Box<dyn Error>> {
    // Dropped after the runtime: what hangs there is reported.
    let lines = log_to_stderr(config.log.clone(), config.log_format);
    let runtime = Runtime::new()?;
    runtime.block_on(run_until_asked(config, (passed, predecessor), lines.last()))
}

async fn run_until_asked(
    config: Config,
    (passed, mut predecessor): (Passed, Option<Predecessor>),
    last_words: impl FnOnce() + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    raise_descriptor_limit();
    signals::outlive_the_limit_of_file_sizes()?;
    let hashes = config.hashed.then(Site::hashes_beside_binary);
    let site = Site::find(&config.site, hashes.as_deref())?;
    let first_start = is_first_start(&config);
    if config.takeover && predecessor.is_none() {
        info!("no server to take over; starting normally");
    }
    // The first that can go wrong, unless it comes last.
    let log = predecessor.is_none().then(|| open_log(&config)).transpose()?;
    let authority = Arc::new(open_authority(&config)?);
    let tls = open_tls(&config)?;
    let mut nothing = Inherited::default();
    let inherited = predecessor.as_mut().map_or(&mut nothing, Predecessor::inherited);
    let listeners = listen(&config, passed, inherited)?.into_iter();
    let listeners = Listeners {
        all: listeners.map(|listener| listener.with_tls(tls.clone())).collect(),
        redirecting: listen_to_redirect(&config, inherited)?,
        scraped: listen_for_metrics(&config, inherited)?,
    };
    for listener in &listeners.redirecting {
        info!("plain HTTP is redirected at {}", reachable(listener, &config.base_path));
    }
    let drain = config.drain;
    let asked_to_end = signals::listen(drain, || {
        last_words();
        exit();
    })?;
    let (endings, (reload, asked)) = (Endings::default(), mpsc::channel(1));
    signals::on_hang_up(reload)?;
    let log = match log {
        Some(log) => log,
        // Nothing that comes after this may fail.
        None => take_log(&config, predecessor, &listeners)?,
    };
    offer_to_successors(&config, &log, &listeners, &endings);
    warn_of_every_host(&config, listeners.all.iter().map(Listener::endpoint));
    let places: Vec<_> = listeners.all.iter().map(|it| reachable(it, &config.base_path)).collect();
    if first_start {
        say_how_to_publish(&config, &places);
    }
    for place in places {
        // A closed stdout does not keep the server from serving.
        let _ = writeln!(io::stdout(), "Belfry is listening on {place}");
    }

    if let Some(tls) = tls {
        let shutdown = endings.shutdown.clone();
        tokio::spawn(async move { tls.keep_fresh(asked, &shutdown).await });
    } else {
        // Whoever asks is told that nobody loads anything.
        drop(asked);
    }
    let serving = serve(config, site, log.log, authority, listeners, endings.clone());
    systemd::ready();
    tokio::spawn(systemd::watch());
    end_when_asked(serving, endings, drain, asked_to_end).await
}

/// Serves until it is asked to end or is relieved, and ends as it should then.
async fn end_when_asked(
    serving: impl Future<Output = ()>,
    Endings { relieved, shutdown }: Endings,
    drain: Duration,
    mut asked_to_end: Receiver<Ending>,
) -> Result<(), Box<dyn Error>> {
    let mut serving = pin!(serving);
    let mut ending = select! {
        biased;
        () = relieved.cancelled() => None,
        // Nobody has asked for that: it cannot take its log back.
        () = shutdown.cancelled() => {
            drained(serving, drain).await;
            return Err("ended without its log".into());
        }
        () = &mut serving => return Ok(()),
        ending = &mut asked_to_end => Some(ending?),
    };
    if ending.is_none() {
        select! {
            () = &mut serving => return Ok(()),
            asked = asked_to_end => ending = Some(asked?),
            // Whoever has a connection that is not used learns by its end that it is another server.
            () = sleep(RELIEVED_WITHIN) => {}
        }
    } else {
        systemd::stopping();
    }
    if ending != Some(Ending::AtOnce) {
        shutdown.cancel();
        drained(serving, drain).await;
    }
    Ok(())
}

/// Waits until what is under way is finished.
async fn drained(serving: impl Future<Output = ()>, drain: Duration) {
    info!(at_most_s = drain.as_secs(), "draining");
    if timeout(drain.saturating_sub(CLOSE), serving).await.is_err() {
        warn!("draining timed out");
    }
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

/// How long a server that is relieved answers on the connections that it has. Its readers have left by then.
const RELIEVED_WITHIN: Duration = Duration::from_secs(5);

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
fn reachable(listener: &Listener, base: &BasePath) -> String {
    let Endpoint::Tcp(listening) = listener.endpoint() else {
        return listener.endpoint().to_string();
    };
    let ip = match listening.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let scheme = if listener.is_secure() { "https" } else { "http" };
    format!("{scheme}://{}{base}/", SocketAddr::new(ip, listening.port()))
}

#[expect(clippy::print_stderr, reason = "said before, or instead of, doing what was asked")]
fn fail(failure: &Failure) -> ExitCode {
    eprintln!("belfry: {failure}");
    ExitCode::from(failure.code)
}
