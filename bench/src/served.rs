//! A server to measure, with a log on disk, and connections to it.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use belfry_hub::{
    Clock, Log,
    log::{Embedded, Memory, Retention},
    tail,
};
use server::{
    Authority, Config, Keys, Site,
    edge::listen::Listeners,
    serve,
    token::{Claims, Revocations, Secret, mint},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{Result, folder};

/// When the token ends, in seconds since the Unix epoch: in the year 2100.
const FAR_AWAY: i64 = 4_102_444_800;

/// A running server.
pub(crate) struct Served {
    /// Its log.
    pub(crate) log: Arc<dyn Log>,
    /// The same, where it is on disk.
    on_disk: Option<Arc<Embedded>>,
    address: SocketAddr,
    token: String,
    folder: TempDir,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
}

impl Served {
    /// Starts one with an empty log, in a folder beside the build: a disk, and not a `tmpfs`.
    pub(crate) async fn start() -> Result<Self> {
        Self::start_in(folder::temporary()?).await
    }

    /// Starts one whose log is lost when it ends.
    pub(crate) async fn start_in_memory() -> Result<Self> {
        let log = Memory::new(Clock::system(), Retention::default(), tail::Bounds::default());
        Self::start_with(Arc::new(log), None, folder::temporary()?).await
    }

    async fn start_in(folder: TempDir) -> Result<Self> {
        let (clock, tail) = (Clock::system(), tail::Bounds::default());
        let log = Embedded::open(&folder.path().join("log"), clock, Retention::default(), tail)?;
        let log = Arc::new(log);
        Self::start_with(log.clone(), Some(log), folder).await
    }

    async fn start_with(
        log: Arc<dyn Log>,
        on_disk: Option<Arc<Embedded>>,
        folder: TempDir,
    ) -> Result<Self> {
        let site = folder.path().join("site");
        fs::create_dir_all(site.join("pkg"))?;
        for kind in ["js", "wasm", "css"] {
            fs::write(site.join(format!("pkg/belfry.{kind}")), "")?;
        }
        let site = Site::find(&site, None)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shutdown = CancellationToken::new();
        let secret = Secret::random()?;
        let rights = Claims { publish: vec!["*".into()], exp: FAR_AWAY, ..Claims::default() };
        let token = mint(&secret, &rights);
        let keys = Keys::default().with_secret(&secret);
        let authority = Arc::new(Authority::new(keys, Revocations::default())?);
        let config = Config::default();
        let listeners = Listeners { all: vec![listener.try_into()?], ..Listeners::default() };
        let serving = serve(config, site, log.clone(), authority, listeners, shutdown.clone());
        let serving = tokio::spawn(serving);
        Ok(Self { log, on_disk, address, token, folder, shutdown, serving })
    }

    /// How many times its log has synced a commit; never, where it is in memory.
    pub(crate) fn commits(&self) -> u64 {
        self.on_disk.as_ref().map_or(0, |log| log.commits())
    }

    /// Where its log lies.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it, and starts another with the same log.
    pub(crate) async fn restart(self) -> Result<Self> {
        Self::start_in(self.end().await).await
    }

    /// Ends it, and removes its log.
    pub(crate) async fn stop(self) {
        drop(self.end().await);
    }

    async fn end(self) -> TempDir {
        self.shutdown.cancel();
        // It has no connection that it would wait for.
        let _ = self.serving.await;
        self.folder
    }
}

/// A connection to a server.
pub(crate) struct Connection {
    socket: TcpStream,
    address: SocketAddr,
    token: String,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(served: &Served) -> Result<Self> {
        let socket = TcpStream::connect(served.address).await?;
        socket.set_nodelay(true)?;
        Ok(Self::new(socket, served))
    }

    /// One whose kernel holds little that nobody reads.
    pub(crate) async fn open_with_small_buffer(served: &Served) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(64 * 1024)?;
        Ok(Self::new(socket.connect(served.address).await?, served))
    }

    fn new(socket: TcpStream, served: &Served) -> Self {
        let (address, token) = (served.address, served.token.clone());
        Self { socket, address, token, read: Vec::new() }
    }

    /// Publishes, and waits for the answer.
    pub(crate) async fn publish(&mut self, topic: &str, data: &str) -> Result<()> {
        let request = format!(
            "POST /topics/{topic} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{data}",
            self.address,
            self.token,
            data.len()
        );
        self.socket.write_all(request.as_bytes()).await?;
        self.read.clear();
        // The answer is one JSON object and a line end.
        while !self.read.ends_with(b"}\n") {
            if self.socket.read_buf(&mut self.read).await? == 0 {
                return Err("the server has hung up".into());
            }
        }
        if self.read.starts_with(b"HTTP/1.1 200") {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&self.read).into())
    }

    /// Asks for a stream.
    pub(crate) async fn ask(&mut self, path: &str) -> Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        Ok(self.socket.write_all(request.as_bytes()).await?)
    }

    /// Reads until some text has come.
    pub(crate) async fn until(&mut self, text: &str) -> Result<()> {
        while !String::from_utf8_lossy(&self.read).contains(text) {
            if self.socket.read_buf(&mut self.read).await? == 0 {
                return Err("the stream has ended".into());
            }
        }
        Ok(())
    }

    /// Reads at most this many bytes, and returns how many events began in them.
    pub(crate) async fn count_events(&mut self, bytes: usize) -> Result<u64> {
        let mut piece = vec![0; bytes];
        let length = self.socket.read(&mut piece).await?;
        if length == 0 {
            return Err("the stream has ended".into());
        }
        self.read.extend(&piece[..length]);
        let text = "\ndata: ".as_bytes();
        let count = self.read.windows(text.len()).filter(|window| *window == text).count();
        // What may be the beginning of the next one stays.
        let rest = self.read.len().saturating_sub(text.len() - 1);
        self.read.drain(..rest);
        Ok(count as u64)
    }
}
