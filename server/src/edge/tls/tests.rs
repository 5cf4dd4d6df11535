//! Tests of handshakes, and of certificates that are replaced. Time is virtual.

use std::{fs, io::ErrorKind};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};
use tokio_rustls::{TlsConnector, client};

use super::*;
use crate::config::Pair;

/// A server whose one certificate is in files.
struct Served {
    folder: TempDir,
    tls: Tls,
    trusted: RootCertStore,
}

impl Served {
    fn new() -> (Self, CertificateDer<'static>) {
        let folder = TempDir::new().unwrap();
        let [certificate, key] = ["pem", "key"].map(|name| folder.path().join(name));
        let mut trusted = RootCertStore::empty();
        let own = renew(&folder, &mut trusted);
        let files = config::Tls::Files(vec![Pair { certificate, key }]);
        let tls = Tls::open(&files, None).unwrap().unwrap();
        (Self { folder, tls, trusted }, own)
    }

    async fn connect(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &[&[u8]],
    ) -> (client::TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(self.trusted.clone())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let (ours, theirs) = duplex(64 * 1024);
        let name = ServerName::try_from("belfry.test").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let (there, here) = tokio::join!(connector.connect(name, theirs), self.tls.accept(ours));
        (there.unwrap(), here.unwrap())
    }

    async fn shown(&self) -> CertificateDer<'static> {
        let (there, _) = self.connect(&[&TLS13], &[]).await;
        there.get_ref().1.peer_certificates().unwrap()[0].clone()
    }
}

/// Writes a new certificate into the files.
fn renew(folder: &TempDir, trusted: &mut RootCertStore) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let own =
        CertificateParams::new(["belfry.test".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(folder.path().join("pem"), own.pem()).unwrap();
    fs::write(folder.path().join("key"), key.serialize_pem()).unwrap();
    trusted.add(own.der().clone()).unwrap();
    own.der().clone()
}

#[tokio::test]
async fn both_versions_are_spoken_and_http2_is_preferred() {
    let (served, _) = Served::new();
    for version in [&TLS12, &TLS13] {
        for (offered, http2) in [
            (&[][..], false),
            (&[&b"http/1.1"[..]], false),
            (&[&b"h2"[..]], true),
            (&[&b"http/1.1"[..], b"h2"], true),
        ] {
            let (there, here) = served.connect(&[version], offered).await;
            assert_eq!(speaks_http2(&here), http2, "{offered:?}");
            assert_eq!(there.get_ref().1.protocol_version(), Some(version.version));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_finished_in_10_s_fails() {
    let (served, _) = Served::new();
    for beginning in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let (ours, mut theirs) = duplex(1024);
        theirs.write_all(beginning).await.unwrap();
        let begun = Instant::now();
        let failed = served.tls.accept(ours).await.err().unwrap();
        assert_eq!(failed.kind(), ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), Duration::from_secs(10));
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_change_are_used_and_open_connections_go_on() {
    let (mut served, first) = Served::new();
    let (tls, shutdown) = (served.tls.clone(), CancellationToken::new());
    let ((ask, asked), ended) = (mpsc::channel(1), shutdown.clone());
    let watching = tokio::spawn(async move { tls.keep_fresh(asked, &ended).await });
    sleep(Duration::from_secs(1)).await;
    let (mut there, mut here) = served.connect(&[&TLS13], &[]).await;
    assert_eq!(served.shown().await, first);

    let second = renew(&served.folder, &mut served.trusted);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(served.shown().await, second);
    here.write_all(b"still").await.unwrap();
    here.flush().await.unwrap();
    let mut bytes = [0; 5];
    there.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"still");

    fs::write(served.folder.path().join("key"), "half").unwrap();
    sleep(Duration::from_secs(6)).await;
    assert_eq!(served.shown().await, second, "a file that cannot be used was used");
    let third = renew(&served.folder, &mut served.trusted);
    let ((done, is_done), begun) = (oneshot::channel(), Instant::now());
    ask.send(done).await.unwrap();
    is_done.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(served.shown().await, third, "it is loaded again at once when asked");
    shutdown.cancel();
    watching.await.unwrap();
}

/// Has the certificates watched for ever.
fn watch(served: &Served) {
    let tls = served.tls.clone();
    let (_, nobody) = mpsc::channel(1);
    tokio::spawn(async move { tls.keep_fresh(nobody, &CancellationToken::new()).await });
}

#[tokio::test(start_paused = true)]
async fn files_that_change_before_they_are_watched_are_used() {
    let (mut served, _) = Served::new();
    let second = renew(&served.folder, &mut served.trusted);
    watch(&served);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(served.shown().await, second);
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_used_are_tried_again_though_they_look_the_same() {
    let (mut served, first) = Served::new();
    watch(&served);
    sleep(Duration::from_secs(1)).await;
    let second = renew(&served.folder, &mut served.trusted);
    let key = served.folder.path().join("key");
    let good = fs::read(&key).unwrap();
    let put = |content: &[u8]| {
        fs::write(&key, content).unwrap();
        let file = fs::File::options().append(true).open(&key).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    };
    put(&vec![b'x'; good.len()]);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(served.shown().await, first);
    put(&good);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(served.shown().await, second);
}
