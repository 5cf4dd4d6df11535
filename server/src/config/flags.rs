//! The flags of the server, as the command line knows them.

use clap::Args;

/// How to serve.
#[derive(Clone, Debug, Default, Args)]
pub struct Flags {
    /// Where to listen, as ADDRESS:PORT; port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Where the log of events and the key are kept [default: ${XDG_DATA_HOME:-~/.local/share}/belfry]
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<String>,
    /// Keep events in memory: the next start knows nothing of them. The key stays in the data
    /// directory, so that `belfry token` works as ever; with a secret file or a public key, and no
    /// `--data-dir`, nothing is written at all
    #[arg(long)]
    pub ephemeral: bool,
    /// How many events to keep, how old, and of how many bytes together; - leaves a part as it is
    /// [default: 1000000,7d,1GiB]
    #[arg(long, value_name = "EVENTS,AGE,BYTES", allow_hyphen_values = true)]
    pub retain: Option<String>,
    /// What to keep of each topic that PATTERN stands for, as 'chat/*=1000,1h,-', where - is no bound.
    /// Again for others: the first pattern that fits counts
    #[arg(long, value_name = "PATTERN=EVENTS,AGE,BYTES")]
    pub retain_topic: Vec<String>,
    /// How many bytes may wait to be sent, all connections together and events that many wait for once.
    /// One client gets a sixteenth [default: 256MiB]
    #[arg(long, value_name = "SIZE")]
    pub send_budget: Option<String>,
    /// How many bytes the bodies of requests under way may have together. One client gets a sixteenth
    /// [default: 64MiB]
    #[arg(long, value_name = "SIZE")]
    pub receive_budget: Option<String>,
    /// A file whose content is a secret: tokens that are signed with it (HS256) count too
    #[arg(long, value_name = "FILE")]
    pub jwt_secret_file: Option<String>,
    /// A public key in PEM: tokens that its private key has signed count too. Again for more of them
    #[arg(long, value_name = "FILE")]
    pub jwt_public_key: Vec<String>,
    /// How long between two pushes of the time, as 3s, 500ms or 1m [default: 3s]
    #[arg(long, value_name = "DURATION")]
    pub interval: Option<String>,
    /// How long a publish may wait for the disk before it is answered 503; it may be stored all the same
    /// [default: 10s]
    #[arg(long, value_name = "DURATION")]
    pub publish_deadline: Option<String>,
    /// Who may see the server's health, at /status and as the topic status: public, token (who has one
    /// made with --read status) or off [default: public on a loopback address, token elsewhere]
    #[arg(long, value_name = "public|token|off")]
    pub status: Option<String>,
    /// The rooms of the chat, where no token is needed to say something: any, off, or names with a comma
    /// between two [default: any on a loopback address, off elsewhere]
    #[arg(long, value_name = "any|LIST|off")]
    pub rooms: Option<String>,
    /// The folder of the wasm, the styles and the icons, made by `make build` [default: target/site]
    #[arg(long, value_name = "FOLDER")]
    pub site: Option<String>,
    /// What to log: error, warn, info, debug, trace, or by module as info,server::edge=debug [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}
