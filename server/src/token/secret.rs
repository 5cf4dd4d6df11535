//! Secrets: keys that are not weak, from given bytes or the operating system's randomness.

use std::{fmt, io};

use belfry_hub::event::Invalid;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The most that HS256 can use, and the least that is safe ([RFC 7518, section
/// 3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)), in bytes.
const SHORTEST_SECRET: usize = 32;

/// The key of HS256, which both signs and verifies: at least 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Takes a secret as it is.
    ///
    /// # Errors
    /// Where it is too short to be one.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, Invalid> {
        let bytes = bytes.into();
        if bytes.len() < SHORTEST_SECRET {
            let short = format!("must have at least {SHORTEST_SECRET} bytes, not {}", bytes.len());
            return Err(Invalid::new("secret", short));
        }
        Ok(Self(bytes))
    }

    /// Makes one of 256 random bits. Its bytes are base64url, so that a file that holds it can be
    /// copied, and read by other programs, as text.
    ///
    /// # Errors
    /// If the operating system cannot provide random bytes.
    pub fn random() -> io::Result<Self> {
        let mut bits = [0; SHORTEST_SECRET];
        getrandom::fill(&mut bits)?;
        Ok(Self(BASE64URL_NOPAD.encode(&bits).into_bytes()))
    }

    /// Another secret for a purpose: the HMAC with SHA-256 of its name.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> Self {
        Self(self.mac(purpose.as_bytes()).to_vec())
    }

    /// The HMAC with SHA-256 of a message.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mac: Hmac<Sha256> = Hmac::new_from_slice(&self.0).expect("a key may have any length");
        mac.chain_update(message).finalize().into_bytes().into()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_at_least_32_bytes() {
        let short = Secret::new([b'x'; 31]).unwrap_err().to_string();
        assert_eq!(short, "secret must have at least 32 bytes, not 31");
        assert!(Secret::new([b'x'; 32]).is_ok());
    }

    #[test]
    fn random_ones_differ_and_are_text() {
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(one, other);
        assert_eq!(BASE64URL_NOPAD.decode(one.as_bytes()).unwrap().len(), SHORTEST_SECRET);
    }

    #[test]
    fn a_derived_one_is_of_its_purpose() {
        let secret = Secret::new([b'x'; 32]).unwrap();
        assert_eq!(secret.derived("a"), secret.derived("a"));
        assert_ne!(secret.derived("a"), secret.derived("b"));
        // RFC 4231, test case 1.
        let key = Secret(vec![0x0b; 20]);
        assert_eq!(key.mac(b"Hi There")[..8], 0xb034_4c61_d8db_3853_u64.to_be_bytes());
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new([b'x'; 32]).unwrap()), "Secret(..)");
    }
}
