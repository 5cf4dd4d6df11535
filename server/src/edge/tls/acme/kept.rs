//! The files in which the account at an authority and the certificate are kept, for their owner alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use rustls::{crypto::CryptoProvider, sign::CertifiedKey};
use rustls_acme::{AccountCache, CertCache};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use super::super::{
    certificates::{CertificateError, load},
    kept::keep,
};
use crate::config;

/// Where they are in the data directory.
const FOLDER: &str = "acme";

/// The files, and a certificate that was just got. A cheap handle.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// Those of the account and the certificate, if there is a folder for them.
    paths: Option<Arc<(PathBuf, PathBuf)>>,
    got: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Kept {
    /// Others have files of their own: a certificate is for its names only, and an account is of one authority.
    pub(super) fn new(config: &config::Acme, folder: Option<&Path>) -> Self {
        let name = |kind: &str, of: &[String]| {
            let of = [of, std::slice::from_ref(&config.directory)].concat().join("\n");
            format!("{kind}-{}.pem", &HEXLOWER.encode(&Sha256::digest(of))[..16])
        };
        let paths = folder.map(|folder| folder.join(FOLDER)).map(|folder| {
            let account = folder.join(name("account", &config.contact)).with_extension("key");
            Arc::new((account, folder.join(name("certificate", &config.domains))))
        });
        Self { paths, got: Arc::default() }
    }

    pub(super) fn certificate_path(&self) -> Option<PathBuf> {
        self.paths.as_ref().map(|paths| paths.1.clone())
    }

    /// The certificate with its key; `None` where none was kept.
    pub(super) fn certificate(
        &self,
        provider: &CryptoProvider,
    ) -> Result<Option<CertifiedKey>, CertificateError> {
        let Some(path) = self.certificate_path() else { return Ok(None) };
        match load(&path, &path, provider) {
            Ok(certified) => Ok(Some(certified)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What an order has got, in PEM, with its key.
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Nothing is found here: whoever orders a certificate has looked before. What was got is used even if no disk
/// takes it.
#[async_trait]
impl CertCache for Kept {
    type EC = io::Error;

    async fn load_cert(&self, _: &[String], _: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }

    async fn store_cert(&self, _: &[String], _: &str, pem: &[u8]) -> io::Result<()> {
        *self.got.lock().unwrap_or_else(PoisonError::into_inner) = Some(pem.to_vec());
        Ok(())
    }
}

#[async_trait]
impl AccountCache for Kept {
    type EA = io::Error;

    async fn load_account(&self, _: &[String], _: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(paths) = self.paths.clone() else { return Ok(None) };
        match spawn_blocking(move || fs::read(&paths.0)).await? {
            Ok(account) => Ok(Some(account)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn store_account(&self, _: &[String], _: &str, account: &[u8]) -> io::Result<()> {
        let Some(paths) = self.paths.clone() else { return Ok(()) };
        let account = account.to_vec();
        spawn_blocking(move || keep(&paths.0, &account)).await?
    }
}
