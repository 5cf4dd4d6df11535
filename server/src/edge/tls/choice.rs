//! Chooses a certificate by the name that a client asks for, from those that are loaded.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::{
    pki_types::ServerName,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use webpki::EndEntityCert;

/// The certificates in use. They can be replaced while connections go on.
#[derive(Debug)]
pub(super) struct Choice(RwLock<Arc<[Arc<CertifiedKey>]>>);

impl Choice {
    pub(super) fn new(certificates: Vec<CertifiedKey>) -> Self {
        Self(RwLock::new(shared(certificates)))
    }

    /// Uses others from the next handshake on.
    pub(super) fn replace(&self, certificates: Vec<CertifiedKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = shared(certificates);
    }

    /// The first that is for the name; where none is, the first.
    pub(super) fn of(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let name = name.and_then(|name| ServerName::try_from(name).ok());
        let fits = |certified: &&Arc<CertifiedKey>| {
            let own = certified.cert.first().and_then(|own| EndEntityCert::try_from(own).ok());
            own.zip(name.as_ref())
                .is_some_and(|(own, name)| own.verify_is_valid_for_subject_name(name).is_ok())
        };
        let fitting = if all.len() > 1 { all.iter().find(fits) } else { None };
        fitting.or_else(|| all.first()).cloned()
    }
}

fn shared(certificates: Vec<CertifiedKey>) -> Arc<[Arc<CertifiedKey>]> {
    certificates.into_iter().map(Arc::new).collect()
}

impl ResolvesServerCert for Choice {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.of(hello.server_name())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use rustls::{crypto::ring, pki_types::PrivateKeyDer};

    use super::*;

    fn certified(name: &str) -> CertifiedKey {
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        CertifiedKey::from_der(vec![own.der().clone()], key, &ring::default_provider()).unwrap()
    }

    #[test]
    fn a_certificate_is_chosen_by_name_and_the_first_for_all_others() {
        let names = ["belfry.test", "*.belfry.test", "other.test"];
        let certificates: Vec<_> = names.map(certified).into();
        let own: Vec<_> = certificates.iter().map(|one| one.cert[0].clone()).collect();
        let choice = Choice::new(certificates);
        for (asked, chosen) in [
            (Some("belfry.test"), 0),
            (Some("BELFRY.test"), 0),
            (Some("a.belfry.test"), 1),
            (Some("a.b.belfry.test"), 0),
            (Some("other.test"), 2),
            (Some("nowhere.test"), 0),
            (Some(""), 0),
            (Some("192.0.2.1"), 0),
            (None, 0),
        ] {
            assert_eq!(choice.of(asked).unwrap().cert[0], own[chosen], "{asked:?}");
        }
        let new = certified("new.test");
        let renewed = new.cert[0].clone();
        choice.replace(vec![new]);
        assert_eq!(choice.of(Some("other.test")).unwrap().cert[0], renewed);
    }
}
