//! The flags of the server, as the command line knows them.

use clap::{ArgAction, Args};

use super::{Endpoint, Setting, tls::TlsFlags};

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
    #[command(flatten)]
    /// Those of TLS.
    pub tls: TlsFlags,
    /// Directory for the event log and the key [default: ${XDG_DATA_HOME:-~/.local/share}/belfry]
    #[arg(long, env = "BELFRY_DATA_DIR", hide_env_values = true, value_name = "DIRECTORY")]
    pub data_dir: Option<Setting>,
    /// Keep events only in memory, so a restart loses them. The key stays in the data directory, so that
    /// `belfry token` still works; with a secret file or a public key and without `--data-dir`, nothing
    /// is written to disk
    #[arg(long, env = "BELFRY_EPHEMERAL", hide_env_values = true, action = ArgAction::SetTrue)]
    pub ephemeral: Setting,
    /// Take the place of the server that uses the same data directory: its sockets, its log, then its clients, none
    /// of which notices. It then ends; it goes on if this one cannot start. Without such a server, start normally
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
    /// Memory for data waiting to be sent, across all connections; an event that many readers are waiting
    /// for counts once. Each client gets at most a sixteenth [default: 256MiB]
    #[arg(long, env = "BELFRY_SEND_BUDGET", hide_env_values = true, value_name = "SIZE")]
    pub send_budget: Option<Setting>,
    /// Memory for the request bodies being received. Each client gets at most a sixteenth
    /// [default: 64MiB]
    #[arg(long, env = "BELFRY_RECEIVE_BUDGET", hide_env_values = true, value_name = "SIZE")]
    pub receive_budget: Option<Setting>,
    /// File with a secret; tokens signed with it (HS256) are accepted too
    #[arg(long, env = "BELFRY_JWT_SECRET_FILE", hide_env_values = true, value_name = "FILE")]
    pub jwt_secret_file: Option<Setting>,
    /// PEM file with an Ed25519 public key; tokens signed with its private key (EdDSA) are accepted too. May be
    /// repeated
    #[arg(long, env = "BELFRY_JWT_PUBLIC_KEY", hide_env_values = true, value_name = "FILE")]
    pub jwt_public_key: Vec<Setting>,
    /// Interval between pushes of the time, such as 3s, 500ms or 1m [default: 3s]
    #[arg(long, env = "BELFRY_INTERVAL", hide_env_values = true, value_name = "DURATION")]
    pub interval: Option<Setting>,
    /// How long a publish may wait for the disk before it gets a 503; the event may still be stored
    /// [default: 10s]
    #[arg(long, env = "BELFRY_PUBLISH_DEADLINE", hide_env_values = true, value_name = "DURATION")]
    pub publish_deadline: Option<Setting>,
    /// Time limit for ending after SIGTERM: requests under way may take that long, and readers are told to come
    /// back at times spread over it; from 2s to 1h [default: 30s]
    #[arg(long, env = "BELFRY_DRAIN", hide_env_values = true, value_name = "DURATION")]
    pub drain: Option<Setting>,
    /// Proxy whose headers are believed about who a client is and how it connected: an address, a network such
    /// as 10.0.0.0/8, or unix for those that connect over a Unix socket. May be repeated [default: none]
    #[arg(long, env = "BELFRY_TRUSTED_PROXY", hide_env_values = true, value_name = "CIDR")]
    pub trusted_proxy: Vec<Setting>,
    /// Headers by which trusted proxies name a client: x-forwarded for X-Forwarded-For, -Proto and -Host,
    /// forwarded for Forwarded (RFC 7239) [default: x-forwarded]
    #[arg(
        long,
        env = "BELFRY_CLIENT_HEADER",
        hide_env_values = true,
        value_name = "x-forwarded|forwarded"
    )]
    pub client_header: Option<Setting>,
    /// Who may see the server's health at /status and in the topic status: public for everyone, token for
    /// holders of a token made with --read status, off for no one [default: on a loopback address,
    /// public for requests made on this machine and through no proxy; otherwise token]
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
    /// [default: on a loopback address, any for requests made on this machine and through no proxy; otherwise
    /// off]
    #[arg(long, env = "BELFRY_ROOMS", hide_env_values = true, value_name = "any|LIST|off")]
    pub rooms: Option<Setting>,
    /// Address under which browsers reach the server, such as https://belfry.example, if a proxy stands in
    /// between. A path in it, as in https://example.org/belfry, is the base path [default: the one each request
    /// asks for]
    #[arg(long, env = "BELFRY_PUBLIC_URL", hide_env_values = true, value_name = "URL")]
    pub public_url: Option<Setting>,
    /// Path under which everything is served, such as /belfry, for a host shared with others. A proxy must pass it
    /// on unchanged [default: the path of --public-url, or none]
    #[arg(long, env = "BELFRY_BASE_PATH", hide_env_values = true, value_name = "PATH")]
    pub base_path: Option<Setting>,
    /// Host name that requests may ask for, or * for any; others get 421. May be repeated. The host of
    /// --public-url is always among them [default: on a loopback address, localhost and IP addresses;
    /// elsewhere, any]
    #[arg(long, env = "BELFRY_HOST", hide_env_values = true, value_name = "NAME")]
    pub host: Vec<Setting>,
    /// Origin such as https://app.example whose pages may read the stream, history and the time, and publish
    /// with a token; * for all, without cookies. May be repeated [default: only pages served by Belfry]
    #[arg(long, env = "BELFRY_ALLOW_ORIGIN", hide_env_values = true, value_name = "ORIGIN")]
    pub allow_origin: Vec<Setting>,
    /// Make the sign-in cookie work on pages of the listed origins: they may sign visitors in and out at
    /// /login and publish in their name. Needs https
    #[arg(
        long,
        env = "BELFRY_CROSS_SITE_COOKIES",
        hide_env_values = true,
        action = ArgAction::SetTrue
    )]
    pub cross_site_cookies: Setting,
    /// Require every connection to begin with a PROXY protocol header, version 1 or 2, from a trusted proxy; close
    /// all others
    #[arg(
        long,
        env = "BELFRY_PROXY_PROTOCOL",
        hide_env_values = true,
        action = ArgAction::SetTrue
    )]
    pub proxy_protocol: Setting,
    /// Streams that one client, an IPv4 address or an IPv6 network of 64 bits, may have at once, or off. Clients
    /// on this machine and in private networks are not limited unless --trusted-proxy is given [default: 100]
    #[arg(
        long,
        env = "BELFRY_MAX_STREAMS_PER_CLIENT",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_streams_per_client: Option<Setting>,
    /// Streams that may be open at once with one token, or off [default: 100]
    #[arg(
        long,
        env = "BELFRY_MAX_STREAMS_PER_TOKEN",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_streams_per_token: Option<Setting>,
    /// Events that one client may publish or remove per second, and as many at once, or off [default: 1000]
    #[arg(
        long,
        env = "BELFRY_MAX_PUBLISH_RATE",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_publish_rate: Option<Setting>,
    /// Pages that may be rendered at once, or off; others wait for up to 2 s [default: 64]
    #[arg(long, env = "BELFRY_MAX_RENDERS", hide_env_values = true, value_name = "NUMBER|off")]
    pub max_renders: Option<Setting>,
    /// Connections that may be open at once; beyond that, streams get 503, and everything else is answered and its
    /// connection closed [default: three quarters of the open-file limit, and all but 1024 of it if it is large]
    #[arg(long, env = "BELFRY_MAX_CONNECTIONS", hide_env_values = true, value_name = "NUMBER")]
    pub max_connections: Option<Setting>,
    /// Connections that one client may open per second, and as many at once, or off [default: 100]
    #[arg(
        long,
        env = "BELFRY_MAX_CONNECTION_RATE",
        hide_env_values = true,
        value_name = "NUMBER|off"
    )]
    pub max_connection_rate: Option<Setting>,
    /// End each stream after at most this long, for load balancers that spread new connections; readers resume
    /// by themselves [default: never]
    #[arg(long, env = "BELFRY_STREAM_MAX_AGE", hide_env_values = true, value_name = "DURATION")]
    pub stream_max_age: Option<Setting>,
    /// Directory with the wasm, styles and icons made by `make build` [default: target/site]
    #[arg(long, env = "BELFRY_SITE", hide_env_values = true, value_name = "DIRECTORY")]
    pub site: Option<Setting>,
    /// Log level: error, warn, info, debug, trace or off; also by module, as in info,server::edge=debug
    /// [default: info]
    #[arg(long, env = "BELFRY_LOG", hide_env_values = true, value_name = "FILTER")]
    pub log: Option<Setting>,
    /// How lines are logged: text, or json for one JSON object each [default: text]
    #[arg(long, env = "BELFRY_LOG_FORMAT", hide_env_values = true, value_name = "text|json")]
    pub log_format: Option<Setting>,
    /// Whether to log a line for each request when it is done: on or off. A stream is done when it ends
    /// [default: off]
    #[arg(long, env = "BELFRY_ACCESS_LOG", hide_env_values = true, value_name = "on|off")]
    pub access_log: Option<Setting>,
}
