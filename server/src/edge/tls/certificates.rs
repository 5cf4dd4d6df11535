//! Loads certificates with their keys, and says what is wrong with a file.

use std::{
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustls::{
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    sign::CertifiedKey,
};
use webpki::{EndEntityCert, KeyUsage};

/// A file that TLS cannot use, and why.
#[derive(Debug)]
pub struct CertificateError {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Io(io::Error),
    Unfit(String),
}

impl CertificateError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self { path: path.into(), why: Why::Io(error) }
    }

    pub(super) fn unfit(path: &Path, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: Why::Unfit(why.into()) }
    }

    /// Whether there is no such file.
    pub(super) fn is_missing(&self) -> bool {
        matches!(&self.why, Why::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use {} for TLS: ", self.path.display())?;
        match &self.why {
            Why::Io(error) => error.fmt(f),
            Why::Unfit(why) => f.write_str(why),
        }
    }
}

impl Error for CertificateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.why {
            Why::Io(error) => Some(error),
            Why::Unfit(_) => None,
        }
    }
}

/// Loads a chain of certificates, the server's own first, and the key of that one. Both may be in the
/// same file.
pub(super) fn load(
    certificates: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    let pem = fs::read(certificates).map_err(CertificateError::io(certificates))?;
    let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| CertificateError::unfit(certificates, error.to_string()))?;
    let Some(own) = chain.first() else {
        let why = "it must hold a certificate in PEM (BEGIN CERTIFICATE)";
        return Err(CertificateError::unfit(certificates, why));
    };
    if let Err(error) = EndEntityCert::try_from(own) {
        let why = format!("its first certificate cannot be read: {error}");
        return Err(CertificateError::unfit(certificates, why));
    }
    let (der, belongs) = (private_key(key)?, certificates.display().to_string());
    CertifiedKey::from_der(chain, der, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            let why = format!("the key does not belong to the certificate in {belongs}");
            CertificateError::unfit(key, why)
        }
        error => CertificateError::unfit(key, error.to_string()),
    })
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    let pem = fs::read(path).map_err(CertificateError::io(path))?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        let encrypted = String::from_utf8_lossy(&pem).contains("ENCRYPTED");
        let why = if encrypted {
            "the key has a passphrase; decrypt it with openssl pkey -in FILE -out FILE"
        } else {
            "it must hold a private key in PEM (BEGIN PRIVATE KEY)"
        };
        CertificateError::unfit(path, why)
    })
}

/// Whether a certificate can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    Valid,
    /// Not for so long yet.
    NotYet(Duration),
    /// Not since so long.
    Expired(Duration),
}

/// From when to when a certificate is valid, since the Unix epoch; `None` where it cannot be read.
pub(super) fn lifetime(certificate: &CertificateDer<'_>) -> Option<(Duration, Duration)> {
    // Later than any date that a certificate can have.
    let end = Duration::from_secs(1 << 40);
    match (validity(certificate, Duration::ZERO), validity(certificate, end)) {
        (Validity::NotYet(begin), Validity::Expired(since)) => Some((begin, end - since)),
        _ => None,
    }
}

/// Judges a certificate at a time since the Unix epoch.
pub(super) fn validity(certificate: &CertificateDer<'_>, at: Duration) -> Validity {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return Validity::Valid };
    let (now, usage) = (UnixTime::since_unix_epoch(at), KeyUsage::server_auth());
    let seconds = |from: UnixTime, to: UnixTime| {
        Duration::from_secs(to.as_secs().saturating_sub(from.as_secs()))
    };
    // The dates are checked before the issuer, which is the clients' to judge: none is trusted here.
    match certificate.verify_for_usage(&[], &[], &[], now, usage, None, None) {
        Err(webpki::Error::CertExpired { time, not_after }) => {
            Validity::Expired(seconds(not_after, time))
        }
        Err(webpki::Error::CertNotValidYet { time, not_before }) => {
            Validity::NotYet(seconds(time, not_before))
        }
        _ => Validity::Valid,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use rustls::crypto::ring;
    use tempfile::TempDir;

    use super::*;

    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

    struct Files {
        folder: TempDir,
    }

    impl Files {
        fn new() -> Self {
            Self { folder: TempDir::new().unwrap() }
        }

        fn put(&self, name: &str, content: &str) -> PathBuf {
            let path = self.folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        }

        fn refused(&self, certificate: &Path, key: &Path) -> String {
            let refused = load(certificate, key, &ring::default_provider()).unwrap_err();
            refused.to_string().replace(&self.folder.path().display().to_string(), "")
        }
    }

    fn pair(name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap();
        (certificate.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_certificate_is_loaded_with_its_key_also_from_one_file() {
        let (files, (certificate, key)) = (Files::new(), pair("belfry.test"));
        let both = files.put("both.pem", &format!("{key}{certificate}"));
        let (certificate, key) = (files.put("a.pem", &certificate), files.put("a.key", &key));
        let provider = ring::default_provider();
        assert_eq!(load(&certificate, &key, &provider).unwrap().cert.len(), 1);
        assert_eq!(load(&both, &both, &provider).unwrap().cert.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_file() {
        let files = Files::new();
        let ((certificate, key), (_, other)) = (pair("belfry.test"), pair("belfry.test"));
        let good = files.put("good.pem", &certificate);
        let key = files.put("good.key", &key);
        let other = files.put("other.key", &other);
        let empty = files.put("empty", "");
        let text = files.put("text", "certificate");
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let garbage = files.put("garbage", garbage);
        let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n\
            -----END ENCRYPTED PRIVATE KEY-----\n";
        let locked = files.put("locked", locked);
        let missing = files.folder.path().join("missing");
        for (certificate, key, said) in [
            (&missing, &key, "cannot use /missing for TLS: No such file"),
            (&good, &missing, "cannot use /missing for TLS: No such file"),
            (&empty, &key, "/empty for TLS: it must hold a certificate in PEM"),
            (&text, &key, "/text for TLS: it must hold a certificate in PEM"),
            (&key, &key, "/good.key for TLS: it must hold a certificate in PEM"),
            (&garbage, &key, "/garbage for TLS: its first certificate cannot be read"),
            (&good, &good, "/good.pem for TLS: it must hold a private key in PEM"),
            (&good, &locked, "/locked for TLS: the key has a passphrase"),
            (&good, &other, "/other.key for TLS: the key does not belong to the certificate in"),
        ] {
            let refused = files.refused(certificate, key);
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn a_certificate_has_its_time() {
        let key = KeyPair::generate().unwrap();
        let mut certificate = CertificateParams::new(["belfry.test".to_owned()]).unwrap();
        certificate.not_before = date_time_ymd(2026, 1, 1);
        certificate.not_after = date_time_ymd(2027, 1, 1);
        let certificate = certificate.self_signed(&key).unwrap();
        let begin = Duration::from_secs(1_767_225_600);
        let judged = |at| validity(certificate.der(), at);
        assert_eq!(judged(begin), Validity::Valid);
        assert_eq!(judged(begin + YEAR), Validity::Valid);
        let hour = Duration::from_secs(3600);
        assert_eq!(judged(begin - hour), Validity::NotYet(hour));
        assert_eq!(judged(begin + YEAR + hour), Validity::Expired(hour));
        assert_eq!(lifetime(certificate.der()), Some((begin, begin + YEAR)));
        assert_eq!(lifetime(&CertificateDer::from_slice(b"none")), None);
    }
}
