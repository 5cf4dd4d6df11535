//! What the log says of a certificate.

use std::time::{Duration, SystemTime};

use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::certificates::{Validity, validity};

/// Serving goes on: a client may be lenient, or its clock may differ.
pub(super) fn warn_of_its_time(certified: &CertifiedKey) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let hours = |time: Duration| time.as_secs() / 3600;
    let sha256 = fingerprint(certified);
    match certified.cert.first().map_or(Validity::Valid, |own| validity(own, now)) {
        Validity::Valid => {}
        Validity::Expired(since) => {
            warn!(sha256, hours_ago = hours(since), "the TLS certificate has expired");
        }
        Validity::NotYet(until) => {
            warn!(sha256, in_hours = hours(until), "the TLS certificate is not valid yet");
        }
    }
}

/// What certificates are told apart by, as browsers show it.
pub(super) fn fingerprint(certified: &CertifiedKey) -> String {
    let own = certified.cert.first().map_or(&[][..], |own| own.as_ref());
    data_encoding::HEXLOWER.encode(&Sha256::digest(own))
}
