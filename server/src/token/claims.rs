//! Claims: reads from the signed part of a token what it allows at a time.

use belfry_hub::{
    event::{Invalid, Pattern, check_name},
    grant::Grant,
};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::TokenError;

/// How far the issuer's clock may be ahead of ours, in microseconds. This applies only to `nbf`: nothing is
/// allowed after `exp`, because that is when a stream ends.
const AHEAD: i64 = 60 * SECOND;

/// In microseconds.
const SECOND: i64 = 1_000_000;

/// The last second that RFC 3339 can write, since the Unix epoch.
pub(crate) const LAST_SECOND: i64 = 253_402_300_799;

/// What a token says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// Patterns of the topics that it may publish to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub publish: Vec<String>,
    /// Patterns of the topics whose private events it may read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<String>,
    /// Patterns of the topics that it may remove events from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub purge: Vec<String>,
    /// When it expires, in seconds since the Unix epoch.
    pub exp: i64,
    /// When it becomes valid, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// When it was issued, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// The token's holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
}

/// The claims that allow the same as a grant.
pub(super) fn of(grant: &Grant) -> Claims {
    let words =
        |patterns: &[Pattern]| patterns.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>();
    Claims {
        publish: words(&grant.publish),
        read: words(&grant.read),
        purge: words(&grant.purge),
        exp: grant.until.unwrap_or_default() / SECOND,
        nbf: None,
        iat: grant.issued.map(|at| at / SECOND),
        sub: grant.subject.clone(),
    }
}

/// What a token says. Nobody has verified it; `None` if it is not a token.
pub(super) fn unverified(token: &str) -> Option<Map<String, Value>> {
    let [_, payload, _] = token.split('.').collect::<Vec<_>>()[..] else { return None };
    let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// When a token says that it expires, in seconds since the Unix epoch. Nobody has verified that; `None` if
/// it is not a token.
pub(crate) fn unverified_end(token: &str) -> Option<i64> {
    Some(instant(&unverified(token)?, "exp").ok()?? / SECOND)
}

/// What claims allow at `now`, in microseconds. Claims that are not in [`Claims`], such as `aud`, are
/// ignored.
pub(super) fn grant(claims: &Map<String, Value>, now: i64) -> Result<Grant, TokenError> {
    let until = instant(claims, "exp")?
        .ok_or_else(|| wrong("exp", "must be present: every token has to expire"))?;
    if now >= until {
        return Err(TokenError::Expired);
    }
    if instant(claims, "nbf")?.is_some_and(|from| now < from - AHEAD) {
        return Err(TokenError::TooEarly);
    }
    Ok(Grant {
        subject: subject(claims)?,
        publish: patterns(claims, "publish")?,
        read: patterns(claims, "read")?,
        purge: patterns(claims, "purge")?,
        until: Some(until),
        issued: issued(claims),
        ..Grant::default()
    })
}

/// Reads when a token was issued. Nobody had to get that right so far: what cannot be read is not known.
fn issued(claims: &Map<String, Value>) -> Option<i64> {
    let seconds = claims.get("iat")?;
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second does not count")]
    let seconds = seconds.as_i64().or_else(|| seconds.as_f64().map(|seconds| seconds as i64))?;
    (0..=LAST_SECOND).contains(&seconds).then(|| seconds * SECOND)
}

fn wrong(claim: &'static str, reason: impl Into<String>) -> TokenError {
    TokenError::Claim(Invalid::new(claim, reason.into()))
}

/// Reads seconds as microseconds.
fn instant(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<i64>, TokenError> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds = value.as_i64().filter(|seconds| (0..=LAST_SECOND).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        wrong(claim, "must be a whole number of seconds since 1970, before the year 10000")
    })?;
    Ok(Some(seconds * SECOND))
}

fn subject(claims: &Map<String, Value>) -> Result<Option<String>, TokenError> {
    let Some(value) = claims.get("sub") else { return Ok(None) };
    let name = value.as_str().ok_or_else(|| wrong("sub", "must be a string"))?;
    check_name("sub", name).map_err(TokenError::Claim)?;
    Ok(Some(name.to_owned()))
}

