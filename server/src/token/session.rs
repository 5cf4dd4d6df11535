//! Sessions: the token that a browser keeps as a cookie in place of the one that somebody signed in with, so
//! that signing out ends the one and not the other.

use belfry_hub::grant::Grant;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Claims, Secret, TokenError, claims, credential,
    key::{Key, SESSION_TYPE, is_session},
    signature,
};

/// The purpose of the key that is derived from the server's own.
const PURPOSE: &str = "belfry sessions";

/// The key that sessions are signed with, and no tokens.
#[derive(Clone, Debug)]
pub(super) struct SessionKey {
    secret: Secret,
    key: Key,
}

/// What is said of a session, besides what its token said.
#[derive(Debug, Serialize)]
struct Session {
    #[serde(flatten)]
    claims: Claims,
    /// Its own number.
    jti: String,
    /// The number of the token that it was made from.
    token: String,
    /// The name of the key that token was signed with.
    key: String,
}

impl SessionKey {
    /// The one that belongs to a server's own key, so that sessions outlive a restart.
    pub(super) fn of(own: &Secret) -> Self {
        Self::new(own.derived(PURPOSE))
    }

    fn new(secret: Secret) -> Self {
        let key = Key::of_secret(&secret);
        Self { secret, key }
    }

    /// One for as long as the server runs.
    ///
    /// # Errors
    /// If the operating system cannot provide random bytes.
    pub(super) fn random() -> std::io::Result<Self> {
        Ok(Self::new(Secret::random()?))
    }

    /// A session with the rights of a token, and its number.
    ///
    /// # Errors
    /// If the operating system cannot provide random bytes.
    pub(super) fn begin(&self, token: &Grant) -> Result<(String, u128), getrandom::Error> {
        signature::install();
        let number = credential::random()?;
        let made_from = token.credentials.first().copied().unwrap_or_default();
        let session = Session {
            claims: claims::of(token),
            jti: credential::written(number),
            token: credential::written(made_from),
            key: format!("{:016x}", token.signer),
        };
        let header = Header { typ: Some(SESSION_TYPE.to_owned()), ..Header::default() };
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        Ok((encode(&header, &session, &key).expect("strings and numbers are JSON"), number))
    }

    /// What a session allows at `now`, in microseconds since the Unix epoch. Its last credential is its
    /// number.
    ///
    /// # Errors
    /// Why it allows nothing.
    pub(super) fn verify(&self, session: &str, now: i64) -> Result<Grant, TokenError> {
        let claims = self.key.claims(session)?.ok_or(TokenError::Unsigned)?;
        let grant = claims::grant(&claims, now)?;
        let number = |claim| text(&claims, claim).and_then(credential::read);
        let signer = text(&claims, "key").and_then(|it| u64::from_str_radix(it, 16).ok());
        let (Some(token), Some(own), Some(signer)) = (number("token"), number("jti"), signer)
        else {
            return Err(TokenError::Malformed);
        };
        let credentials = vec![token, credential::of_token(session), own];
        Ok(Grant { signer, credentials, ..grant })
    }
}

/// The number of the token that is presented, or that the session which is presented was made from. Nobody
/// has verified it: it is good for counting.
pub(crate) fn token_of(presented: &str) -> u128 {
    let session = is_session(presented).unwrap_or(false);
    let claims = session.then(|| claims::unverified(presented)).flatten();
    let token = claims.and_then(|claims| credential::read(text(&claims, "token")?));
    token.unwrap_or_else(|| credential::of_token(presented))
}

fn text<'c>(claims: &'c Map<String, Value>, claim: &str) -> Option<&'c str> {
    claims.get(claim).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use belfry_hub::event::Pattern;

    use super::*;

    /// In microseconds.
    const SECOND: i64 = 1_000_000;

    fn ada() -> Grant {
        let patterns = |names: &[&str]| names.iter().map(|it| Pattern::new(it).unwrap()).collect();
        Grant {
            subject: Some("Ada".into()),
            signer: u64::MAX - 7,
            publish: patterns(&["a", "b/*"]),
            read: patterns(&["a"]),
            purge: patterns(&["*"]),
            until: Some(100 * SECOND),
            issued: Some(10 * SECOND),
            credentials: vec![u128::MAX - 3],
            local: false,
        }
    }

    #[test]
    fn a_session_has_the_rights_of_its_token_and_a_number_of_its_own() {
        let key = SessionKey::random().unwrap();
        let (session, number) = key.begin(&ada()).unwrap();
        let grant = key.verify(&session, 99 * SECOND).unwrap();
        assert_eq!((grant.mark(), grant.scope()), (ada().mark(), ada().scope()));
        assert_eq!(grant.credentials.first(), ada().credentials.first());
        assert_eq!(grant.credentials.last(), Some(&number));
        assert_eq!(Grant { credentials: ada().credentials, ..grant }, ada());
        assert_ne!(key.begin(&ada()).unwrap().1, number);
        assert_eq!(Some(&token_of(&session)), ada().credentials.first());
        assert_eq!(key.verify(&session, 100 * SECOND), Err(TokenError::Expired));
    }

    #[test]
    fn a_session_without_subject_or_issue_has_none() {
        let nobody = Grant { subject: None, issued: None, ..ada() };
        let key = SessionKey::random().unwrap();
        let grant = key.verify(&key.begin(&nobody).unwrap().0, 0).unwrap();
        assert_eq!((grant.subject.as_deref(), grant.issued), (None, None));
        assert_eq!(grant.scope(), nobody.scope());
    }

    #[test]
    fn only_the_key_of_sessions_signs_sessions() {
        let secret = Secret::random().unwrap();
        let key = SessionKey::of(&secret);
        let session = key.begin(&ada()).unwrap().0;
        assert!(SessionKey::of(&secret).verify(&session, 0).is_ok(), "after a restart");
        let other = SessionKey::random().unwrap();
        assert_eq!(other.verify(&session, 0), Err(TokenError::Unsigned));
        let claims = Claims { exp: 100, ..Claims::default() };
        let forged = crate::token::mint(&secret, &claims);
        assert_eq!(key.verify(&forged, 0), Err(TokenError::Unsigned));
        // Signed by the right key, and still no session.
        let forged = crate::token::mint(&key.secret, &claims);
        assert_eq!(key.verify(&forged, 0), Err(TokenError::Malformed));
    }
}
