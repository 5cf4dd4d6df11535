//! The keys that tokens are verified with, and the tokens that a key makes.

use std::path::Path;

use belfry_hub::grant::Grant;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};

use super::{
    Claims, Secret, TokenError, claims, credential,
    key::{self, Key},
    key_file::{self, KeyError},
    signature,
};

/// The keys that tokens are verified with. The key determines the algorithm, never the token.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Vec<Key>,
    /// The first secret among them.
    secret: Option<Secret>,
    /// The one that the server made for itself.
    own: Option<Secret>,
}

impl Keys {
    /// The key that is kept in a data directory, made there where there is none.
    ///
    /// # Errors
    /// Where it cannot be made or read, or others can read it.
    pub fn generated(folder: &Path) -> Result<Self, KeyError> {
        let own = key_file::open_or_make(folder)?;
        Ok(Self { own: Some(own.clone()), ..Self::default() }.with_secret(&own))
    }

    /// These and a secret, for HS256.
    #[must_use]
    pub fn with_secret(mut self, secret: &Secret) -> Self {
        self.keys.push(Key::of_secret(secret));
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
    /// Where it cannot be read or is not such a key.
    pub fn with_public_key(mut self, path: &Path) -> Result<Self, KeyError> {
        let key = key_file::public_key(path)?;
        let bytes = key.as_bytes();
        self.keys.push(Key::new(Algorithm::EdDSA, DecodingKey::from_ed_der(bytes), bytes));
        Ok(self)
    }

    /// The key that the server made for itself; `None` where all are of others.
    pub(super) fn own(&self) -> Option<&Secret> {
        self.own.as_ref()
    }

    /// Whether a signer is one of these, by its name.
    pub(super) fn holds(&self, signer: u64) -> bool {
        self.keys.iter().any(|key| key.name == signer)
    }

    /// What a token allows at `now`, in microseconds since the Unix epoch.
    ///
    /// # Errors
    /// Why it allows nothing.
    pub fn verify(&self, token: &str, now: i64) -> Result<Grant, TokenError> {
        if key::is_session(token)? {
            return Err(TokenError::Session);
        }
        for key in &self.keys {
            if let Some(claims) = key.claims(token)? {
                let credentials = vec![credential::of_token(token)];
                return Ok(Grant { signer: key.name, credentials, ..claims::grant(&claims, now)? });
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
    use crate::token::LARGEST_TOKEN;

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
