//! The authority on what is presented: verifies tokens and sessions, begins sessions, and ends them.

use std::io;

use belfry_hub::grant::Grant;
use futures::future::BoxFuture;

use super::{
    Keys, Revocations, TokenError, credential, key, revocations::Entry, session::SessionKey,
};

/// In microseconds.
const SECOND: i64 = 1_000_000;

/// Whoever it lets in was given a token by a holder of one of its keys, and it was not revoked.
#[derive(Debug)]
pub struct Authority {
    keys: Keys,
    sessions: SessionKey,
    revocations: Revocations,
}

/// A session that has begun.
#[derive(Debug)]
pub struct Session {
    /// What the browser keeps.
    pub cookie: String,
    /// What it allows.
    pub grant: Grant,
    /// What it is called by `belfry revoke` and in the log.
    pub id: String,
}

impl Authority {
    /// One with these keys. Sessions are signed with a key derived from the server's own; without one, they
    /// last until the server ends.
    ///
    /// # Errors
    /// If the operating system cannot provide random bytes.
    pub fn new(keys: Keys, revocations: Revocations) -> io::Result<Self> {
        let sessions = match keys.own() {
            Some(own) => SessionKey::of(own),
            None => SessionKey::random()?,
        };
        Ok(Self { keys, sessions, revocations })
    }

    /// The keys that tokens are verified with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What was revoked.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// What a token allows at `now`, in microseconds since the Unix epoch.
    ///
    /// # Errors
    /// Why it allows nothing.
    pub fn verify(&self, token: &str, now: i64) -> Result<Grant, TokenError> {
        let grant = self.keys.verify(token, now)?;
        if self.revocations.revokes(&grant) { Err(TokenError::Revoked) } else { Ok(grant) }
    }

    /// What a cookie allows: a session, or a token, which earlier versions put there. Its last credential is
    /// revoked by signing out.
    ///
    /// # Errors
    /// Why it allows nothing.
    pub fn verify_cookie(&self, cookie: &str, now: i64) -> Result<Grant, TokenError> {
        let grant = if key::is_session(cookie)? {
            let grant = self.sessions.verify(cookie, now)?;
            // The key of its token may no longer be one of the server's.
            Some(grant).filter(|grant| self.keys.holds(grant.signer)).ok_or(TokenError::Unsigned)?
        } else {
            let mut grant = self.keys.verify(cookie, now)?;
            grant.credentials.push(credential::of_cookie(cookie));
            grant
        };
        if self.revocations.revokes(&grant) { Err(TokenError::Ended) } else { Ok(grant) }
    }

    /// Begins a session with what a token allows.
    ///
    /// # Errors
    /// Why the token allows nothing.
    pub fn begin_session(&self, token: &str, now: i64) -> Result<Session, TokenError> {
        let grant = self.verify(token, now)?;
        let (cookie, number) = self.sessions.begin(&grant).map_err(|_| TokenError::NoRandomness)?;
        Ok(Session { cookie, grant, id: credential::written(number) })
    }

    /// Ends the session that a cookie holds, and returns its id; `None` where it holds none that is valid.
    /// Its streams end at once.
    ///
    /// # Errors
    /// If that could not be stored: then it has ended until the server is started again.
    pub async fn end_session(&self, cookie: &str, now: i64) -> io::Result<Option<String>> {
        let Ok(grant) = self.verify_cookie(cookie, now) else { return Ok(None) };
        let Some(number) = grant.credentials.last().copied() else { return Ok(None) };
        let until = grant.until.unwrap_or(now) / SECOND;
        self.revocations.add(Entry::Credential { number, until }).await?;
        Ok(Some(credential::written(number)))
    }

    /// Returns once what a grant was read from is revoked; never for one that nothing was presented for.
    pub fn revoked(&self, grant: &Grant) -> BoxFuture<'static, ()> {
        self.revocations.heard(grant)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::token::{Claims, Secret, mint};

    #[test]
    fn a_session_is_valid_as_long_as_the_key_of_its_token_is_one_of_the_servers() {
        let folder = TempDir::new().unwrap();
        let theirs = Secret::random().unwrap();
        let authority = |with_theirs: bool| {
            let keys = Keys::generated(folder.path()).unwrap();
            let keys = if with_theirs { keys.with_secret(&theirs) } else { keys };
            Authority::new(keys, Revocations::default()).unwrap()
        };
        let token = mint(&theirs, &Claims { exp: 100, ..Claims::default() });
        let Session { cookie, grant, .. } = authority(true).begin_session(&token, 0).unwrap();
        let again = authority(true).verify_cookie(&cookie, 0).unwrap();
        assert_eq!(again.mark(), grant.mark());
        assert_eq!(authority(false).verify_cookie(&cookie, 0), Err(TokenError::Unsigned));
    }

    #[test]
    fn without_a_key_of_its_own_no_two_servers_know_each_others_sessions() {
        let theirs = Secret::random().unwrap();
        let authority = || {
            let keys = Keys::default().with_secret(&theirs);
            Authority::new(keys, Revocations::default()).unwrap()
        };
        let token = mint(&theirs, &Claims { exp: 100, ..Claims::default() });
        let (one, other) = (authority(), authority());
        let cookie = one.begin_session(&token, 0).unwrap().cookie;
        assert!(one.verify_cookie(&cookie, 0).is_ok());
        assert_eq!(other.verify_cookie(&cookie, 0), Err(TokenError::Unsigned));
    }
}
