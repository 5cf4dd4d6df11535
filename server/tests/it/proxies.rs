//! Real proxies in front of the program: nginx, HAProxy and Caddy, as they are shipped and as `deploy/` sets
//! them up.

use std::{
    env, fs, iter,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::geteuid;
use tempfile::TempDir;

/// The name that visitors ask for.
pub(crate) const NAME: &str = "belfry.example";

/// How long a proxy may take to start, however busy the machine is.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// A proxy and its configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// With the least that it needs, and no TLS.
    NginxDefault,
    /// With `deploy/nginx.conf`.
    Nginx,
    /// With the least that it needs, and no TLS.
    HaproxyDefault,
    /// With `deploy/haproxy.cfg`.
    Haproxy,
    /// With the same, where something before it has already ended TLS.
    HaproxyWithoutTls,
    /// The distribution's, with `deploy/Caddyfile`.
    Caddy,
    /// The one that PyPI has, with the same.
    CaddyOfPypi,
}

impl Kind {
    /// All but one that differs from another only in what a test of delays is about.
    pub(crate) const ALL: [Self; 6] = [
        Self::NginxDefault,
        Self::Nginx,
        Self::HaproxyDefault,
        Self::Haproxy,
        Self::Caddy,
        Self::CaddyOfPypi,
    ];

    pub(crate) fn has_tls(self) -> bool {
        !matches!(self, Self::NginxDefault | Self::HaproxyDefault | Self::HaproxyWithoutTls)
    }
}

/// A running proxy; killed when dropped.
pub(crate) struct Proxy {
    child: Child,
    kind: Kind,
    port: u16,
    upstream: SocketAddr,
    /// What it passes on: `/belfry`, or the whole host where it is empty.
    base: &'static str,
    folder: TempDir,
}

impl Proxy {
    /// Starts one at a port, before a server.
    pub(crate) fn start(kind: Kind, port: u16, upstream: SocketAddr) -> Self {
        Self::start_under("", kind, port, upstream)
    }

    /// The same, which passes on only what is under a base path.
    pub(crate) fn start_under(
        base: &'static str,
        kind: Kind,
        port: u16,
        upstream: SocketAddr,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        if kind.has_tls() {
            certificate(folder.path());
        }
        let child = spawn((kind, base), port, upstream, folder.path());
        Self { child, kind, port, upstream, base, folder }
    }

    /// Ends it without a word, and starts it again.
    pub(crate) fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn((self.kind, self.base), self.port, self.upstream, self.folder.path());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens at, at any address. It is none that the system gives to sockets that connect, of which
/// other tests have thousands.
pub(crate) fn free_port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("::", *port)).is_ok();
    let ports = iter::repeat_with(|| fastrand::u16(10_000..32_000));
    ports.take(1000).find(free).expect("one in a thousand ports is free")
}

/// Starts it, and waits until it listens.
fn spawn((kind, base): (Kind, &str), port: u16, upstream: SocketAddr, folder: &Path) -> Child {
    let (program, arguments) = match kind {
        Kind::NginxDefault | Kind::Nginx => ("nginx", ["-p", ".", "-c"].as_slice()),
        Kind::HaproxyDefault | Kind::Haproxy | Kind::HaproxyWithoutTls => {
            ("haproxy", ["-db", "-f"].as_slice())
        }
        Kind::Caddy | Kind::CaddyOfPypi => {
            ("caddy", ["run", "--adapter", "caddyfile", "--config"].as_slice())
        }
    };
    let file = folder.join("configuration");
    fs::write(&file, configuration((kind, base), port, upstream, folder)).unwrap();
    let log = fs::File::create(folder.join("log")).unwrap();
    let program = if kind == Kind::CaddyOfPypi { caddy_of_pypi() } else { program.into() };
    let mut command = Command::new(&program);
    // The distributions have some of them where only root looks.
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    command.args(arguments).arg(&file).current_dir(folder).env("PATH", path);
    command.env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program:?}: {error}"));
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = || fs::read_to_string(folder.join("log")).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "{kind:?} ended: {}", log());
        assert!(begun.elapsed() < STARTS_WITHIN, "{kind:?} does not listen: {}", log());
        sleep(Duration::from_millis(20));
    }
    child
}

