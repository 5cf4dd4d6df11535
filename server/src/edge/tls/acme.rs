//! Gets a certificate from an ACME authority ([RFC 8555](https://www.rfc-editor.org/rfc/rfc8555)), and renews
//! it while the server runs.
//!
//! - `order`: one certificate, by `rustls-acme`; `kept`: the files of the account and the certificate;
//!   `problem`: what went wrong, in plain words

mod kept;
mod order;
mod problem;

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{crypto::CryptoProvider, sign::CertifiedKey};
use rustls_acme::UseChallenge;
use tokio::time::{sleep, timeout};
use tracing::{error, info};

use super::{
    certificates::{CertificateError, lifetime},
    choice::Choice,
    kept::keep,
    logged::{fingerprint, warn_of_its_time},
};
use crate::config;
use kept::Kept;
use order::{Obtained, order};
use problem::plain;

/// The longest between two looks at the clock: it may be set, and the machine may sleep.
const LOOK_EVERY: Duration = Duration::from_secs(12 * 3600);

/// How long to wait after the first failure. Each further one doubles it, up to an hour: Let's Encrypt
/// allows five failures an hour.
const AFTER_FAILURE: Duration = Duration::from_secs(60);
const AFTER_FAILURES: Duration = Duration::from_secs(3600);

/// The longest that an order takes, and how much longer for each name.
const ORDER_WITHIN: Duration = Duration::from_secs(600);
const PER_NAME: Duration = Duration::from_secs(60);

/// Keeps a certificate fresh.
#[derive(Debug)]
pub(super) struct Acme {
    config: config::Acme,
    kept: Kept,
    provider: Arc<CryptoProvider>,
}

impl Acme {
    /// One that keeps what it gets in a folder, or in memory where there is none.
    pub(super) fn new(
        config: &config::Acme,
        folder: Option<&Path>,
        provider: &Arc<CryptoProvider>,
    ) -> Self {
        let kept = Kept::new(config, folder);
        Self { config: config.clone(), kept, provider: provider.clone() }
    }

    /// The certificate that was kept, which may be due or have expired; `None` where there is none.
    pub(super) fn kept(&self) -> Result<Option<CertifiedKey>, CertificateError> {
        self.kept.certificate(&self.provider)
    }

    pub(super) fn domains(&self) -> &[String] {
        &self.config.domains
    }

    /// Renews the certificate of a choice when two thirds of its time are over, for ever. One that could not
    /// be renewed stays.
    pub(super) async fn keep_fresh(&self, choice: &Choice) {
        let mut failures = 0;
        loop {
            let left = choice.by_acme().map_or(Duration::ZERO, |present| until_due(&present));
            if !left.is_zero() {
                sleep(left.min(LOOK_EVERY)).await;
                continue;
            }
            match self.renew(choice, failures).await {
                Ok(()) => failures = 0,
                Err(problem) => {
                    failures += 1;
                    let wait = wait_after(failures);
                    let (domains, directory) =
                        (self.config.domains.join(" "), &self.config.directory);
                    let again_in_s = wait.as_secs();
                    error!(domains, directory, again_in_s, %problem, "cannot get a TLS certificate");
                    sleep(wait).await;
                }
            }
        }
    }

    /// Orders a certificate, and uses it from the next handshake on.
    async fn renew(&self, choice: &Choice, failures: u32) -> Result<(), String> {
        let by_http = is_by_http(self.config.has_http, failures);
        let challenge = if by_http { UseChallenge::Http01 } else { UseChallenge::TlsAlpn01 };
        let within =
            ORDER_WITHIN + PER_NAME * u32::try_from(self.config.domains.len()).unwrap_or(1);
        let ordering = order(&self.config, self.kept.clone(), challenge, &self.provider, choice);
        let ordered =
            timeout(within, ordering).await.map_err(|_| "the authority did not answer in time")?;
        let Obtained { pem, certified } = ordered.map_err(|problem| plain(&*problem))?;
        warn_of_its_time(&certified);
        let (sha256, is_due) = (fingerprint(&certified), until_due(&certified).is_zero());
        choice.renew(certified);
        self.keep(pem).await;
        info!(domains = self.config.domains.join(" "), sha256, "got a TLS certificate");
        if is_due {
            Err("it is already due for renewal; is this machine's clock right?".into())
        } else {
            Ok(())
        }
    }

    async fn keep(&self, pem: Vec<u8>) {
        let Some(path) = self.kept.certificate_path() else { return };
        let keeping = tokio::task::spawn_blocking(move || keep(&path, &pem));
        if let Err(error) = keeping.await.unwrap_or_else(|failure| Err(failure.into())) {
            error!(%error, "cannot store the TLS certificate; after a restart another one will be ordered");
        }
    }
}

/// How long until two thirds of a certificate's time are over; none if they are.
fn until_due(certified: &CertifiedKey) -> Duration {
    let Some((begin, end)) = certified.cert.first().and_then(|own| lifetime(own)) else {
        return Duration::ZERO;
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (begin + end.saturating_sub(begin) * 2 / 3).saturating_sub(now)
}

/// Whether the authority is to ask over plain HTTP: at first if it can, and then in turn, for it may reach only
/// one of the two ports.
fn is_by_http(has_http: bool, failures: u32) -> bool {
    has_http && failures.is_multiple_of(2)
}

/// How long to wait after so many failures, the last one included; up to a quarter more, so that not all servers of
/// an authority come at once.
fn wait_after(failures: u32) -> Duration {
    let wait = AFTER_FAILURE * 2_u32.pow(failures.saturating_sub(1).min(6));
    wait.min(AFTER_FAILURES).mul_f64(1.0 + fastrand::f64() / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ports_are_tried_in_turn_and_ever_less_often() {
        assert_eq!(
            [0, 1, 2, 3].map(|failures| is_by_http(true, failures)),
            [true, false, true, false]
        );
        assert!(!is_by_http(false, 0) && !is_by_http(false, 1));
        for (failures, minutes) in [(1, 1), (2, 2), (5, 16), (6, 32), (7, 60), (8, 60), (1000, 60)]
        {
            let (wait, least) = (wait_after(failures), Duration::from_secs(minutes * 60));
            assert!((least..=least * 5 / 4).contains(&wait), "{failures}: {wait:?}");
        }
    }
}
