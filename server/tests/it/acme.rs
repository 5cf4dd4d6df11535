//! Certificates from an ACME authority: pebble, which verifies what it signs as a real one does.

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, TcpStream},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header::HOST},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::net::TcpStream as Socket;

use crate::{
    program::Program,
    proxies::free_port,
    serving::Serving,
    transport::{absolute, shake_hands_as, speak_http2, trusting},
    world::next,
};

/// The name that certificates are for. The authority's name server says that it is here.
const NAME: &str = "belfry.test";

/// How long the authority may take to start, and to sign, however busy the machine is.
const BOUND: Duration = Duration::from_secs(60);

/// A running authority with its name server; killed when dropped.
struct Authority {
    children: Vec<Child>,
    folder: TempDir,
    address: SocketAddr,
    management: SocketAddr,
    /// Where it verifies names.
    https: SocketAddr,
    http: SocketAddr,
}

impl Authority {
    /// One whose certificates are valid for so many seconds.
    fn start(validity: u32) -> Self {
        let [address, management, https, http, dns, other] = here();
        let folder = TempDir::new().unwrap();
        certify(folder.path());
        let config = format!(
            r#"{{"pebble": {{"listenAddress": "{address}", "managementListenAddress": "{management}",
            "certificate": "own.pem", "privateKey": "own.key", "httpPort": {}, "tlsPort": {},
            "ocspResponderURL": "", "externalAccountBindingRequired": false,
            "certificateValidityPeriod": {validity}}}}}"#,
            http.port(),
            https.port(),
        );
        fs::write(folder.path().join("pebble.json"), config).unwrap();
        let mut names = Command::new("pebble-challtestsrv");
        names.args(["-dns01", &dns.to_string(), "-management", &other.to_string()]);
        names.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]);
        names.args(["-http01", "", "-https01", "", "-tlsalpn01", ""]);
        let mut pebble = Command::new("pebble");
        pebble.args(["-config", "pebble.json", "-dnsserver", &dns.to_string(), "-strict"]);
        // It refuses nonces at random, and sleeps, unless told otherwise.
        pebble.env("PEBBLE_WFE_NONCEREJECT", "0").env("PEBBLE_VA_NOSLEEP", "1");
        let children =
            vec![spawn(names, other, folder.path()), spawn(pebble, address, folder.path())];
        Self { children, folder, address, management, https, http }
    }

    fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.address.port())
    }

    /// What its own address is trusted by.
    fn trusted(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// What the certificates that it signs are trusted by.
    fn root(&self) -> PathBuf {
        let url = format!("https://localhost:{}/roots/0", self.management.port());
        let path = self.folder.path().join("signs.pem");
        let mut curl = Command::new("curl");
        curl.arg("-sSf").arg("--cacert").arg(self.trusted()).arg(url).arg("-o").arg(&path);
        assert!(curl.status().unwrap().success());
        path
    }

    /// A server that gets a certificate from it.
    fn serves(&self, program: &Program, more: &[&str]) -> Serving {
        let (listen, directory) = (self.https.to_string(), self.directory());
        let mut command =
            program.command(&["--site", ".", "--data-dir", "data", "--listen", &listen]);
        command.args(["--acme-domain", NAME, "--acme-directory", &directory]).args(more);
        command.env("SSL_CERT_FILE", self.trusted());
        Serving::start(command)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("pebble.log")).unwrap()
    }

    fn end(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.end();
    }
}

/// Addresses of this machine where nobody listens, each another one.
fn here<const N: usize>() -> [SocketAddr; N] {
    let mut ports = BTreeSet::new();
    while ports.len() < N {
        ports.insert(free_port());
    }
    let mut ports = ports.into_iter();
    std::array::from_fn(|_| SocketAddr::from(([127, 0, 0, 1], ports.next().unwrap())))
}

/// Starts it in a folder, and waits until it listens.
fn spawn(mut command: Command, address: SocketAddr, folder: &Path) -> Child {
    let name = command.get_program().to_string_lossy().into_owned();
    let log = fs::File::create(folder.join(format!("{name}.log"))).unwrap();
    command.current_dir(folder).stdin(Stdio::null());
    command.stdout(log.try_clone().unwrap()).stderr(log);
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        let log = || fs::read_to_string(folder.join(format!("{name}.log"))).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "{name} ended: {}", log());
        assert!(begun.elapsed() < BOUND, "{name} does not listen: {}", log());
        sleep(Duration::from_millis(20));
    }
    child
}

