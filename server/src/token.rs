//! Tokens: the keys that they are verified with, and the rights that they give.

mod claims;
mod error;
mod key_file;
mod secret;
mod sign_outs;
mod signature;

use std::path::Path;

use belfry_hub::grant::Grant;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::ErrorKind,
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use claims::Claims;
pub use error::{LARGEST_TOKEN, TokenError};
pub use key_file::{KeyError, read_secret};
pub use secret::Secret;
pub use sign_outs::SignOuts;

/// The keys that tokens are verified with. The key determines the algorithm, never the token.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Vec<Key>,
    /// The first secret among them.
    secret: Option<Secret>,
}

#[derive(Clone, Debug)]
struct Key {
    key: DecodingKey,
    /// Tells it from the others, today and after a restart.
    name: u64,
    /// Only the signature, and by one algorithm: the claims are read by [`claims::grant`].
    validation: Validation,
}

impl Keys {
    /// The key that is kept in a data directory, made there where there is none.
    ///
    /// # Errors
    /// Where it cannot be made or read, or others can read it.
    pub fn generated(folder: &Path) -> Result<Self, KeyError> {
        Ok(Self::default().with_secret(&key_file::open_or_make(folder)?))
    }

    /// These and a secret, for HS256.
    #[must_use]
    pub fn with_secret(mut self, secret: &Secret) -> Self {
        let key = DecodingKey::from_secret(secret.as_bytes());
        self.push(Algorithm::HS256, key, secret.as_bytes());
        self.secret.get_or_insert_with(|| secret.clone());
        self
    }

    /// A secret for another purpose, which tells nothing of the first of these and is the same after a
    /// restart; `None` where none of these is a secret.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> Option<Secret> {
        self.secret.as_ref().map(|secret| secret.derived(purpose))
    }

    /// These and the secret in a file, for HS256: its bytes without the newline at their end.
    ///
    /// # Errors
    /// Where it cannot be read or is under 32 bytes.
    pub fn with_secret_file(self, path: &Path) -> Result<Self, KeyError> {
        Ok(self.with_secret(&key_file::secret(path)?))
    }

    /// These and the Ed25519 public key in a PEM file, for EdDSA.
    ///
    /// # Errors
    /// Where it cannot be read or is no such key.
    pub fn with_public_key(mut self, path: &Path) -> Result<Self, KeyError> {
        let key = key_file::public_key(path)?;
        self.push(Algorithm::EdDSA, DecodingKey::from_ed_der(key.as_bytes()), key.as_bytes());
        Ok(self)
    }

    fn push(&mut self, algorithm: Algorithm, key: DecodingKey, bytes: &[u8]) {
        signature::install();
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let mut hash = Sha256::new();
        hash.update("belfry key name\0");
        hash.update(bytes);
        let name = u64::from_le_bytes(*hash.finalize().first_chunk().expect("it has 32 bytes"));
        self.keys.push(Key { key, name, validation });
    }

    /// What a token allows at `now`, in microseconds since the Unix epoch.
    ///
    /// # Errors
    /// Why it allows nothing.
    pub fn verify(&self, token: &str, now: i64) -> Result<Grant, TokenError> {
        if token.len() > LARGEST_TOKEN {
            return Err(TokenError::TooLarge);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        // Extensions that must be supported to read the token (RFC 7515, section 4.1.11): none is, here.
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        for Key { key, name, validation } in &self.keys {
            match decode::<Map<String, Value>>(token, key, validation) {
                Ok(signed) => {
                    let grant = claims::grant(&signed.claims, now)?;
                    return Ok(Grant { signer: *name, ..grant });
                }
                // The signature is valid, but its contents are not an object.
                Err(error) if matches!(error.kind(), ErrorKind::Json(_)) => {
                    return Err(TokenError::Malformed);
                }
                Err(_) => {}
            }
        }
        Err(TokenError::Unsigned)
    }
}

/// A token for HS256.
#[must_use]
pub fn mint(secret: &Secret, claims: &Claims) -> String {
    signature::install();
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).expect("strings and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret() -> Secret {
        Secret::new([b'x'; 32]).unwrap()
    }

    fn keys() -> Keys {
        Keys::default().with_secret(&secret())
    }

    #[test]
    fn what_is_minted_is_verified() {
        let claims = Claims {
            publish: vec!["chat/*".into()],
            exp: 1000,
            sub: Some("Ada".into()),
            ..Claims::default()
        };
        let token = mint(&secret(), &claims);
        let grant = keys().verify(&token, 0).unwrap();
        assert_eq!(grant.subject.as_deref(), Some("Ada"));
        assert_eq!(grant.publish, [belfry_hub::event::Pattern::new("chat/*").unwrap()]);
        assert_eq!(grant.until, Some(1_000_000_000));
        assert_eq!(keys().verify(&token, 1_000_000_000), Err(TokenError::Expired));
        let others = Keys::default().with_secret(&Secret::random().unwrap());
        assert_eq!(others.verify(&token, 0), Err(TokenError::Unsigned));
        assert_eq!(Keys::default().verify(&token, 0), Err(TokenError::Unsigned));
        let both = others.with_secret(&secret());
        assert_eq!(both.verify(&token, 0).unwrap().until, Some(1_000_000_000));
    }

    #[test]
    fn what_must_be_understood_and_is_not_refuses_the_token() {
        let key = EncodingKey::from_secret(&[b'x'; 32]);
        let claims = Claims { exp: 1000, ..Claims::default() };
        let mut header = Header::new(Algorithm::HS256);
        assert!(keys().verify(&encode(&header, &claims, &key).unwrap(), 0).is_ok());
        header.crit = Some(vec!["b64".into()]);
        let token = encode(&header, &claims, &key).unwrap();
        assert_eq!(keys().verify(&token, 0), Err(TokenError::Malformed));
        let token = encode(&Header::new(Algorithm::HS256), &["no object"], &key).unwrap();
        assert_eq!(keys().verify(&token, 0), Err(TokenError::Malformed));
    }

    #[test]
    fn a_token_has_up_to_8_kib() {
        let of = |letters: usize| {
            let sub = Some("a".repeat(letters));
            mint(&secret(), &Claims { exp: 1000, sub, ..Claims::default() })
        };
        let most = (6000..).find(|letters| of(*letters + 1).len() > LARGEST_TOKEN).unwrap();
        let claim = keys().verify(&of(most), 0).unwrap_err();
        assert!(matches!(claim, TokenError::Claim(_)), "{claim}");
        assert_eq!(keys().verify(&of(most + 1), 0), Err(TokenError::TooLarge));
    }

    #[test]
    fn keys_are_not_printed() {
        let said = format!("{:?}", keys());
        assert!(!said.contains("xxxx") && !said.contains("120, 120"), "{said}");
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in "\\PC{0,40}", parts in "[A-Za-z0-9_-]{0,9}(\\.[A-Za-z0-9_-]{0,9}){0,4}") {
            prop_assert!(keys().verify(&text, 0).is_err());
            prop_assert!(keys().verify(&parts, 0).is_err());
        }
    }
}
