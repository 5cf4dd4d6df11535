//! A key that tokens are verified with. It determines the algorithm, never the token.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{LARGEST_TOKEN, Secret, TokenError, signature};

/// The `typ` of a session, by which nobody takes it for a token ([RFC 8725, section
/// 3.11](https://www.rfc-editor.org/rfc/rfc8725#section-3.11)).
pub(super) const SESSION_TYPE: &str = "belfry-session";

/// A key, and its algorithm.
#[derive(Clone, Debug)]
pub(super) struct Key {
    key: DecodingKey,
    /// Tells it from the others, today and after a restart.
    pub(super) name: u64,
    /// Only the signature, and by one algorithm: the claims are read by [`super::claims::grant`].
    validation: Validation,
}

impl Key {
    /// A secret, for HS256.
    pub(super) fn of_secret(secret: &Secret) -> Self {
        let key = DecodingKey::from_secret(secret.as_bytes());
        Self::new(Algorithm::HS256, key, secret.as_bytes())
    }

    /// A key of some bytes.
    pub(super) fn new(algorithm: Algorithm, key: DecodingKey, bytes: &[u8]) -> Self {
        signature::install();
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let mut hash = Sha256::new();
        hash.update("belfry key name\0");
        hash.update(bytes);
        let name = u64::from_le_bytes(*hash.finalize().first_chunk().expect("it has 32 bytes"));
        Self { key, name, validation }
    }

    /// What a token says; `None` where this key did not sign it.
    ///
    /// # Errors
    /// If it is signed, but its contents are not an object.
    pub(super) fn claims(&self, token: &str) -> Result<Option<Map<String, Value>>, TokenError> {
        match decode::<Map<String, Value>>(token, &self.key, &self.validation) {
            Ok(signed) => Ok(Some(signed.claims)),
            Err(error) if matches!(error.kind(), ErrorKind::Json(_)) => Err(TokenError::Malformed),
            Err(_) => Ok(None),
        }
    }
}

/// Whether what is presented calls itself a session.
///
/// # Errors
/// If it is too long, or not a JWT that can be read here.
pub(super) fn is_session(token: &str) -> Result<bool, TokenError> {
    if token.len() > LARGEST_TOKEN {
        return Err(TokenError::TooLarge);
    }
    let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
    // Extensions that must be supported to read the token (RFC 7515, section 4.1.11): none is, here.
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    Ok(header.typ.as_deref() == Some(SESSION_TYPE))
}
