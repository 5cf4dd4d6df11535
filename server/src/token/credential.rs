//! Credentials: the numbers by which tokens, cookies and sessions are revoked.

use sha2::{Digest, Sha256};

/// The number of a token. It is of what is signed, because one message may have several signatures.
pub(crate) fn of_token(token: &str) -> u128 {
    of("belfry token", token)
}

/// The number of a cookie that holds a token itself, as earlier versions set it. Signing out revokes the
/// cookie and not the token, which other programs may be using.
pub(super) fn of_cookie(token: &str) -> u128 {
    of("belfry cookie", token)
}

fn of(purpose: &str, token: &str) -> u128 {
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    let mut hash = Sha256::new();
    hash.update(purpose);
    hash.update([0]);
    hash.update(signed);
    u128::from_be_bytes(*hash.finalize().first_chunk().expect("it has 32 bytes"))
}

/// A new one, which nobody can guess.
///
/// # Errors
/// If the operating system cannot provide random bytes.
pub(super) fn random() -> Result<u128, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(u128::from_be_bytes(bits))
}

/// One as it is written everywhere: 32 hexadecimal digits.
pub(crate) fn written(credential: u128) -> String {
    format!("{credential:032x}")
}

/// Reads one; `None` where it is not written like that.
pub(crate) fn read(text: &str) -> Option<u128> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = text.len() == 32 && text.bytes().all(digit);
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_of_the_signed_part_and_of_its_purpose() {
        assert_eq!(of_token("a.b.c"), of_token("a.b.d"));
        assert_ne!(of_token("a.b.c"), of_token("a.c.c"));
        assert_ne!(of_token("a.b.c"), of_cookie("a.b.c"));
        assert_ne!(random().unwrap(), random().unwrap());
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for credential in [0, 1, u128::MAX, of_token("a.b.c")] {
            assert_eq!(read(&written(credential)), Some(credential));
        }
        let whole = written(of_token("a"));
        for wrong in ["", &whole[1..], &format!("{whole}0"), &whole.to_uppercase(), &"+".repeat(32)]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