fn patterns(claims: &Map<String, Value>, claim: &'static str) -> Result<Vec<Pattern>, TokenError> {
    let Some(value) = claims.get(claim) else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or_else(|| wrong(claim, "must be a list of patterns"))?;
    let pattern = |(place, value): (usize, &Value)| {
        let place = place + 1;
        let text = value
            .as_str()
            .ok_or_else(|| wrong(claim, format!("pattern {place} must be a string")))?;
        Pattern::new(text)
            .map_err(|Invalid { reason, .. }| wrong(claim, format!("pattern {place} {reason}")))
    };
    list.iter().enumerate().map(pattern).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// 1,000 s after the epoch.
    const NOW: i64 = 1_000 * SECOND;

    fn read(claims: Value) -> Result<Grant, TokenError> {
        let Value::Object(claims) = claims else { panic!("{claims} is not an object") };
        grant(&claims, NOW)
    }

    fn why(claims: Value) -> String {
        read(claims).unwrap_err().to_string()
    }

    #[test]
    fn claims_become_a_grant() {
        let pattern = |text| vec![Pattern::new(text).unwrap()];
        assert_eq!(
            read(json!({
                "publish": ["chat/*"], "read": ["a"], "purge": ["*"],
                "exp": 1001, "nbf": 1000, "sub": "Ada", "aud": "others", "iss": 1,
            })),
            Ok(Grant {
                subject: Some("Ada".into()),
                publish: pattern("chat/*"),
                read: pattern("a"),
                purge: pattern("*"),
                until: Some(1001 * SECOND),
                ..Grant::default()
            })
        );
        let none = Grant { until: Some(1001 * SECOND), ..Grant::default() };
        assert_eq!(read(json!({ "exp": 1001 })), Ok(none));
    }

    #[test]
    fn the_end_is_exact_and_the_beginning_may_be_a_minute_off() {
        let at = |now, claims: Value| grant(claims.as_object().unwrap(), now).map(|_| ());
        let exp = json!({ "exp": 1000 });
        assert_eq!(at(NOW - 1, exp.clone()), Ok(()));
        assert_eq!(at(NOW, exp), Err(TokenError::Expired));
        let nbf = json!({ "exp": 2000, "nbf": 1060 });
        assert_eq!(at(NOW - 1, nbf.clone()), Err(TokenError::TooEarly));
        assert_eq!(at(NOW, nbf), Ok(()));
    }

    #[test]
    fn an_instant_is_a_whole_number_of_seconds_that_a_calendar_has() {
        assert!(why(json!({})).contains("exp must be present"));
        for wrong in [
            json!(null),
            json!(""),
            json!("2000"),
            json!(2000.5),
            json!(2000.0),
            json!(1e30),
            json!(-1),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(LAST_SECOND + 1),
            json!([2000]),
            json!({ "s": 2000 }),
            json!(true),
            json!("NaN"),
        ] {
            assert!(why(json!({ "exp": wrong })).contains("exp must be a whole number"), "{wrong}");
            assert!(
                why(json!({ "exp": 2000, "nbf": wrong })).contains("nbf must be a whole"),
                "{wrong}"
            );
        }
        assert_eq!(read(json!({ "exp": LAST_SECOND })).unwrap().until, Some(LAST_SECOND * SECOND));
    }

    #[test]
    fn when_it_was_issued_is_known_or_not() {
        let issued = |iat: Value| read(json!({ "exp": 2000, "iat": iat })).unwrap().issued;
        for known in [json!(999), json!(999.9), json!(999.0)] {
            assert_eq!(issued(known.clone()), Some(999 * SECOND), "{known}");
        }
        for unknown in [json!("999"), json!(-1), json!(null), json!(1e300), json!(i64::MAX)] {
            assert_eq!(issued(unknown.clone()), None, "{unknown}");
        }
        assert_eq!(read(json!({ "exp": 2000 })).unwrap().issued, None);
    }

    #[test]
    fn the_end_of_a_token_is_found_without_its_key() {
        let token = crate::token::mint(
            &crate::token::Secret::random().unwrap(),
            &Claims { exp: 1001, ..Claims::default() },
        );
        assert_eq!(unverified_end(&token), Some(1001));
        let short = &token[..token.rfind('.').unwrap() - 1];
        for wrong in ["", "a.b.c", "..", short, &format!("{short}."), &format!("{token}.")] {
            assert_eq!(unverified_end(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_wrong_pattern_refuses_the_token() {
        for claim in ["publish", "read", "purge"] {
            let why = |list: Value| why(json!({ "exp": 2000, claim: list }));
            for wrong in ["", "a*b", "a//b", "a\n"] {
                let why = why(json!(["good", wrong]));
                assert!(
                    why.starts_with(&format!("the token is invalid: {claim} pattern 2 must ")),
                    "{why}"
                );
            }
            assert!(why(json!("chat/*")).ends_with("must be a list of patterns"));
            assert!(why(json!([1])).ends_with("pattern 1 must be a string"));
            assert!(why(json!(null)).ends_with("must be a list of patterns"));
        }
    }

    #[test]
    fn a_subject_is_a_name() {
        let why = |sub: Value| why(json!({ "exp": 2000, "sub": sub }));
        assert_eq!(why(json!("")), "the token is invalid: sub must not be empty");
        assert_eq!(
            why(json!("a".repeat(256))),
            "the token is invalid: sub must be at most 255 bytes, not 256"
        );
        assert!(why(json!("a\nb")).contains("U+000A"));
        assert!(why(json!("\u{202e}a")).contains("U+202E"));
        assert_eq!(why(json!(7)), "the token is invalid: sub must be a string");
    }

    proptest! {
        #[test]
        fn no_number_does_harm(exp: f64, nbf: i64, now: i64) {
            let _ = grant(json!({ "exp": exp, "nbf": nbf }).as_object().unwrap(), now);
            let _ = grant(json!({ "exp": nbf, "nbf": exp }).as_object().unwrap(), now);
        }
    }
}
