//! Orders one certificate.

use std::{error::Error, io, sync::Arc};

use futures::StreamExt;
use rustls::{
    ClientConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use rustls_acme::{AcmeConfig, EventError, EventOk, UseChallenge};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::{super::choice::Choice, kept::Kept};
use crate::config;

/// A certificate that was got.
pub(super) struct Obtained {
    /// The key and the chain.
    pub(super) pem: Vec<u8>,
    pub(super) certified: CertifiedKey,
}

type Problem = Box<dyn Error + Send + Sync>;

/// Orders a certificate. Meanwhile the choice shows the authority what it asks for.
pub(super) async fn order(
    config: &config::Acme,
    kept: Kept,
    challenge: UseChallenge,
    provider: &Arc<CryptoProvider>,
    choice: &Choice,
) -> Result<Obtained, Problem> {
    let trusting = provider.clone();
    let client = spawn_blocking(move || client(trusting)).await??;
    let mut state = AcmeConfig::new_with_client_config(&config.domains, Arc::new(client))
        .contact(&config.contact)
        .directory(&config.directory)
        .cache(kept.clone())
        .challenge_type(challenge)
        .state();
    let _shown = choice.show(state.resolver());
    while let Some(event) = state.next().await {
        match event {
            Ok(EventOk::CertCacheStore) => break,
            Ok(_) => {}
            Err(EventError::AccountCacheStore(error)) => {
                warn!(%error, "cannot store the account with the ACME authority");
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    let pem = kept.take().ok_or("the authority returned no certificate")?;
    let certified = certified(&pem, provider)?;
    Ok(Obtained { pem, certified })
}

/// Trusts what the machine trusts. Reads its files.
fn client(provider: Arc<CryptoProvider>) -> Result<ClientConfig, rustls::Error> {
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    client.alpn_protocols = vec![b"http/1.1".into()];
    Ok(client)
}

fn certified(pem: &[u8], provider: &CryptoProvider) -> Result<CertifiedKey, Problem> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, format!("{error}"));
    let chain =
        CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(invalid)?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(invalid)?;
    Ok(CertifiedKey::from_der(chain, key, provider)?)
}