/// Where `scripts/env` has found it.
fn caddy_of_pypi() -> PathBuf {
    env::var_os("BELFRY_CADDY").expect("BELFRY_CADDY is not set: . scripts/env").into()
}

/// What each shipped file says for a whole host, and for a path of a shared one, as `docs/operations.md` tells to
/// change it.
const SHARED: [(&str, &str); 4] = [
    ("location / {", "location /belfry/ {"),
    ("default_backend belfry", "use_backend belfry if { path /belfry } || { path_beg /belfry/ }"),
    ("GET /healthz", "GET /belfry/healthz"),
    ("reverse_proxy 127", "@belfry path /belfry /belfry/*\n\treverse_proxy @belfry 127"),
];

fn configuration(
    (kind, base): (Kind, &str),
    port: u16,
    upstream: SocketAddr,
    folder: &Path,
) -> String {
    let here = folder.display();
    let (port, other) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", free_port()));
    let shipped = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name);
        let text = fs::read_to_string(path).unwrap();
        assert!(SHARED.iter().any(|(whole, _)| text.contains(whole)), "{name} has changed");
        let shared = |text: String, (whole, shared): &(&str, &str)| text.replace(whole, shared);
        let text = if base.is_empty() { text } else { SHARED.iter().fold(text, shared) };
        text.replace("127.0.0.1:3000", &upstream.to_string())
            .replace("/etc/ssl/belfry", &here.to_string())
    };
    match kind {
        Kind::NginxDefault => nginx(&format!(
            "server {{ listen {port}; client_max_body_size 16m;\n\
             location {base}/ {{ proxy_pass http://{upstream}; }} }}"
        )),
        Kind::Nginx => {
            let site = shipped("nginx.conf").replace("listen 443", &format!("listen {port}"));
            nginx(&site.replace("listen 80;", &format!("listen {other};")))
        }
        Kind::HaproxyDefault => format!(
            "defaults\n mode http\n timeout connect 5000\n timeout client 50000\n \
             timeout server 50000\nlisten web\n bind {port}\n \
             http-request deny deny_status 404 unless {{ path_beg {base}/ }}\n \
             server belfry {upstream}\n"
        ),
        Kind::Haproxy => {
            let all = shipped("haproxy.cfg").replace("bind :443", &format!("bind {port}"));
            all.replace("bind :80", &format!("bind {other}"))
        }
        Kind::HaproxyWithoutTls => {
            let all = shipped("haproxy.cfg").replace("bind :80", &format!("bind {port}"));
            let of_tls = ["bind :443 ", "http-request redirect "];
            let plain = |line: &&str| !of_tls.iter().any(|it| line.trim_start().starts_with(it));
            all.lines().filter(plain).map(|line| format!("{line}\n")).collect()
        }
        Kind::Caddy | Kind::CaddyOfPypi => {
            let port = port.rsplit(':').next().unwrap();
            let site = format!(
                "https://{NAME}:{port} {{\n bind 127.0.0.1\n tls {here}/fullchain.pem {here}/key.pem\n"
            );
            let site = shipped("Caddyfile").replace(&format!("{NAME} {{\n"), &site);
            format!("{{\n admin off\n auto_https disable_redirects\n}}\n{site}")
        }
    }
}

/// A site in what Debian's main file says that matters; in one process, so that none stays when it is killed.
fn nginx(site: &str) -> String {
    let user = if geteuid().is_root() { "user root;" } else { "" };
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = folders.iter().map(|it| format!("{it}_temp_path {it};\n")).collect();
    format!(
        "{user} daemon off; master_process off; pid pid; error_log stderr;\n\
         events {{ worker_connections 768; }}\n\
         http {{\n sendfile on; tcp_nopush on; gzip on; access_log off;\n{folders}{site}\n}}\n"
    )
}

/// A key and a certificate of its own, as each proxy wants them.
fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(' '),
        )
        .args(["-subj", "/CN=belfry.example", "-addext", "subjectAltName=DNS:belfry.example"])
        .args(["-keyout", "key.pem", "-out", "fullchain.pem"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    fs::write(folder.join("both.pem"), read("fullchain.pem") + &read("key.pem")).unwrap();
}