/// A root, and a certificate for the authority's own address.
fn certify(folder: &Path) {
    let mut root = CertificateParams::default();
    root.distinguished_name.push(DnType::CommonName, "root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &root).unwrap();
    for (name, content) in
        [("root.pem", root.pem()), ("own.pem", own.pem()), ("own.key", key.serialize_pem())]
    {
        fs::write(folder.join(name), content).unwrap();
    }
}

/// Opens a stream under a name whose certificate must be trusted by a root; the certificate.
async fn follow(server: SocketAddr, name: &str, root: &Path) -> (Body, CertificateDer<'static>) {
    let socket = Socket::connect(server).await.unwrap();
    let server_name = ServerName::try_from(name.to_owned()).unwrap();
    let socket = shake_hands_as(socket, server_name, b"h2", trusting(root)).await.unwrap();
    let shown = socket.get_ref().1.peer_certificates().unwrap()[0].clone();
    let request = Request::get("/sse").header(HOST, name).body(Body::empty()).unwrap();
    let answer = speak_http2(socket).await.send_request(absolute(request)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    (Body::new(answer.into_body()), shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_got_used_and_kept() {
    let (mut authority, program) = (Authority::start(3600), Program::new());
    let server = authority.serves(&program, &["--acme-contact", "admin@belfry.test"]);
    server.logged_within("got a TLS certificate", BOUND);
    let root = authority.root();
    let (mut stream, first) = follow(server.address, NAME, &root).await;
    next(&mut stream).await.unwrap();
    assert!(!authority.log().contains("Attempting to validate w/ HTTP"), "{}", authority.log());

    let kept = program.folder().join("data/acme");
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o777, 0o700);
    let files: Vec<_> = fs::read_dir(&kept).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600, "{file:?}");
    }
    // It is used again, whether or not there is an authority.
    drop(server);
    authority.end();
    let server = authority.serves(&program, &["--acme-contact", "admin@belfry.test"]);
    let (mut stream, second) = follow(server.address, NAME, &root).await;
    next(&mut stream).await.unwrap();
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_shown_what_it_asks_for_over_plain_http() {
    let (authority, program) = (Authority::start(3600), Program::new());
    let plain = authority.http.to_string();
    let server = authority.serves(&program, &["--redirect-http", &plain]);
    server.logged_within("got a TLS certificate", BOUND);
    let (mut stream, _) = follow(server.address, NAME, &authority.root()).await;
    next(&mut stream).await.unwrap();
    assert!(authority.log().contains("Attempting to validate w/ HTTP"), "{}", authority.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_and_streams_go_on() {
    let (authority, program) = (Authority::start(15), Program::new());
    let server = authority.serves(&program, &["--interval", "100ms"]);
    server.logged_within("got a TLS certificate", BOUND);
    let root = authority.root();
    let (mut stream, first) = follow(server.address, NAME, &root).await;
    server.logged_within("got a TLS certificate", BOUND);
    let (_, second) = follow(server.address, NAME, &root).await;
    assert_ne!(first, second);
    for _ in 0..3 {
        next(&mut stream).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_keep_their_certificates() {
    let (authority, program) = (Authority::start(3600), Program::new());
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(program.folder().join("own.key"), key.serialize_pem()).unwrap();
    fs::write(program.folder().join("own.pem"), own.pem()).unwrap();
    let server = authority.serves(&program, &["--tls-cert", "own.pem", "--tls-key", "own.key"]);
    server.logged_within("got a TLS certificate", BOUND);
    let (_, shown) = follow(server.address, "localhost", &program.folder().join("own.pem")).await;
    assert_eq!(shown, *own.der());
    let (mut stream, _) = follow(server.address, NAME, &authority.root()).await;
    next(&mut stream).await.unwrap();
}

#[test]
fn without_a_certificate_it_serves_and_says_why_there_is_none() {
    let (authority, program) = (Authority::start(3600), Program::new());
    let nobody = format!("https://localhost:{}/dir", free_port());
    let missing = authority.directory().replace("/dir", "/missing");
    let (elsewhere, good) = (free_port().to_string(), authority.directory());
    let elsewhere = format!("127.0.0.1:{elsewhere}");
    for (directory, listen, said) in [
        (
            &nobody,
            &authority.https.to_string(),
            "cannot connect to the authority: Connection refused",
        ),
        (&missing, &authority.https.to_string(), "the authority answers 404: 404 page not found"),
        (&good, &elsewhere, "the authority cannot verify belfry.test: "),
    ] {
        let mut command = program.command(&["--site", ".", "--ephemeral", "--data-dir", "data"]);
        command.args(["--listen", listen, "--acme-domain", NAME, "--acme-directory", directory]);
        command.env("SSL_CERT_FILE", authority.trusted());
        let server = Serving::start(command);
        let line = server.logged_within("cannot get a TLS certificate", BOUND);
        assert!(line.contains(said), "{line}");
        let url = format!("https://{}/healthz", server.address);
        let asked = Command::new("curl").args(["-ksS", &url]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&asked.stdout), "ok\n", "{asked:?}");
    }
}
