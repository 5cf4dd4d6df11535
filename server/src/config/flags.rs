//! The flags of the server, as the command line knows them.

use clap::{ArgAction, Args};

use super::{
    Endpoint, Setting, budgets::BudgetFlags, limits::LimitFlags, lines::LineFlags,
    origins::OriginFlags, proxies::ProxyFlags, times::TimeFlags, tls::TlsFlags,
};

/// How to serve.
#[derive(Clone, Debug, Args)]
pub struct Flags {
    /// Where to listen: ADDRESS:PORT, [ADDRESS]:PORT or unix:/PATH; port 0 picks a free one. May be repeated.
    /// Sockets passed by systemd (LISTEN_FDS) replace the default [default: 127.0.0.1:3000]
    #[arg(long, env = "BELFRY_LISTEN", hide_env_values = true, value_name = "ADDRESS")]
    pub listen: Vec<Setting>,
    /// Permissions of the Unix sockets, in octal [default: 660]
    #[arg(long, env = "BELFRY_UNIX_MODE", hide_env_values = true, value_name = "MODE")]
    pub unix_mode: Option<Setting>,
    /// Where the sockets listen that systemd has passed.
    #[arg(skip)]
    pub passed: Vec<Endpoint>,
    /// Flags of TLS.
    #[command(flatten)]
    pub tls: TlsFlags,
    /// Directory for the event log and the key [default: ${XDG_DATA_HOME:-~/.local/share}/belfry]
    #[arg(long, env = "BELFRY_DATA_DIR", hide_env_values = true, value_name = "DIRECTORY")]
    pub data_dir: Option<Setting>,
    /// Keep events only in memory, so a restart loses them. The key stays in the data directory, so that
    /// `belfry token` still works; with a secret file or a public key and without `--data-dir`, nothing
    /// is written to disk
    #[arg(long, env = "BELFRY_EPHEMERAL", hide_env_values = true, action = ArgAction::SetTrue)]
    pub ephemeral: Setting,
    /// Take over from the running server that uses the same data directory: its sockets, its log, then its clients,
    /// without an outage. The old server then exits; if this one cannot start, the old one carries on. If no server
    /// is running, start normally
    #[arg(long, env = "BELFRY_TAKEOVER", hide_env_values = true, action = ArgAction::SetTrue)]
    pub takeover: Setting,
    /// Limits on the whole log: number of events, age and total size; - keeps the default for that limit
    /// [default: 1000000,7d,1GiB]
    #[arg(
        long,
        env = "BELFRY_RETAIN",
        hide_env_values = true,
        value_name = "EVENTS,AGE,BYTES",
        allow_hyphen_values = true
    )]
    pub retain: Option<Setting>,
    /// Limits on each topic that matches PATTERN, for example 'chat/*=1000,1h,-'; - means no limit. May
    /// be repeated; the first pattern that matches applies
    #[arg(
        long,
        env = "BELFRY_RETAIN_TOPIC",
        hide_env_values = true,
        value_name = "PATTERN=EVENTS,AGE,BYTES"
    )]
    pub retain_topic: Vec<Setting>,
    /// Flags of memory.
    #[command(flatten)]
    pub budgets: BudgetFlags,
    /// File with a secret; tokens signed with it (HS256) are accepted too
    #[arg(long, env = "BELFRY_JWT_SECRET_FILE", hide_env_values = true, value_name = "FILE")]
    pub jwt_secret_file: Option<Setting>,
    /// PEM file with an Ed25519 public key; tokens signed with its private key (EdDSA) are accepted too. May be
    /// repeated
    #[arg(long, env = "BELFRY_JWT_PUBLIC_KEY", hide_env_values = true, value_name = "FILE")]
    pub jwt_public_key: Vec<Setting>,
    /// Flags of times.
    #[command(flatten)]
    pub times: TimeFlags,
    /// Flags of proxies.
    #[command(flatten)]
    pub proxies: ProxyFlags,
    /// Who may see the server's health at /status and in the topic status: public for everyone, token for
    /// holders of a token made with --read status, off for no one [default: on a loopback address,
    /// public for requests made on this machine without a proxy; otherwise token]
    #[arg(long, env = "BELFRY_STATUS", hide_env_values = true, value_name = "public|token|off")]
    pub status: Option<Setting>,
    /// Who may read /metrics: public for everyone, token for holders of a token made with --read status, off
    /// for no one; or an address of its own, where it needs no token [default: token]
    #[arg(
        long,
        env = "BELFRY_METRICS",
        hide_env_values = true,
        value_name = "public|token|off|ADDRESS"
    )]
    pub metrics: Option<Setting>,
    /// Chat rooms in which anyone may talk without a token: any, a comma-separated list of names, or off
    /// [default: on a loopback address, any for requests made on this machine without a proxy; otherwise off]
    #[arg(long, env = "BELFRY_ROOMS", hide_env_values = true, value_name = "any|LIST|off")]
    pub rooms: Option<Setting>,
    /// Flags of hosts and origins.
    #[command(flatten)]
    pub origins: OriginFlags,
    /// Flags of limits.
    #[command(flatten)]
    pub limits: LimitFlags,
    /// Threads that send the streams of clients that speak plain HTTP/1.1, from 0 to 64; 0 sends them like all others
    /// [default: the number of processors]
    #[arg(long, env = "BELFRY_WRITERS", hide_env_values = true, value_name = "NUMBER")]
    pub writers: Option<Setting>,
    /// Directory with the wasm, styles and icons made by `make build` [default: target/site]
    #[arg(long, env = "BELFRY_SITE", hide_env_values = true, value_name = "DIRECTORY")]
    pub site: Option<Setting>,
    /// Flags of the log on stderr.
    #[command(flatten)]
    pub lines: LineFlags,
}
