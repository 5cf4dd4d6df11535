//! A certificate of our own for development, which browsers warn of: kept in the data directory, so that
//! whoever has accepted it once need not do so again.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::{
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    sign::CertifiedKey,
};
use webpki::EndEntityCert;

use super::{
    certificates::{CertificateError, Validity, load, validity},
    kept::keep,
};

/// The name of its file in the data directory, with the key in it.
const NAME: &str = "self-signed.pem";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long it is valid; browsers refuse what is valid for much longer.
const VALID_FOR: Duration = Duration::from_secs(397 * 24 * 3600);

/// It is replaced when it is valid for less than this.
const RENEWED_BEFORE: Duration = Duration::from_secs(30 * 24 * 3600);

/// The certificate for this machine: that of the data directory if it still serves, otherwise a new one,
/// which is written there. Without a directory it is only in memory.
pub(super) fn open_or_make(
    folder: Option<&Path>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    let (names, now) = (names(), SystemTime::now());
    let Some(path) = folder.map(|folder| folder.join(NAME)) else {
        return make(&names, now, Path::new(NAME)).and_then(|made| made.certified(provider));
    };
    match load(&path, &path, provider) {
        Ok(kept) if serves(&kept, &names, now) => return Ok(kept),
        // It is nobody's but ours, so that nothing is lost with it.
        Ok(_) => {}
        Err(error) if error.is_missing() => {}
        Err(error) => return Err(error),
    }
    let made = make(&names, now, &path)?;
    keep(&path, made.pem.as_bytes()).map_err(CertificateError::io(&path))?;
    made.certified(provider)
}

/// One for some names in memory, until there is a better one.
pub(super) fn stand_in(
    names: &[String],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    make(names, SystemTime::now(), Path::new(NAME)).and_then(|made| made.certified(provider))
}

/// Under which names this machine can be reached from itself, and its host name.
fn names() -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(Into::into).into();
    let host = rustix::system::uname().nodename().to_string_lossy().to_lowercase();
    if ServerName::try_from(host.as_str()).is_ok() && !names.contains(&host) {
        names.push(host);
    }
    names
}

fn serves(kept: &CertifiedKey, names: &[String], now: SystemTime) -> bool {
    let Some(own) = kept.cert.first() else { return false };
    let soon = since_epoch(now) + RENEWED_BEFORE;
    let is_for = |name: &String| {
        let name = ServerName::try_from(name.as_str()).ok();
        let own = EndEntityCert::try_from(own).ok();
        name.zip(own).is_some_and(|(name, own)| own.verify_is_valid_for_subject_name(&name).is_ok())
    };
    validity(own, soon) == Validity::Valid && names.iter().all(is_for)
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

struct Made {
    path: PathBuf,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pem: String,
}

impl Made {
    fn certified(self, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
        CertifiedKey::from_der(vec![self.certificate], self.key, provider)
            .map_err(|error| CertificateError::unfit(&self.path, error.to_string()))
    }
}

fn make(names: &[String], now: SystemTime, path: &Path) -> Result<Made, CertificateError> {
    let failed = |error: rcgen::Error| CertificateError::unfit(path, error.to_string());
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, "Belfry on this machine");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Clocks differ.
    params.not_before = (now - DAY).into();
    params.not_after = (now - DAY + VALID_FOR).into();
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(Made {
        path: path.into(),
        pem: certificate.pem() + &key.serialize_pem(),
        certificate: certificate.der().clone(),
        key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt};

    use rustls::crypto::ring;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn it_is_made_once_and_only_its_owner_can_read_it() {
        let (folder, provider) = (TempDir::new().unwrap(), ring::default_provider());
        let inner = folder.path().join("data");
        let made = open_or_make(Some(&inner), &provider).unwrap();
        assert_eq!(open_or_make(Some(&inner), &provider).unwrap().cert, made.cert);
        let files: Vec<_> = fs::read_dir(&inner).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].metadata().unwrap().mode() & 0o777, 0o600);
        assert!(serves(&made, &names(), SystemTime::now()));
    }

    #[test]
    fn it_is_made_again_when_it_expires_soon_or_the_host_has_another_name() {
        let (names, now) = (names(), SystemTime::now());
        let made = make(&names, now, Path::new(NAME)).unwrap();
        let made = made.certified(&ring::default_provider()).unwrap();
        assert!(serves(&made, &names, now));
        assert!(serves(&made, &names, now + 365 * DAY));
        assert!(!serves(&made, &names, now + 367 * DAY));
        assert!(!serves(&made, &[names, vec!["other.test".into()]].concat(), now));
    }

    #[test]
    fn without_a_folder_it_is_only_in_memory() {
        let made = open_or_make(None, &ring::default_provider()).unwrap();
        assert!(!made.cert.is_empty() && !Path::new(NAME).exists());
    }

    #[test]
    fn what_cannot_be_read_is_not_replaced() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(NAME), "something else").unwrap();
        let refused = open_or_make(Some(folder.path()), &ring::default_provider()).unwrap_err();
        assert!(refused.to_string().contains("must hold a certificate"), "{refused}");
    }
}
