//! Chooses a certificate by the name that a client asks for, from those that are loaded, and shows an ACME
//! authority what it asks for.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::{
    pki_types::ServerName,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_acme::{ResolvesServerCertAcme, is_tls_alpn_challenge};
use webpki::EndEntityCert;

/// The certificates in use. They can be replaced while connections go on.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// From files, or our own.
    loaded: RwLock<Arc<[Arc<CertifiedKey>]>>,
    /// From an ACME authority, after those.
    from_acme: RwLock<Option<Arc<CertifiedKey>>>,
    /// Instead of that, until there is one.
    stand_in: Option<Arc<CertifiedKey>>,
    /// What an ACME authority is shown while a certificate is ordered.
    shown: RwLock<Option<Arc<ResolvesServerCertAcme>>>,
}

impl Choice {
    pub(super) fn new(certificates: Vec<CertifiedKey>) -> Self {
        Self { loaded: RwLock::new(shared(certificates)), ..Self::default() }
    }

    /// The same, with one from an ACME authority, or one that stands in for it.
    pub(super) fn with_acme(self, kept: Option<CertifiedKey>, stand_in: CertifiedKey) -> Self {
        let (from_acme, stand_in) = (RwLock::new(kept.map(Arc::new)), Some(Arc::new(stand_in)));
        Self { from_acme, stand_in, ..self }
    }

    /// Uses others from the next handshake on.
    pub(super) fn replace(&self, certificates: Vec<CertifiedKey>) {
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = shared(certificates);
    }

    /// Uses another one from the ACME authority from the next handshake on.
    pub(super) fn renew(&self, certificate: CertifiedKey) {
        let certificate = Some(Arc::new(certificate));
        *self.from_acme.write().unwrap_or_else(PoisonError::into_inner) = certificate;
    }

    /// The one from the ACME authority, if there is one.
    pub(super) fn by_acme(&self) -> Option<Arc<CertifiedKey>> {
        self.from_acme.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows an authority what `shown` has for it, until the returned value is dropped.
    pub(super) fn show(&self, shown: Arc<ResolvesServerCertAcme>) -> impl Drop {
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        Shown(&self.shown)
    }

    /// What an authority is shown over plain HTTP that asks for a token.
    pub(super) fn challenge(&self, token: &str) -> Option<String> {
        self.shown()?.get_http_01_key_auth(token)
    }

    fn shown(&self) -> Option<Arc<ResolvesServerCertAcme>> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first that is for the name; where none is, the first.
    pub(super) fn of(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let all = self.all();
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

impl Choice {
    fn all(&self) -> Vec<Arc<CertifiedKey>> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone();
        let from_acme = self.by_acme().or_else(|| self.stand_in.clone());
        loaded.iter().cloned().chain(from_acme).collect()
    }
}

/// Ends the showing when it is dropped.
struct Shown<'c>(&'c RwLock<Option<Arc<ResolvesServerCertAcme>>>);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn shared(certificates: Vec<CertifiedKey>) -> Arc<[Arc<CertifiedKey>]> {
    certificates.into_iter().map(Arc::new).collect()
}

impl ResolvesServerCert for Choice {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if is_tls_alpn_challenge(&hello) {
            return self.shown()?.resolve(hello);
        }
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

    #[test]
    fn one_from_an_authority_comes_after_those_from_files_and_is_stood_in_for() {
        let [file, kept, stand_in, new] =
            ["belfry.test", "acme.test", "acme.test", "acme.test"].map(certified);
        let own = [&file, &kept, &stand_in, &new].map(|one| one.cert[0].clone());
        let choice = Choice::new(vec![file]).with_acme(None, stand_in);
        let shown = |name: &str| choice.of(Some(name)).unwrap().cert[0].clone();
        assert_eq!([shown("belfry.test"), shown("acme.test")], [own[0].clone(), own[2].clone()]);
        choice.renew(kept);
        assert_eq!([shown("x.test"), shown("acme.test")], [own[0].clone(), own[1].clone()]);
        choice.renew(new);
        assert_eq!(shown("acme.test"), own[3]);
        choice.replace(vec![certified("acme.test")]);
        assert_ne!(shown("acme.test"), own[3], "files come first");
        choice.replace(Vec::new());
        assert_eq!(shown("x.test"), own[3]);
    }
}
