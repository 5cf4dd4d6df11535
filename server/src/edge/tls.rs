//! TLS: the certificates that this server shows, and the handshake with a client.
//!
//! - `certificates`: loads them; `self_signed`: makes one for development; `choice`: which one a client gets;
//!   `reload`: tells when their files change; `failure`: why a handshake failed
//! - `acme`: gets them from an authority; `kept`: writes files that only their owner can read; `logged`: what
//!   the log says of them

mod acme;
mod certificates;
mod choice;
mod failure;
mod kept;
mod logged;
mod reload;
mod self_signed;

use std::{error::Error, io, path::Path, sync::Arc, time::Duration};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::spawn_blocking,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::config;
use acme::Acme;
use certificates::CertificateError;
use choice::Choice;
pub(super) use failure::reason;
use logged::{fingerprint, warn_of_its_time};
pub use reload::Asked;
use reload::Watch;

/// The longest that a handshake takes.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// The most plain text that a connection holds encrypted but unsent, in bytes; a record has 16 KiB.
const UNSENT: usize = 32 * 1024;

/// HTTP/2 in ALPN ([RFC 9113, section 3.1](https://www.rfc-editor.org/rfc/rfc9113#section-3.1)).
const H2: &[u8] = b"h2";

/// What an ACME authority asks for in ALPN, and nobody else ([RFC 8737, section
/// 6.2](https://www.rfc-editor.org/rfc/rfc8737#section-6.2)).
const ACME: &[u8] = b"acme-tls/1";

/// What a server needs to speak TLS. A cheap handle.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    choice: Arc<Choice>,
    watch: Watch,
    acme: Option<Arc<Acme>>,
    provider: Arc<CryptoProvider>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.watch.files()).finish_non_exhaustive()
    }
}

impl Tls {
    /// Loads or makes the certificates that the configuration asks for; `None` where it asks for none. A
    /// certificate of our own is kept in `folder`, or in memory where there is none.
    ///
    /// # Errors
    /// The file that cannot be used, and why.
    pub fn open(
        config: &config::Tls,
        folder: Option<&Path>,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        // Passed to everything, and never made the one of the process: that is for main to decide.
        let provider = Arc::new(ring::default_provider());
        let (files, acme) = match config {
            config::Tls::Files(files) => (files.clone(), None),
            config::Tls::Acme(acme, files) => {
                (files.clone(), Some(Arc::new(Acme::new(acme, folder, &provider))))
            }
            config::Tls::Off | config::Tls::SelfSigned => (Vec::new(), None),
        };
        let watch = Watch::new(files.clone().into());
        let certificates = match config {
            config::Tls::Off => return Ok(None),
            config::Tls::Files(_) | config::Tls::Acme(..) => load_all(&files, &provider)?,
            config::Tls::SelfSigned => {
                let made = self_signed::open_or_make(folder, &provider)?;
                info!(sha256 = fingerprint(&made), "using a self-signed certificate");
                vec![made]
            }
        };
        certificates.iter().for_each(warn_of_its_time);
        let mut choice = Choice::new(certificates);
        if let Some(acme) = &acme {
            // It is nobody's but ours: another one is ordered.
            let kept = acme.kept().unwrap_or_else(|problem| {
                error!(%problem, "the stored certificate cannot be used; another one will be ordered");
                None
            });
            kept.iter().for_each(warn_of_its_time);
            choice = choice.with_acme(kept, self_signed::stand_in(acme.domains(), &provider)?);
        }
        let choice = Arc::new(choice);
        let acceptor = acceptor(choice.clone(), acme.is_some(), provider.clone())?;
        Ok(Some(Self { acceptor, choice, watch, acme, provider }))
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    /// Where the client fails to, or takes longer than 10 s.
    pub(super) async fn accept<S>(&self, socket: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let shaking = self
            .acceptor
            .accept_with(socket, |connection| connection.set_buffer_limit(Some(UNSENT)));
        timeout(HANDSHAKE_WITHIN, shaking).await.unwrap_or_else(|_| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long"))
        })
    }

    /// Reloads the certificates whenever their files change, and when it is `asked`, and renews that of an
    /// ACME authority, until the `shutdown`. Connections that are open go on. Files that cannot be used change nothing.
    pub async fn keep_fresh(&self, mut asked: Asked, shutdown: &CancellationToken) {
        let renewing = async {
            if let Some(acme) = &self.acme {
                shutdown.run_until_cancelled(acme.keep_fresh(&self.choice)).await;
            }
        };
        let watching = async {
            let mut watch = self.watch.clone();
            while let Some(reason) = watch.changed(&mut asked, shutdown).await {
                match self.load_again().await {
                    Ok(()) => watch.succeeded(),
                    Err(problem) => {
                        if watch.failed(problem.to_string()) {
                            error!(%problem, "cannot reload the TLS certificates; keeping the previous ones");
                        }
                    }
                }
                reason.answer();
            }
        };
        tokio::join!(renewing, watching);
    }

    /// What an ACME authority is to be shown over plain HTTP that asks for a token.
    #[must_use]
    pub fn challenge(&self, token: &str) -> Option<String> {
        self.choice.challenge(token)
    }

    /// Replaces the certificates, all or none: a pair of which only one half has been written does not fit.
    async fn load_again(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let (files, provider) = (self.watch.files(), self.provider.clone());
        if files.is_empty() {
            return Ok(());
        }
        let certificates = spawn_blocking(move || load_all(&files, &provider)).await??;
        certificates.iter().for_each(warn_of_its_time);
        info!(certificates = certificates.len(), "reloaded the TLS certificates");
        self.choice.replace(certificates);
        Ok(())
    }
}

/// Whether a client is an ACME authority, which has seen all that it wants.
pub(super) fn is_acme<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(ACME)
}

/// Whether a client has chosen HTTP/2.
pub(super) fn speaks_http2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(H2)
}

fn acceptor(
    choice: Arc<Choice>,
    for_acme: bool,
    provider: Arc<CryptoProvider>,
) -> Result<TlsAcceptor, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(choice);
    config.alpn_protocols = vec![H2.into(), b"http/1.1".into()];
    config.alpn_protocols.extend(for_acme.then(|| ACME.into()));
    config.ignore_client_order = true;
    // After a restart or a lost network, thousands come back at once: most of them need no full handshake.
    config.ticketer = ring::Ticketer::new()?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn load_all(
    files: &[config::Pair],
    provider: &CryptoProvider,
) -> Result<Vec<CertifiedKey>, CertificateError> {
    let load = |pair: &config::Pair| certificates::load(&pair.certificate, &pair.key, provider);
    files.iter().map(load).collect()
}

#[cfg(test)]
mod tests;
